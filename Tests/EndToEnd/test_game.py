"""Whole games over sockets, by every way in."""

import asyncio

import pytest

from harness.bot import Bot, Refused
from harness.figures import figure, milliseconds
from harness.ledger import GAME_EVENTS
from harness.places import bank
from harness.raw import RawBot
from harness.stock import StockBot
from harness.table import Table

WAYS = (["polling"], ["websocket"], ["polling", "websocket"])


async def gathered(node, count: int, prefix: str = "P") -> list[StockBot]:
    """Connected bots, their ways in mixed."""
    bots = [StockBot(node.url, f"{prefix}{number}", transports=WAYS[number % 3]) for number in range(count)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    return bots


def check_result(over: dict, bots: list[Bot]) -> None:
    """The podium is what the reveals add up to."""
    reveals = [event.payload for event in bots[0].ledger.named("game:reveal")]
    for entry in over["entries"]:
        results = [result for reveal in reveals for result in reveal["results"] if result["player"] == entry["player"]]
        assert entry["score"] == sum(result["accuracyPoints"] + result["speedPoints"] + result["streakPoints"]
                                     for result in results)
        assert entry["score"] == results[-1]["score"]
        assert entry["right"] == sum(result["correct"] for result in results)
        assert entry["rank"] == 1 + sum(other["score"] > entry["score"] for other in over["entries"])


def check_reveals(bot: Bot) -> None:
    """Right is what the bank says, and who chose it has points for it."""
    questions = {event.payload["index"]: event.payload for event in bot.ledger.named("game:question")}
    for event in bot.ledger.named("game:reveal"):
        reveal, question = event.payload, questions[event.payload["index"]]
        known = bank()[question["prompt"]]
        assert sorted(question["choices"]) == sorted(known["choices"])
        assert reveal["correct"] == bot.right(question)
        assert reveal["explanation"] == known["explanation"] and reveal["source"]["title"] == known["source"]["title"]
        for result in reveal["results"]:
            assert result["correct"] == (result["choice"] == reveal["correct"])
            assert (result["accuracyPoints"] == 600) == result["correct"]
            assert result["correct"] or result["speedPoints"] == result["streakPoints"] == 0


async def test_five_players_play_to_the_podium(node):
    bots = await gathered(node, 5)
    table = await Table.open(bots, questionCount=8, visibility="public")
    over = await table.play()
    check_result(over, bots)
    check_reveals(bots[0])
    signed = await bots[1].event("game:signed")
    table.record().check()
    asked = [event.payload["kind"] for event in bots[0].ledger.named("game:question")]
    figure("game of 5: acks", milliseconds([ack for bot in bots for ack in bot.ack_seconds]))
    figure("game of 5: kinds asked", ", ".join(asked))
    replay = node.command("replay", over["game"])
    assert replay.returncode == 0, replay.stdout + replay.stderr
    assert str(signed["inputs"]) in replay.stdout
    await table.close()


@pytest.mark.alone
@pytest.mark.limit(180)
async def test_fifty_players_play_to_the_podium(node):
    bots = await gathered(node, 50, "Crowd ")
    table = await Table.open(bots, questionCount=3)
    over = await table.play(seconds=120)
    assert len(over["entries"]) == 50
    check_result(over, bots)
    table.record().check()
    upgraded = [bot.transport for bot in bots if len(bot.transports) == 2]
    assert set(upgraded) == {"websocket"}
    confirmed = table.record().confirmed
    assert confirmed == 150
    figure("game of 50: acks", milliseconds([ack for bot in bots for ack in bot.ack_seconds]))
    stranger = StockBot(node.url, "Too many")
    await stranger.connect()
    with pytest.raises(Refused, match="room_full"):
        await stranger.join(table.code)
    await asyncio.gather(table.close(), stranger.close())


@pytest.mark.limit(240)
async def test_every_kind_of_question_is_played(node):
    """Boolean, single and multiple choice come up, and choices out of order are taken as sets."""
    kinds: set[str] = set()
    bots = await gathered(node, 2, "Kinds ")
    # All there are of a category: a draw from the whole bank lacks a kind once in thirty games.
    category = "science"
    questions = [question for question in bank().values() if question["category"] == category]
    table = await Table.open(bots, questionCount=len(questions), categories=[category], answerWindowMs=20_000)

    def choose(bot: Bot, question: dict) -> list[int]:
        kinds.add(question["kind"])
        return list(reversed(bot.right(question)))

    async with table.played(choose):
        await table.start()
        wanted = {question["kind"] for question in questions}
        assert len(wanted) == 3
        await bots[0].until(lambda: kinds >= wanted, f"questions of the kinds {wanted}", 200)
        await bots[0].event("game:reveal", since=bots[0].mark)
        for bot in bots:
            bot.listeners.clear()
    check_reveals(bots[0])
    assert all(result["correct"] for event in bots[0].ledger.named("game:reveal") for result in event.payload["results"]
               if result["choice"])
    await bots[0].call("room:close")
    await table.close()


async def test_a_seat_score_and_answer_are_kept_for_who_comes_back(node):
    bots = await gathered(node, 3, "Back ")
    table = await Table.open(bots, questionCount=2)
    away = bots[1]
    async with table.played(
            lambda bot, question: None if bot is bots[2] and question["index"] else bot.right(question)):
        await table.start()
        await away.event("game:reveal")
        score = away.ledger.last("game:reveal")["results"][1]["score"]
        await away.event("game:question", lambda question: question["index"] == 1)
        await away.until(lambda: any(answer.acknowledged for (_, index), answer in away.ledger.answers.items()
                                     if index == 1), "the ack of the second answer")
        given = [answer.acknowledged for (_, index), answer in away.ledger.answers.items() if index == 1][0]
        player = away.player
        await away.drop()
        await asyncio.sleep(0.3)
        await away.rejoin()
        await away.until(lambda: away.seat, "the seat")
        assert away.player == player
        assert away.seat["score"] == score > 0
        assert tuple(away.seat["answer"]["choice"]) == given and away.seat["answer"]["question"] == 1
        assert away.state["game"]["question"]["index"] == 1
        # The same answer from the new connection, and another one: the recorded choice comes back.
        question = away.ledger.last("game:question")
        others = [position for position in range(len(question["choices"])) if (position,) != given]
        again = await away.call("game:answer", question=1, choice=others[:1], id="a1")
        assert tuple(again["choice"]) == given
        await table.skip("game:question")
        over = await bots[0].event("game:over")
    check_result(over, bots)
    table.record().check()
    await table.close()


async def test_who_joins_late_plays_on_and_who_leaves_is_gone(node):
    bots = await gathered(node, 3, "Late ")
    table = await Table.open(bots, questionCount=3)
    late = StockBot(node.url, "Latecomer", transports=["polling"])
    await late.connect()
    async with table.played(lambda bot, question: None if bot is bots[0] else bot.right(question)):
        await table.start()
        await bots[0].event("game:question")
        await late.join(table.code)
        assert late.state["game"]["question"]["prompt"] == bots[0].ledger.last("game:question")["prompt"]
        await late.answer(late.state["game"]["question"], [0])
        mark = bots[0].mark
        await bots[2].leave()
        left = await bots[0].event("room:left", since=mark)
        assert left["player"] == bots[2].player and left["reason"] == "left"
        quiet = bots[2].mark
        await table.skip("game:question")
        await bots[0].event("game:question", lambda question: question["index"] == 1)
        table.bots.append(late)
        assert not [event for event in bots[2].ledger.events[quiet:] if event.name in GAME_EVENTS]
        with pytest.raises(Refused, match="not_in_room"):
            await bots[2].call("game:answer", question=1, choice=[0], id="x")
        # The host leaves: the next one leads.
        await bots[0].leave()
        changed = await bots[1].event("room:changed", lambda changed: changed["host"] != bots[0].player)
        assert changed["host"] == bots[1].player
        await bots[1].call("game:skip")
        await bots[1].event("game:reveal", lambda reveal: reveal["index"] == 1)
        await bots[1].call("room:close")
        await late.event("room:closed")
    assert not late.ledger.faults and not bots[1].ledger.faults
    await asyncio.gather(table.close(), late.close())


async def test_the_host_leads(node):
    """Kick, transfer, lock, pause, resume, skip, rematch, and nobody else may."""
    bots = await gathered(node, 4, "Led ")
    host, other, third, kicked = bots
    table = await Table.open(bots, questionCount=1, autoAdvance=False)
    for command, payload in (("room:lock", {"locked": True}), ("game:start", {}), ("room:close", {}),
                             ("room:kick", {"player": host.player}), ("room:transfer", {"player": other.player})):
        with pytest.raises(Refused, match="not_host"):
            await other.call(command, **payload)

    await other.call("room:ready", ready=True)
    ready = await host.event("room:member", lambda member: member["member"]["ready"])
    assert ready["member"]["player"] == other.player

    await host.call("room:kick", player=kicked.player)
    await kicked.until(lambda: not kicked.is_connected or kicked.ledger.last("room:left"), "being sent away")
    again = StockBot(node.url, "Led 3", token=kicked.token)
    await again.connect()
    with pytest.raises(Refused, match="kicked"):
        await again.join(table.code)

    await host.call("room:lock", locked=True)
    stranger = StockBot(node.url, "Stranger")
    await stranger.connect()
    with pytest.raises(Refused, match="room_locked"):
        await stranger.join(table.code)
    await third.drop()
    await third.rejoin()  # members come back
    await host.call("room:lock", locked=False)

    await host.call("room:transfer", player=other.player)
    await other.until(lambda: other.seat and other.seat["host"], "being the host")
    table.bots = [other, host, third]
    await other.call("game:start")
    await third.event("game:countdown")
    await other.call("game:pause")
    await third.event("game:paused")
    with pytest.raises(Refused, match="wrong_phase"):
        await other.call("game:skip")
    await asyncio.sleep(1.2)
    assert not third.ledger.named("game:question")
    await other.call("game:resume")
    question = await third.event("game:question", seconds=10)
    await third.answer(question, third.right(question))
    await other.call("game:skip")
    reveal = await third.event("game:reveal")
    assert reveal.get("until") is None  # The host goes on.
    await other.call("game:skip")
    await third.event("game:over")
    await other.call("game:rematch")
    await third.event("game:lobby")
    await other.call("game:start")
    await third.event("game:question", since=third.mark, seconds=15)
    await other.call("room:close")
    await third.event("room:closed")
    assert not any(bot.ledger.faults for bot in (host, other, third)), [bot.ledger.faults for bot in bots]
    await asyncio.gather(table.close(), stranger.close(), again.close())


async def test_a_private_room_asks_for_its_password(node):
    bots = await gathered(node, 2, "Private ")
    table = await Table.open(bots, password="open sesame", visibility="private", questionCount=1)
    stranger = StockBot(node.url, "Guesser")
    await stranger.connect()
    codes = set()
    for attempt in ({}, {"password": "open"}):
        with pytest.raises(Refused) as refused:
            await stranger.join(table.code, **attempt)
        codes.add(str(refused.value).partition(": ")[2])
    with pytest.raises(Refused) as refused:
        await stranger.join("2222222")
    codes.add(str(refused.value).partition(": ")[2])
    assert len(codes) == 1, f"private and absent rooms can be told apart: {codes}"
    await table.play()
    table.record().check()
    await asyncio.gather(table.close(), stranger.close())


async def test_a_display_shows_and_does_not_play(node):
    bots = await gathered(node, 2, "Seen ")
    display = StockBot(node.url, "Projector")
    await display.connect()
    created = await display.call("room:create", settings={
        "title": "Projector", "visibility": "unlisted", "questionCount": 1, "answerWindowMs": 20_000, "categories": [],
        "speedPoints": False, "autoAdvance": True})
    await display.join(created["code"], role="display")
    for bot in bots:
        await bot.join(created["code"])
    table = Table([display, *bots], created["code"])
    over = await table.play(lambda bot, question: None if bot is display else bot.right(question))
    assert {entry["player"] for entry in over["entries"]} == {bot.player for bot in bots}
    assert all(result["speedPoints"] == 0 for event in display.ledger.named("game:reveal")
               for result in event.payload["results"])
    table.record().check()
    await table.close()


async def test_a_rematch_starts_at_nothing(node):
    bots = await gathered(node, 3, "Again ")
    table = await Table.open(bots, questionCount=1)
    first = await table.play(lambda bot, question: bot.right(question))
    await table.host.call("game:rematch")
    await bots[1].event("game:lobby")
    second = await table.play(lambda bot, question: bot.right(question))
    assert first["game"] != second["game"]
    assert all(600 <= entry["score"] <= 1100 and entry["right"] == 1 for entry in second["entries"])
    table.record().check()
    await table.close()


async def test_an_answer_is_taken_once_whatever_is_retried(node):
    bots = await gathered(node, 2, "Once ")
    table = await Table.open(bots, questionCount=1)
    async with table.played(lambda bot, question: None):
        await table.start()
        question = await bots[1].event("game:question")
        recorded = await bots[1].answer(question, [1])
        replies = await asyncio.gather(*(bots[1].call("game:answer", question=0, choice=[number % 2], id=f"r{number}")
                                         for number in range(20)))
        assert all(reply["choice"] == recorded for reply in replies)
        second = RawBot(node.url, "Once 1", token=bots[1].token)
        await second.connect()
        await second.join(table.code)
        assert second.seat["answer"]["choice"] == recorded
        assert (await second.call("game:answer", question=0, choice=[0], id="other"))["choice"] == recorded
        await table.skip("game:question")
        reveal = await bots[0].event("game:reveal")
        assert sum(reveal["counts"]) == 1 and reveal["counts"][1] == 1
        await bots[0].event("game:over")
    await asyncio.gather(table.close(), second.close())


async def test_chat_is_shown_once_and_kept(node):
    bots = await gathered(node, 3, "Talk ")
    table = await Table.open(bots)
    first = await bots[0].call("chat:send", id="line-1", text="hello")
    again = await bots[0].call("chat:send", id="line-1", text="hello")
    assert first["message"] == again["message"]
    await asyncio.gather(*(bot.event("chat:message") for bot in bots))
    await asyncio.sleep(0.3)
    assert [len(bot.ledger.named("chat:message")) for bot in bots] == [1, 1, 1]
    late = StockBot(node.url, "Talk late")
    await late.connect()
    await late.join(table.code)
    recent = await late.event("chat:recent")
    assert [line["text"] for line in recent["messages"]] == ["hello"]
    history = await late.call("chat:history", limit=10)
    assert [line["id"] for line in history["messages"]] == [first["message"]]
    with pytest.raises(Refused, match="rate_limited"):
        for number in range(20):
            await bots[1].call("chat:send", id=f"flood-{number}", text="again")
    await asyncio.gather(table.close(), late.close())
