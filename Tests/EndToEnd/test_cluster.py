"""Several nodes: any of them will do for any client, and a room outlives the node it is on."""

import asyncio
import contextlib
import re
import subprocess
import time
import urllib.request

import aiohttp
import pytest

from harness.figures import figure, milliseconds
from harness.node import Node
from harness.ports import free_port
from harness.raw import RawBot
from harness.stock import StockBot
from harness.table import Table


class Cluster:
    def __init__(self, make_node, count: int, **settings: object):
        self.nodes: list[Node] = []
        for number in range(count):
            beside = self.nodes[0] if self.nodes else None
            self.nodes.append(make_node(beside=beside, node_name=f"node-{number}", **settings))

    async def start(self) -> None:
        await asyncio.gather(*(node.start() for node in self.nodes))
        await self.settled()

    def metric(self, node: Node, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{node.metrics_port}/metrics", timeout=5) as reply:
            found = re.search(rf"^{name} (\S+)$", reply.read().decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def shards(self) -> list[int]:
        return [int(self.metric(node, "quizmania_cluster_shards_owned")) if node.is_running else 0
                for node in self.nodes]

    async def settled(self, seconds: float = 30) -> None:
        """Every node that runs has about its share, together they have all, and nothing moves any more."""
        deadline = time.monotonic() + seconds
        before: list[int] = []
        while time.monotonic() < deadline:
            shards = self.shards()
            running = [count for node, count in zip(self.nodes, shards) if node.is_running]
            if shards == before and sum(shards) == 1024 and min(running) >= 1024 // len(running) * 100 // 116:
                return
            before = shards
            await asyncio.sleep(1.2)
        raise TimeoutError(f"the shards did not settle: {self.shards()}\n" + "\n".join(
            node.log_tail(8) for node in self.nodes))


async def seated(cluster: Cluster, owner: int, count: int, **settings: object) -> Table:
    """A room on one node, its players on all nodes in turns; the host is connected to another node than the room's."""
    maker = RawBot(cluster.nodes[owner].url, "Maker")
    await maker.connect()
    bots = [RawBot(cluster.nodes[(owner + 1 + number) % len(cluster.nodes)].url, f"P{number}", token=maker.token)
            if number == 0 else RawBot(cluster.nodes[(owner + 1 + number) % len(cluster.nodes)].url, f"P{number}")
            for number in range(count)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    created = await maker.call("room:create", settings={
        "title": "Cluster", "visibility": "public", "questionCount": 4, "answerWindowMs": 20_000, "categories": [],
        "speedPoints": True, "autoAdvance": True} | settings)
    await maker.close()
    table = Table(bots, created["code"])
    await bots[0].join(table.code)
    await asyncio.gather(*(bot.join(table.code) for bot in bots[1:]))
    return table


@pytest.mark.limit(120)
async def test_any_node_will_do(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    for owner in range(3):
        table = await seated(cluster, owner, 6)
        await table.play()
        table.record().check()
        await table.close()
    figure("three nodes: shards", str(cluster.shards()))


@pytest.mark.limit(180)
async def test_a_killed_owner_loses_no_answer_and_no_seat(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    pauses = []
    for round in range(3):
        owner = round % 3
        table = await seated(cluster, owner, 9)
        async with table.played(leads=True):
            mark = table.host.mark
            await table.start()
            await table.host.event("game:question", since=mark)
            await asyncio.sleep(0.05)
            killed = time.monotonic()
            cluster.nodes[owner].kill()
            others = [node.url for node in cluster.nodes if node.is_running]

            async def back(bot: RawBot) -> None:
                await bot.until(lambda: not bot.is_connected, "the end of the connection")
                bot.url = others[0]
                await bot.come_back()

            lost = [bot for bot in table.bots if bot.url == cluster.nodes[owner].url]
            assert len(lost) == 3
            marks = [bot.mark for bot in table.bots]
            await asyncio.gather(*(back(bot) for bot in lost))
            await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60)
                                   for bot, mark in zip(table.bots, marks)))
        first = [next(event.at for event in bot.ledger.events[mark:]
                      if event.name.startswith("game:") and event.at > killed) - killed
                 for bot, mark in zip(table.bots, marks)]
        pauses.append(max(first))
        record = table.record()
        record.check()
        # Nobody on a living node has noticed anything but a pause.
        stayed = [bot for bot in table.bots if bot not in lost]
        assert all(not bot.recovered for bot in stayed)
        await table.close()
        await cluster.nodes[owner].start()
        await cluster.settled()
    figure("kill -9 of an owner, three nodes: first event at the slowest client", milliseconds(pauses))
    assert max(pauses) < 8


@pytest.mark.limit(120)
async def test_a_drained_node_hands_its_rooms_over_and_nobody_leaves(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    table = await seated(cluster, 0, 9)
    async with table.played(leads=True):
        mark = table.host.mark
        await table.start()
        await table.host.event("game:question", since=mark)
        stopping = asyncio.create_task(cluster.nodes[0].stop(30))
        lost = [bot for bot in table.bots if bot.url == cluster.nodes[0].url]
        stayed = [bot for bot in table.bots if bot not in lost]

        async def back(bot: RawBot) -> None:
            await bot.until(lambda: not bot.is_connected, "the end of the connection", 40)
            bot.url = cluster.nodes[1].url
            await bot.come_back()

        marks = [bot.mark for bot in table.bots]
        await asyncio.gather(*(back(bot) for bot in lost))
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60)
                               for bot, mark in zip(table.bots, marks)))
        await stopping
    table.record().check()
    assert all(bot.is_connected for bot in stayed)
    assert all(all(bot.recovered) for bot in lost)
    await table.close()
    seconds = [cluster.metric(node, "quizmania_cluster_hand_off_seconds_sum") for node in cluster.nodes[1:]]
    figure("drain: shards afterwards", str(cluster.shards()))
    with contextlib.suppress(IndexError):
        figure("drain: seconds rooms stood still, summed", str(seconds))


