"""Nodes on a Redis with more than one server, whose master dies in the middle of a game."""

import asyncio
import time

import pytest

from harness import redis_topologies
from harness.figures import figure
from test_cluster import Cluster, seated


@pytest.fixture(params=["sentinel", "cluster"])
def topology(request):
    server = redis_topologies.Sentinels() if request.param == "sentinel" else redis_topologies.Cluster()
    yield server
    server.close()


def moves(cluster: Cluster) -> int:
    """How many times a shard has changed its owner so far."""
    first = cluster.nodes[0]
    with first.postgres.connect(first.database) as connection:
        return connection.execute("SELECT count(*) FROM shard_move").fetchone()[0]


@pytest.mark.limit(180)
async def test_a_game_goes_on_while_redis_fails_over(make_node, topology):
    cluster = Cluster(make_node, 3, own_redis=topology, **topology.settings)
    await cluster.start()
    before, moved = cluster.shards(), moves(cluster)
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
    while not all(cluster.metric(node, name) == 1 for node in cluster.nodes
                  for name in ("quizmania_redis_connected", "quizmania_cluster_settled")):
        assert time.monotonic() < deadline, "the nodes do not find the new master"
        assert cluster.shards() == before
        await asyncio.sleep(0.1)
    figure("all nodes have the new master after", f"{time.monotonic() - killed:.1f} s at most")
    new = topology.master(directory)
    assert new.port != old.port
    assert new.client().hlen(directory) == 3
    old.start()
    await table.play()
    table.record().check()
    await asyncio.sleep(3)
    assert cluster.shards() == before
    assert [cluster.metric(node, "quizmania_cluster_nodes_alive") for node in cluster.nodes] == [3, 3, 3]
    assert moves(cluster) == moved
    await table.close()
    for node in cluster.nodes:
        await node.stop(30)
