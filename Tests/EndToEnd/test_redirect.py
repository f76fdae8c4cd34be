"""Clients go to the node their room is on, without leaving; and whoever does not go plays on."""

import asyncio
import time

import aiohttp
import pytest

from harness.cluster import Cluster
from harness.figures import figure, milliseconds
from harness.moving import MovingBot
from harness.node import Node
from harness.ports import free_port
from harness.stock import StockBot
from harness.table import SETTINGS, Table
from test_cluster import seated


async def fetch(url: str) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return reply.status, await reply.json()


async def owner(cluster: Cluster, code: str) -> Node:
    """The node that has a room, as the API says."""
    status, room = await fetch(f"{next(node for node in cluster.nodes if node.is_running).url}/api/rooms/{code}")
    assert status == 200
    return next(node for node in cluster.nodes if node.url == room["url"])


async def table_on(cluster: Cluster, index: int, bots: list, **settings: object) -> Table:
    """A room on one node, with these bots, wherever they are connected."""
    made = await seated(cluster, index, 1, **settings)
    await asyncio.gather(*(bot.connect() for bot in bots))
    await asyncio.gather(*(bot.join(made.code) for bot in bots))
    await made.host.call("room:transfer", player=bots[0].player)
    await made.host.leave()
    await made.close()
    return Table(bots, made.code)


@pytest.mark.limit(120)
async def test_whoever_can_goes_to_the_room_s_node_and_the_others_are_forwarded(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    here, there, third = cluster.nodes
    bots = [MovingBot(there.url, "Mover"), MovingBot(third.url, "Poller", transports=["polling"]),
            MovingBot(there.url, "Stayer", follows=False), StockBot(there.url, "Stock"), MovingBot(here.url, "Native")]
    table = await table_on(cluster, 0, bots)
    mover, poller, stayer, stock, native = bots
    for bot in (mover, poller):
        await bot.until(lambda bot=bot: bot.moves and bot.moves[0].took is not None, "the move")
        assert bot.url == here.url and bot.moves[0].recovered
        assert bot.offers[0].keys() == {"url", "room", "resume"} and bot.offers[0]["room"] == table.code
    assert stayer.offers and stayer.offers[0]["url"] == here.url and stayer.url == there.url
    assert not native.offers and "cluster:redirect" not in [event.name for event in stock.ledger.events]
    end = await table.play()
    assert len(end["entries"]) == 5
    table.record().check()
    assert all(bot.losses == 0 for bot in bots if isinstance(bot, MovingBot))
    # The old connections are gone, and with them what was forwarded.
    assert len(mover.moves) == len(poller.moves) == 1
    figure("a move to the room's node", milliseconds([bot.moves[0].took for bot in (mover, poller)]))
    await table.close()


@pytest.mark.limit(120)
async def test_a_look_up_names_the_room_s_node_and_tells_nothing_of_private_rooms(make_node):
    cluster = Cluster(make_node, 2)
    await cluster.start()
    bots = [StockBot(cluster.nodes[0].url, "Open"), StockBot(cluster.nodes[0].url, "Hidden")]
    await asyncio.gather(*(bot.connect() for bot in bots))
    open_room = await Table.open(bots[:1])
    hidden = await Table.open(bots[1:], password="secret", visibility="private")
    for node in cluster.nodes:
        status, room = await fetch(f"{node.url}/api/rooms/{open_room.code}")
        assert status == 200 and room["url"] == cluster.nodes[0].url
        assert await fetch(f"{node.url}/api/rooms/{hidden.code}") == await fetch(f"{node.url}/api/rooms/2222222")
    # A node without an address of its own sends nobody to itself.
    await cluster.nodes[1].stop(30)
    cluster.nodes[0].set(node_url=None)
    await cluster.nodes[0].stop(30)
    await cluster.nodes[0].start()
    status, room = await fetch(f"{cluster.nodes[0].url}/api/rooms/{open_room.code}")
    assert status == 200 and "url" not in room


async def tried(url: str, ticket: str, offset: str | None = None) -> tuple[bool, StockBot]:
    """Shows a ticket; whether it was taken."""
    bot = StockBot(url, "Nobody")
    bot._auth = lambda: {"resume": ticket} | ({"offset": offset} if offset else {})
    try:
        await bot.connect()
    except ConnectionError as problem:
        assert not ticket or ticket not in str(problem)
        return False, bot
    return True, bot


@pytest.mark.limit(120)
async def test_a_ticket_is_good_once_and_at_one_node(make_node):
    cluster = Cluster(make_node, 3, log_level="trace")
    await cluster.start()
    here, there, third = cluster.nodes
    bots = [MovingBot(there.url, f"P{number}", follows=False) for number in range(3)]
    table = await table_on(cluster, 0, bots)
    tickets = [bot.offers[0]["resume"] for bot in bots]
    assert len(set(tickets)) == 3
    # Elsewhere it is refused, and is still good where it belongs.
    assert not (await tried(third.url, tickets[0]))[0]
    taken, again = await tried(here.url, tickets[0], bots[0].ledger.events[-1].offset)
    assert taken and again.player == bots[0].player and again.seat["code"] == table.code
    assert [event.name for event in again.ledger.events if event.name == "room:state"] == []
    assert not (await tried(here.url, tickets[0]))[0]
    # Without an offset there is nothing to go on from: the whole state comes.
    taken, fresh = await tried(here.url, tickets[1])
    assert taken and fresh.player == bots[1].player and fresh.state["code"] == table.code
    for forged in (tickets[2][:-1], tickets[2] + "A", tickets[2].swapcase(), "", "x" * 5_000):
        assert not (await tried(here.url, forged))[0], forged[:20]
    # All of them are still in the room, whatever became of their tickets.
    assert all(bot.is_connected for bot in bots)
    assert here.metric('quizmania_gateway_tickets_total{verdict="redeemed"}') == 2
    assert here.metric('quizmania_gateway_tickets_total{verdict="used"}') == 1
    for node in cluster.nodes:
        for secret in tickets:
            assert secret not in node.log(), "a ticket is in the log"
    await asyncio.gather(again.close(), fresh.close())
    await table.close()


@pytest.mark.limit(150)
async def test_a_drained_node_s_clients_are_told_where_to_go_and_nobody_leaves(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    leaving = cluster.nodes[0]
    bots = [MovingBot(leaving.url, f"Mover {number}") for number in range(6)]
    bots += [StockBot(cluster.nodes[1].url, "Elsewhere"), MovingBot(leaving.url, "Poller", transports=["polling"])]
    table = await table_on(cluster, 0, bots, questionCount=5)
    movers = [bot for bot in bots if isinstance(bot, MovingBot)]
    assert all(not bot.offers for bot in movers)
    async with table.played():
        marks = [bot.mark for bot in bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        began = time.monotonic()
        stopping = asyncio.create_task(leaving.stop(30))
        await asyncio.gather(*(bot.until(lambda bot=bot: any(move.took is not None for move in bot.moves), "a move", 30)
                               for bot in movers))
        moved = time.monotonic() - began
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60) for bot, mark in zip(bots, marks)))
        await stopping
    table.record().check()
    # The transport was closed only after the move, everybody was brought back, and nobody had to connect anew.
    assert all(bot.losses == 0 and bot.moves[-1].recovered for bot in movers)
    assert all(bot.url != leaving.url and bot.is_connected for bot in bots)
    figure("drain: from SIGTERM until the last client had moved", f"{moved:.2f} s")
    figure("drain: a client's move", milliseconds([bot.moves[-1].took for bot in movers]))
    assert max(bot.moves[-1].took for bot in movers) < 5
    await table.close()