@pytest.mark.limit(120)
async def test_an_owner_that_stands_still_and_wakes_up_is_fenced_off(make_node):
    """SIGSTOP for three times the TTL: the others go on, and whoever hung on the node finds everything kept."""
    cluster = Cluster(make_node, 3)
    await cluster.start()
    table = await seated(cluster, 0, 9, questionCount=6, answerWindowMs=5_000)
    async with table.played(leads=True):
        marks = [bot.mark for bot in table.bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        await asyncio.sleep(0.05)
        stood = time.monotonic()
        cluster.nodes[0].suspend()
        try:
            hung = [bot for bot in table.bots if bot.url == cluster.nodes[0].url]
            others = [(bot, mark) for bot, mark in zip(table.bots, marks) if bot not in hung]
            # Those elsewhere play on while it stands still.
            await asyncio.gather(*(bot.until(
                lambda bot=bot, mark=mark: any(event.name == "game:reveal" and event.at > stood + 1
                                               for event in bot.ledger.events[mark:]), "a reveal without the node", 20)
                for bot, mark in others))
            await asyncio.sleep(max(0.0, 9 - (time.monotonic() - stood)))
        finally:
            cluster.nodes[0].resume()
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60)
                               for bot, mark in zip(table.bots, marks)))
    table.record().check()
    await table.close()
    assert "has another owner" in cluster.nodes[0].log() or "are dropped" in cluster.nodes[0].log()


@pytest.mark.limit(120)
async def test_an_emptied_redis_moves_nothing(make_node, private_redis):
    cluster = Cluster(make_node, 3, own_redis=private_redis)
    await cluster.start()
    before = cluster.shards()
    table = await seated(cluster, 0, 6)
    async with table.played(leads=True):
        marks = [bot.mark for bot in table.bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        with private_redis.client() as client:
            client.flushall()
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60)
                               for bot, mark in zip(table.bots, marks)))
    table.record().check()
    assert all(bot.is_connected and not bot.recovered for bot in table.bots)
    assert cluster.shards() == before
    await table.close()


class Balancer:
    """HAProxy in front of all nodes, without affinity: each request goes to the next one."""

    def __init__(self, cluster: Cluster, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        servers = "\n".join(f"  server n{index} 127.0.0.1:{node.port} check inter 300 fall 1 rise 1"
                            for index, node in enumerate(cluster.nodes))
        config = folder / "haproxy.cfg"
        config.write_text(f"""
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend all
  bind 127.0.0.1:{self.port}
  default_backend nodes
backend nodes
  balance roundrobin
  option httpchk GET /health/ready
  option redispatch
  retry-on conn-failure empty-response
  http-request disable-l7-retry if METH_POST
{servers}
""")
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "haproxy", "-db", "-f", str(config)],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)

    async def ready(self) -> None:
        for _ in range(200):
            with contextlib.suppress(OSError):
                async with aiohttp.ClientSession() as session:
                    async with session.get(f"{self.url}/health/ready") as reply:
                        if reply.status == 200:
                            return
            await asyncio.sleep(0.05)
        raise TimeoutError("HAProxy does not answer")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.mark.limit(120)
async def test_long_polling_works_through_a_balancer_without_affinity(make_node, tmp_path):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    balancer = Balancer(cluster, tmp_path)
    try:
        await balancer.ready()
        bots = [StockBot(balancer.url, f"Poll {number}", transports=["polling"]) for number in range(4)]
        bots += [StockBot(balancer.url, f"Both {number}", transports=["polling", "websocket"]) for number in range(2)]
        bots += [StockBot(balancer.url, f"Socket {number}", transports=["websocket"]) for number in range(2)]
        await asyncio.gather(*(bot.connect() for bot in bots))
        table = await Table.open(bots, questionCount=3)
        await table.play()
        table.record().check()
        await table.close()
    finally:
        balancer.close()
