"""Nodes on a Redis with more than one server, whose master dies in the middle of a game; and nodes that start without Redis."""

import asyncio
import re
import time
import urllib.request

import pytest

from harness import redis_topologies
from harness.cluster import Cluster
from harness.figures import figure
from harness.raw import RawBot
from harness.table import Table
from test_cluster import seated


@pytest.fixture(params=["sentinel", "cluster"])
def topology(request):
    server = redis_topologies.Sentinels() if request.param == "sentinel" else redis_topologies.Cluster()
    yield server
    server.close()


@pytest.mark.limit(180)
async def test_a_game_goes_on_while_redis_fails_over(make_node, topology):
    cluster = Cluster(make_node, 3, own_redis=topology, **topology.settings)
    await cluster.start()
    before, moved = cluster.shards(), cluster.moves
    table = await seated(cluster, 0, 9, questionCount=6)
    directory = f"{cluster.nodes[0].database}:{{nodes}}:members"
    async with table.played(leads=True):
        marks = [bot.mark for bot in table.bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        old = topology.master(directory)
        old.kill()
        killed = time.monotonic()
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=90) for bot, mark in zip(table.bots, marks)))
    figure(f"Redis' master killed ({topology.url.partition(':')[0]}): rest of the game",
           f"{time.monotonic() - killed:.1f} s")
    table.record().check()
    assert all(bot.is_connected and not bot.recovered for bot in table.bots)
    # All nodes find the new master, and nobody takes anything over from anybody.
    deadline = time.monotonic() + 30
    while not all(node.metric(name) == 1 for node in cluster.nodes
                  for name in ("quizmania_redis_connected", "quizmania_cluster_settled")):
        assert time.monotonic() < deadline, "the nodes do not find the new master"
        assert cluster.shards() == before
        await asyncio.sleep(0.1)
    figure("all nodes have the new master after", f"{time.monotonic() - killed:.1f} s at most")
    new = topology.master(directory)
    assert new.port != old.port
    assert new.client().hlen(directory) == 3
    old.start()
    await table.host.call("game:rematch")
    await table.play()
    table.record().check()
    await asyncio.sleep(3)
    assert cluster.shards() == before
    assert [node.metric("quizmania_cluster_nodes_alive") for node in cluster.nodes] == [3, 3, 3]
    assert cluster.moves == moved
    await table.close()
    for node in cluster.nodes:
        await node.stop(30)


@pytest.mark.limit(150)
async def test_a_node_that_starts_without_redis_serves_what_it_had(make_node, private_redis):
    node = make_node(own_redis=private_redis)
    await node.start()
    bots = [RawBot(node.url, f"Without {number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=1, answerWindowMs=60_000)
    async with table.played(lambda bot, question: None):
        await table.start()
        question = await table.host.event("game:question")
        await asyncio.gather(*(bot.answer(question, bot.right(question)) for bot in bots[:2]))
        private_redis.kill()
        node.kill()
        figure("a node starts without Redis", f"{await node.start(60):.1f} s")
        await asyncio.gather(*(bot.come_back() for bot in bots))
        await bots[2].answer(question, bots[2].right(question))
        reveal = await table.host.event("game:reveal")
        assert sum(result["correct"] for result in reveal["results"]) == 3
        await table.host.event("game:over")
    table.record().check()
    await table.close()
    private_redis.start()
    await asyncio.sleep(3)
    with private_redis.client() as client:
        assert client.hlen(f"{node.database}:{{nodes}}:members") == 1
        assert client.hlen(f"{node.database}:{{nodes}}:shards") == 1024
    await node.stop()


@pytest.mark.limit(180)
async def test_a_node_of_three_that_starts_without_redis_finds_the_others(make_node, private_redis):
    cluster = Cluster(make_node, 3, own_redis=private_redis)
    await cluster.start()
    before = cluster.shards()
    table = await seated(cluster, 0, 6, questionCount=3)
    async with table.played(leads=True):
        marks = [bot.mark for bot in table.bots]
        await table.start()
        await table.host.event("game:question", since=marks[0])
        private_redis.kill()
        cluster.nodes[0].kill()
        lost = [bot for bot in table.bots if bot.url == cluster.nodes[0].url]
        figure("a node of three starts without Redis", f"{await cluster.nodes[0].start(60):.1f} s")
        await asyncio.gather(*(bot.come_back() for bot in lost))
        await asyncio.gather(*(bot.event("game:over", since=mark, seconds=60) for bot, mark in zip(table.bots, marks)))
    table.record().check()
    assert all(bot.is_connected for bot in table.bots)
    assert cluster.shards() == before
    private_redis.start()
    await cluster.settled()
    assert cluster.shards() == before
    await table.close()


@pytest.mark.limit(120)
async def test_the_rights_the_guide_names_are_enough(make_node, private_redis, tmp_path):
    password = tmp_path / "redis.password"
    password.write_text("few rights")
    node = make_node(own_redis=private_redis)
    node.set(redis=f"redis://quiz@127.0.0.1:{private_redis.port}/0", redis_password_file=password)
    with private_redis.client() as client:
        client.execute_command("ACL", "SETUSER", "quiz", "on", ">few rights", f"~{node.database}:*", "+@read", "+@write",
                               "+@connection", "+@scripting", "+time", "+role", "+cluster|slots")
    await node.start()
    bots = [RawBot(node.url, f"Few rights {number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2)
    await table.host.call("chat:send", id="hello", text="hello")
    await table.play()
    table.record().check()
    await table.close()
    await asyncio.sleep(1.5)
    with urllib.request.urlopen(f"http://127.0.0.1:{node.metrics_port}/metrics", timeout=5) as reply:
        metrics = reply.read().decode()
    assert re.search(r'^quizmania_redis_connected 1$', metrics, re.MULTILINE)
    with private_redis.client() as client:
        refused = client.execute_command("ACL", "LOG")
    assert not refused, refused
    await node.stop()
