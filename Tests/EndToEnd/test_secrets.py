"""P8 from outside: before a question is revealed, nothing that leaves the server tells its answer.

Collected in one game: every byte sent to the clients, the log at its most talkative, the metrics, and Redis' commands.
(That nothing *differs* with the right answers is tested inside the process, where the same seed can be played twice.)
"""

import asyncio
import json

import aiohttp

from harness.bot import Bot
from harness.figures import figure
from harness.places import bank
from harness.raw import RawBot
from harness.redis_server import RedisWatch
from harness.table import Table

# Fields that only a reveal may have.
TELLING = ("correct", "counts", "explanation", "source", "results", "accuracyPoints", "streakPoints")


def fields(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for child in value.values() for name in fields(child)}
    if isinstance(value, list):
        return {name for child in value for name in fields(child)}
    return set()


class Wire:
    """Everything one raw client is sent, acks included, in order."""

    def __init__(self, bot: RawBot):
        self.messages: list[str] = []
        original = bot._text

        def seen(message: bytes) -> None:
            self.messages.append(message.decode())
            original(message)

        bot._text = seen


async def test_nothing_tells_the_answer_before_the_reveal(make_node, private_redis):
    watch = RedisWatch(private_redis)
    node = make_node(own_redis=private_redis, log_level="trace")
    await node.start()
    bots = [RawBot(node.url, f"Spy {number}") for number in range(4)]
    wires = [Wire(bot) for bot in bots]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=5)
    looked = 0

    async def metrics() -> str:
        async with aiohttp.ClientSession() as session, \
                session.get(f"http://127.0.0.1:{node.metrics_port}/metrics") as response:
            assert response.status == 200
            return await response.text()

    async def look(question: dict, since: list[int]) -> int:
        """What has been said since the question before was revealed, and everything not meant for clients."""
        known = bank()[question["prompt"]]
        source = known["source"]
        telling = [known["explanation"], source["title"], source.get("url") or source["title"]]
        elsewhere = node.log() + "".join(watch.lines) + await metrics()
        for secret in [*telling, question["prompt"]]:
            assert secret not in elsewhere, f"{secret!r} is in a log, a metric or Redis"
        seen = 0
        for wire, start in zip(wires, since):
            for message in wire.messages[start:]:
                if message.startswith('42["game:reveal"') and json.loads(message[2:])[1]["index"] == question["index"]:
                    break
                seen += 1
                for secret in telling:
                    assert secret not in message, f"{secret!r} sent before the reveal: {message[:300]}"
                if message.startswith(("42[", "43")):
                    named = fields(json.loads(message[message.index("["):])) & set(TELLING)
                    assert not named or "game:leaderboard" in message or "game:over" in message or \
                        '"reveal"' in message, f"{named} before the reveal: {message[:300]}"
        return seen

    def choose(bot: Bot, question: dict) -> list[int] | None:
        return bot.right(question) if bot is not bots[3] else [0]

    since = [0] * len(bots)
    async with table.played(choose, leads=False):
        await table.start()
        await table.skip("game:countdown")
        for index in range(5):
            question = await bots[0].event("game:question", lambda shown, index=index: shown["index"] == index)
            # With answers given and acknowledged, and a newcomer's view.
            await bots[0].until(lambda question=question: bots[0].ledger.answers.get(
                (question["game"], question["index"])) is not None, "an answer")
            looked += await look(question, since)
            await bots[0].event("game:reveal", lambda reveal, index=index: reveal["index"] == index)
            looked += await look(question, since)
            # Choices and their order are not announced either way: the next question is unknown until shown.
            since = [len(wire.messages) for wire in wires]
            await table.skip("game:reveal")
            if index < 4:
                await bots[0].event("game:leaderboard", lambda board, index=index: board["index"] == index)
                await table.skip("game:leaderboard")
        await bots[0].event("game:over")
    figure("secrets: looked through",
           f"{looked} messages, {len(node.log()) >> 10} KiB of log, {len(watch.lines)} commands")
    shuffled = {tuple(event.payload["choices"]) == tuple(bank()[event.payload["prompt"]]["choices"])
                for event in bots[0].ledger.named("game:question")}
    assert False in shuffled, "choices are shown in the bank's order"
    watch.close()
    await table.close()
    await node.stop()


async def test_tokens_and_talk_are_not_logged(make_node):
    node = make_node(log_level="trace")
    await node.start()
    bots = [RawBot(node.url, f"Discreet {number}") for number in range(2)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, password="a secret password", visibility="private", questionCount=1)
    await bots[0].call("chat:send", id="c", text="something private")
    await table.play()
    log = node.log()
    for secret in (bots[0].token, bots[0].pid, "a secret password", "something private"):
        assert secret and secret not in log, f"{secret!r} is in the log"
    await table.close()
    await node.stop()
