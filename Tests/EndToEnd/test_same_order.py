"""A room whose members are connected in every way there is: all are shown the same, in the same order (P3).

What differs is how bytes leave the node: in one call past the channel, to a reader that stalls, through TLS, by polls, by way of another node.
"""

import asyncio

from harness.cluster import Cluster
from harness.ledger import GAME_EVENTS
from harness.raw import RawBot
from harness.secure import certificate
from harness.stock import StockBot
from harness.table import Table

LINES = 400
# Of these lines the slow reader takes none as they come.
STALL = range(50, 350)


def shown(bot) -> list[str]:
    """What everybody in the room is shown, as it came, from the first line on."""
    texts = [event.text for event in bot.ledger.events if event.name in GAME_EVENTS or event.name == "chat:message"]
    return texts[next(at for at, text in enumerate(texts) if '"line 000 ' in text):]


async def test_members_of_every_kind_are_shown_the_same_in_the_same_order(make_node, tmp_path):
    cluster = Cluster(make_node, 1, session_chat_lines_per_ten_seconds=100_000, session_events_per_second=10_000)
    owner = cluster.nodes[0]
    own, key = certificate(tmp_path)
    encrypted = cluster.add(tls_certificate_file=own, tls_key_file=key)
    await cluster.start()
    slow = RawBot(owner.url, "Slow", receive_buffer=4_096)
    bots = [
        RawBot(owner.url, "Host"), RawBot(owner.url, "Frames"), slow, StockBot(owner.url, "Socket"),
        StockBot(owner.url, "Polls", transports=["polling"]), RawBot(encrypted.url, "Encrypted"),
    ]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2, answerWindowMs=5_000)
    talker = bots[1]

    async def talk():
        for number in range(LINES):
            if number == STALL.start:
                slow.reads(False)
            if number == STALL.stop:
                assert number - len(slow.ledger.named("chat:message")) > len(STALL) / 2, "the reader did not stall"
                slow.reads(True)
            await talker.call("chat:send", id=f"line-{number}", text=f"line {number:03} " + "x" * 400)
            await asyncio.sleep(0.015)

    talking = asyncio.ensure_future(talk())
    await table.play(lambda bot, question: None if bot is slow else bot.guess(question))
    await talking
    for bot in bots:
        await bot.until(lambda bot=bot: len(bot.ledger.named("chat:message")) == LINES, "the last line")
        assert not bot.ledger.faults, f"{bot.nickname}: {bot.ledger.faults[:3]}"
    expected = shown(bots[0])
    assert {"game:question", "game:reveal", "game:over"} <= {text.split('"')[1] for text in expected}
    for bot in bots[1:]:
        assert shown(bot) == expected, f"{bot.nickname} was shown something else"
    await table.close()