@pytest.mark.limit(150)
async def test_clients_follow_a_room_that_is_moved_and_those_that_do_not_are_forwarded(make_node):
    cluster = Cluster(make_node, 2)
    await cluster.start()
    bots = [MovingBot(cluster.nodes[0].url, f"Mover {number}") for number in range(4)]
    bots += [MovingBot(cluster.nodes[0].url, "Stayer", follows=False), StockBot(cluster.nodes[0].url, "Stock")]
    table = await table_on(cluster, 0, bots, questionCount=5)
    async with table.played():
        marks = [bot.mark for bot in bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        done = await asyncio.to_thread(cluster.nodes[1].command, "shards", "drain", "node-0", "--reason", "a test")
        assert done.returncode == 0, done.stdout + done.stderr
        await asyncio.gather(*(bot.until(lambda bot=bot: any(move.took is not None for move in bot.moves), "a move", 30)
                               for bot in bots[:4]))
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60) for bot, mark in zip(bots, marks)))
    table.record().check()
    assert (await owner(cluster, table.code)) is cluster.nodes[1]
    assert all(bot.url == cluster.nodes[1].url and bot.moves[-1].recovered for bot in bots[:4])
    assert all(bot.url == cluster.nodes[0].url and bot.is_connected for bot in bots[4:])
    assert bots[4].offers
    await table.close()
    # A node without shards makes rooms elsewhere, and says where.
    maker = MovingBot(cluster.nodes[0].url, "Maker", follows=False)
    await maker.connect()
    made = await maker.call("room:create", settings=SETTINGS)
    assert made["redirect"]["url"] == cluster.nodes[1].url and made["redirect"]["room"] == made["code"]
    taken, moved = await tried(made["redirect"]["url"], made["redirect"]["resume"])
    assert taken and moved.player == maker.player and moved.seat is None
    await moved.join(made["code"])
    await asyncio.gather(maker.close(), moved.close())


@pytest.mark.limit(120)
async def test_an_address_that_leads_nowhere_hurts_nobody(make_node):
    cluster = Cluster(make_node, 2)
    # As behind one public address: what the node calls its own cannot be reached from outside.
    cluster.nodes[0].set(node_url=f"http://127.0.0.1:{free_port()}")
    await cluster.start()
    bots = [MovingBot(cluster.nodes[1].url, f"Hopeful {number}") for number in range(4)]
    table = await table_on(cluster, 0, bots, questionCount=3)
    await asyncio.gather(*(bot.until(lambda bot=bot: bot.moves and bot.moves[0].refused, "a move that fails")
                           for bot in bots))
    await table.play()
    table.record().check()
    assert all(bot.losses == 0 and bot.url == cluster.nodes[1].url for bot in bots)
    await table.close()


@pytest.mark.limit(60)
async def test_addresses_that_browsers_could_not_reach_are_refused_at_start(make_node):
    node = make_node(node_url="https://n1.example.org", cluster_public_patterns="https://*.example.com")
    for settings, sentence in (
            ({}, "under one domain"),
            ({"public_url": "https://quiz.example.com"}, "nothing in `cluster.public.patterns` fits it"),
            ({"cluster_public_patterns": "https://*.com"}, "is not like https://*.play.example.org"),
            ({"cluster_public_patterns": "http://*.example.com"}, "has to begin with https://"),
            ({"cluster_public_patterns": "https://*.example.com", "node_url": "https://n1.example.com/x"}, "without a path"),
    ):
        node.set(**settings)
        done = node.command("serve")
        assert done.returncode != 0 and sentence in done.stdout + done.stderr, done.stdout + done.stderr
    node.set(node_url="https://n1.example.com")
    printed = node.command("serve", "--print-config")
    assert printed.returncode == 0 and "node.url = https://n1.example.com" in printed.stdout
