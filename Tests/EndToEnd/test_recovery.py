"""Connection state recovery (P5): every game event in order, or a plain "not recovered". With the official client."""

import asyncio

import pytest

from harness.bot import Lost
from harness.figures import figure
from harness.official import OfficialBot, Officials
from harness.raw import RawBot
from harness.table import Table


async def seated(officials: Officials, node, rooms: int, players: int) -> list[Table]:
    tables = []
    for room in range(rooms):
        bots = [officials.bot(node.url, f"Room {room} {number}") for number in range(players)]
        await asyncio.gather(*(bot.connect() for bot in bots))
        tables.append(await Table.open(bots, questionCount=50))
    return tables


def share(bots: list[OfficialBot]) -> tuple[int, int]:
    recoveries = [recovered for bot in bots for recovered in bot.recoveries]
    return sum(recoveries), len(recoveries)


@pytest.mark.limit(150)
async def test_dropped_transports_are_recovered(node):
    async with Officials() as officials:
        tables = await seated(officials, node, rooms=3, players=10)
        bots = [bot for table in tables for bot in table.bots]
        for table in tables:
            for bot in table.bots:
                await bot.until(lambda bot=bot: len(bot.ledger.events) > 1, "an event")
        async with tables[0].played(), tables[1].played(), tables[2].played():
            for table in tables:
                await table.start()
            for number in range(8):
                await asyncio.gather(*(bot.dropped_and_back() for bot in bots[number % 2::2]))
                await asyncio.sleep(0.5)
            # A question under way when the connection goes, and over when it is back.
            await asyncio.gather(*(table.host.event("game:reveal", since=table.host.mark) for table in tables))
            for table in tables:
                for bot in table.bots:
                    bot.listeners.clear()
        recovered, total = share(bots)
        figure("recovered: true after dropped transports", f"{recovered} of {total} ({100 * recovered / total:.1f} %)")
        assert total >= 120 and recovered >= 0.99 * total
        for table in tables:
            table.record().check()
            await table.close()


@pytest.mark.limit(240)
async def test_connections_are_recovered_after_kills_of_the_node(make_node):
    node = make_node()
    await node.start()
    async with Officials() as officials:
        tables = await seated(officials, node, rooms=3, players=10)
        bots = [bot for table in tables for bot in table.bots]
        async with tables[0].played(), tables[1].played(), tables[2].played():
            for table in tables:
                await table.start()
            for number in range(6):
                await asyncio.sleep(0.4 + 0.37 * number)
                before = [bot.connections for bot in bots]
                node.kill()
                await node.start()
                await asyncio.gather(*(bot.until(lambda bot=bot, count=count: bot.connections > count, "coming back")
                                       for bot, count in zip(bots, before)))
            marks = [table.host.mark for table in tables]
            await asyncio.gather(*(table.host.event("game:reveal", since=mark) for table, mark in zip(tables, marks)))
            for table in tables:
                for bot in table.bots:
                    bot.listeners.clear()
        recovered, total = share(bots)
        figure("recovered: true after kill -9", f"{recovered} of {total} ({100 * recovered / total:.1f} %)")
        assert total >= 6 * len(bots) and recovered >= 0.99 * total
        for table in tables:
            table.record().check()
            await table.close()
    await node.stop()


async def test_what_was_missed_comes_in_order(node):
    """A client away for a whole question is given every event of it, then goes on."""
    bots = [RawBot(node.url, f"Missing {number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2)
    away = bots[2]
    async with table.played(lambda bot, question: None if bot is away else bot.right(question)):
        await table.start()
        await away.event("game:question")
        await away.drop()
        await table.skip("game:question")
        await bots[0].event("game:question", lambda question: question["index"] == 1, since=bots[0].mark)
        missing = [event.text for event in bots[0].ledger.events if event.name.startswith("game:")
                   and event.payload.get("seq", 0) > away.ledger.seq]
        await away.come_back()
        assert away.recovered == [True]
        await away.event("game:question", lambda question: question["index"] == 1)
        got = [event.text for event in away.ledger.events]
        assert [text for text in got if text in set(missing)] == missing
        await table.skip("game:question")
        await away.event("game:over")
    table.record().check()
    await table.close()


async def test_forged_offsets_are_not_recovered(node):
    """Somebody else's place, a seq ahead, a wrong proof, another room: the whole state, and no event out of order."""
    host, player = RawBot(node.url, "Forger host"), RawBot(node.url, "Forger")
    await asyncio.gather(host.connect(), player.connect())
    table = await Table.open([host, player])
    other = RawBot(node.url, "Elsewhere")
    await other.connect()
    elsewhere = await Table.open([other])
    genuine = player.offset
    code, seq, proof = genuine.split(".")
    turned = ("0" if proof[0] != "0" else "1") + proof[1:]
    for forged in (f"{code}.{int(seq) + 5}.{proof}", f"{code}.0.{proof}", f"{code}.{seq}.{turned}",
                   f"{elsewhere.code}.{seq}.{proof}", f"{code}.-1.{proof}", f"{code}.{2**63}.{proof}", "", "....",
                   "x" * 5_000):
        await player.drop()
        player.offset = forged
        # The state is what an honest client would be given; our own checks would trip over the forgery.
        player.ledger.seq = None
        await player.connect()
        assert player.recovered[-1] is False, f"{forged!r} was recovered"
        await player.join(table.code)
    await player.drop()
    await player.connect()
    assert player.recovered[-1] is True
    assert not player.ledger.faults, player.ledger.faults
    # A recovery token that was tampered with makes nobody somebody else.
    thief = RawBot(node.url, "Thief")
    thief.pid, thief.offset = player.pid[:-4] + "AAAA", player.offset
    await thief.connect()
    assert thief.recovered == [False] and thief.player != player.player
    await asyncio.gather(table.close(), elsewhere.close(), thief.close())


async def test_who_is_not_a_member_any_more_is_not_recovered(node):
    host, player = RawBot(node.url, "Strict host"), RawBot(node.url, "Removed")
    await asyncio.gather(host.connect(), player.connect())
    table = await Table.open([host, player])
    await player.drop()
    await host.call("room:kick", player=player.player)
    await player.connect()
    assert player.recovered == [False] and player.seat is None
    await table.close()


async def test_a_signed_out_player_is_not_recovered(node):
    """Signing out revokes what the session showed; its recovery token goes with it."""
    import aiohttp

    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{node.url}/api/session/guest", json={"nickname": "Goodbye"}) as response:
            assert response.status == 200, await response.text()
            signed_in = await response.json()
        player = RawBot(node.url, "Goodbye", token=signed_in["token"])
        await player.connect()
        table = await Table.open([player])
        async with session.delete(f"{node.url}/api/session",
                                  headers={"X-CSRF-Token": signed_in["csrf"]}) as response:
            assert response.status == 204, await response.text()
    await player.drop()
    with pytest.raises(Lost, match="refused"):
        await player.connect()
    await table.close()
