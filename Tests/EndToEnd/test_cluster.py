"""Several nodes: any of them will do for any client. What becomes of rooms when nodes fail: cluster/drills."""

import asyncio
import contextlib
import subprocess

import aiohttp
import pytest

from harness.cluster import Cluster
from harness.figures import figure
from harness.ports import free_port
from harness.raw import RawBot
from harness.stock import StockBot
from harness.table import Table


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
        over = await table.play()
        table.record().check()
        await table.close()
        # Also signed as all others would: the nodes have started at the same moment without a signing key.
        replay = cluster.nodes[owner - 1].command("replay", over["game"])
        assert replay.returncode == 0, replay.stdout + replay.stderr
    figure("three nodes: shards", str(cluster.shards()))


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
