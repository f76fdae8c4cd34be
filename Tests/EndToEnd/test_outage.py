"""PostgreSQL or Redis away in the middle of a game."""

import asyncio
import time

import pytest

from harness.bot import Lost
from harness.figures import figure
from harness.ledger import GAME_EVENTS
from harness.raw import RawBot
from harness.redis_server import RedisWatch
from harness.table import Table

OUTAGE_SECONDS = 20
WINDOW_MS = 6_000


async def seated(node, count: int = 5, **settings) -> Table:
    bots = [RawBot(node.url, f"Patient {number}") for number in range(count)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    return await Table.open(bots, **settings)


async def outage(node, begin, end) -> None:
    """The database goes with a question open: nothing shown is taken back, nothing is promised, and play goes on."""
    await node.start()
    table = await seated(node, questionCount=2, answerWindowMs=WINDOW_MS)
    quiet = table.bots[-1]
    marks: list[int] = []
    async with table.played(lambda bot, question: None):
        await table.start()
        question = await quiet.event("game:question")
        await quiet.synchronise()
        await asyncio.sleep(max(0.0, question["opensAt"] - quiet.room_time()) / 1000 + 0.3)
        opened = time.monotonic() - 0.3
        begin()
        began = time.monotonic()
        # Answers on their way to a database that is not there; all but one player's.
        answers = [asyncio.ensure_future(bot.answer(question, bot.right(question))) for bot in table.bots[:-1]]
        saving = await quiet.event("room:saving", lambda payload: payload["saving"], seconds=5)
        figure("room:saving after the database went", f"{(time.monotonic() - began) * 1000:.0f} ms")
        marks = [bot.mark for bot in table.bots]
        await asyncio.sleep(max(0.0, began + OUTAGE_SECONDS - time.monotonic()))
        assert not [answer for answer in answers if answer.done()], "an answer was acknowledged without a database"
        for bot, mark in zip(table.bots, marks):
            shown = [event.name for event in bot.ledger.events[mark:] if event.name in GAME_EVENTS]
            assert not shown, f"{shown} shown while nothing could be stored"
        assert node.is_running
        end()
        ended = time.monotonic()
        again = await quiet.event("room:saving", lambda payload: not payload["saving"], seconds=20)
        figure("play resumed after the database was back", f"{(time.monotonic() - ended) * 1000:.0f} ms")
        assert again["at"] - saving["at"] < 2_000, "the room's clock went on during the outage"
        recorded = await asyncio.gather(*answers)
        assert None not in recorded, "an answer sent in time was refused"
        locked = await quiet.event("game:locked", seconds=30)
        window = (time.monotonic() - opened) * 1000
        assert locked["at"] >= question["closesAt"], "the question closed before its deadline"
        lasted = (ended - began) * 1000
        figure("question's window, outage taken out", f"{window - lasted:.0f} of {WINDOW_MS} ms")
        assert window >= WINDOW_MS - 50 and window - lasted <= WINDOW_MS + 2_500
        reveal = await quiet.event("game:reveal")
        assert sum(result["correct"] for result in reveal["results"]) == len(answers)
        second = await quiet.event("game:question", lambda shown: shown["index"] == 1)
        await asyncio.gather(*(bot.answer(second, bot.right(second)) for bot in table.bots))
        over = await quiet.event("game:over")
    table.record().check()
    assert table.record().confirmed == 9
    replay = node.command("replay", over["game"])
    assert replay.returncode == 0, replay.stdout + replay.stderr
    await table.close()
    await node.stop()


@pytest.mark.limit(150)
async def test_a_database_that_hangs_pauses_the_game(make_node, private_postgres):
    await outage(make_node(own_postgres=private_postgres), private_postgres.suspend, private_postgres.resume)


async def test_a_database_away_at_the_start_of_an_outage_and_a_kill_lose_nothing(make_node, private_postgres):
    """The database hangs, the node is killed, both come back: what was acknowledged counts."""
    node = make_node(own_postgres=private_postgres)
    await node.start()
    table = await seated(node, 4, questionCount=1, answerWindowMs=30_000)
    async with table.played(lambda bot, question: None):
        await table.start()
        question = await table.host.event("game:question")
        await asyncio.gather(*(bot.answer(question, bot.right(question)) for bot in table.bots[:2]))
        private_postgres.suspend()
        under_way = [asyncio.ensure_future(bot.answer(question, bot.right(question))) for bot in table.bots[2:]]
        await asyncio.sleep(1)
        assert not any(answer.done() for answer in under_way)
        node.kill()
        private_postgres.resume()
        await node.start()
        await asyncio.gather(*(bot.come_back() for bot in table.bots))
        await asyncio.gather(*under_way)
        reveal = await table.host.event("game:reveal")
        assert sum(result["correct"] for result in reveal["results"]) == 4
        await table.host.event("game:over")
    table.record().check()
    await table.close()
    await node.stop()


async def test_who_leaves_before_being_let_in_leaves_nothing_behind(make_node, private_postgres):
    """Signing in waits for the database, and those who wait go: no session begins that nobody would end."""
    node = make_node(own_postgres=private_postgres)
    await node.start()
    private_postgres.suspend()
    hasty = [RawBot(node.url, f"Hasty {number}") for number in range(5)]
    entering = [asyncio.ensure_future(bot.connect()) for bot in hasty]
    await asyncio.sleep(0.5)
    for bot in hasty:
        bot.abort()
    assert all(isinstance(end, Lost) for end in await asyncio.gather(*entering, return_exceptions=True))
    private_postgres.resume()
    with private_postgres.connect(node.database) as database:
        while database.execute("SELECT count(*) FROM account").fetchone() != (5,):
            await asyncio.sleep(0.05)
    patient = RawBot(node.url, "Patient")
    await patient.connect()
    assert node.metric("quizmania_gateway_sessions_opened_total") == 1
    await patient.close()
    await node.stop()


@pytest.mark.parametrize("how", ["killed", "suspended", "emptied"])
async def test_a_game_goes_on_without_redis(make_node, private_redis, how):
    node = make_node(own_redis=private_redis)
    await node.start()
    table = await seated(node, questionCount=3)
    await table.host.call("chat:send", id="before", text="is it there?")
    async with table.played():
        await table.start()
        await table.host.event("game:question")
        if how == "killed":
            private_redis.kill()
        elif how == "suspended":
            private_redis.suspend()
        else:
            with private_redis.client() as client:
                client.flushall()
        began = time.monotonic()
        over = await table.host.event("game:over", seconds=60)
        figure(f"rest of the game with Redis {how}", f"{time.monotonic() - began:.1f} s")
    assert len(over["entries"]) == len(table.bots)
    # Newcomers come in and see what was said, from PostgreSQL.
    late = RawBot(node.url, "Without Redis")
    await late.connect()
    await late.join(table.code)
    recent = await late.event("chat:recent", seconds=15)
    assert [line["text"] for line in recent["messages"]] == ["is it there?"]
    await late.call("chat:send", id="after", text="still here")
    await late.leave()
    if how == "killed":
        private_redis.start()
    private_redis.resume()
    await asyncio.sleep(1.5)
    await table.host.call("game:rematch")
    await table.play()
    table.record().check()
    await asyncio.gather(table.close(), late.close())
    await node.stop()


async def test_redis_is_told_nothing_of_a_game(make_node, private_redis):
    """P8: its commands during a game, watched by MONITOR, hold no question, choice, answer or score."""
    watch = RedisWatch(private_redis)
    node = make_node(own_redis=private_redis)
    await node.start()
    table = await seated(node, questionCount=3)
    await table.host.call("chat:send", id="hello", text="hello Redis")
    await table.play()
    await asyncio.sleep(1.5)
    said = "".join(watch.lines)
    figure("commands Redis was given in a game", f"{len(watch.lines)}: {', '.join(sorted(watch.commands))}")
    assert len(watch.lines) > 20 and "hello Redis" in said
    for event in table.host.ledger.named("game:question"):
        for secret in (event.payload["prompt"], *(choice for choice in event.payload["choices"] if len(choice) > 5)):
            assert secret not in said, f"{secret!r} was given to Redis"
    for event in table.host.ledger.named("game:reveal"):
        assert event.payload["explanation"] not in said and event.payload["source"]["title"] not in said
    for word in ("correct", "choice", "answer", "score"):
        assert word not in said, f"{word!r} was given to Redis"
    watch.close()
    await table.close()
    await node.stop()
