"""The operators' commands, on three nodes: what they show is true, and what they change happens."""

import asyncio
import json

import pytest

from harness.cluster import Cluster
from harness.figures import figure


class Desk:
    """Runs commands the way an operator does."""

    def __init__(self, node):
        self.node = node

    async def run(self, *arguments: str):
        return await asyncio.to_thread(self.node.command, *arguments)

    async def document(self, *arguments: str):
        done = await self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def shards(self) -> dict[str, int]:
        return {node["name"]: node["shards"] for node in (await self.document("nodes"))["nodes"]}

    async def refusal(self, *arguments: str) -> str:
        done = await self.run(*arguments)
        assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done
        return done.stderr


@pytest.mark.limit(180)
async def test_operators_see_and_change_who_has_what(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    desk = Desk(cluster.nodes[0])

    nodes = (await desk.document("nodes"))["nodes"]
    assert [node["name"] for node in nodes] == ["node-0", "node-1", "node-2"]
    assert all(node["isAlive"] and not node["isDraining"] for node in nodes)
    assert [node["shards"] for node in nodes] == cluster.shards()
    assert sum(node["isCoordinator"] for node in nodes) == 1

    # A plan changes nothing.
    before = await desk.shards()
    plan = await desk.document("shards", "drain", "node-1", "--plan")
    assert plan["outcome"] == "planned" and len(plan["plan"]["moves"]) == before["node-1"]
    assert await desk.shards() == before

    done = await desk.run("shards", "drain", "node-1", "--reason", "new disks")
    assert done.returncode == 0, done
    assert (await desk.shards())["node-1"] == 0
    assert "node-1: new disks\n" in (await desk.run("nodes")).stdout
    why = (await desk.document("shards", "history", "--limit", "10"))["moves"]
    assert {(move["reason"], move["note"]) for move in why} == {("draining", "new disks")}, why
    undrained = await desk.document("shards", "undrain", "node-1", "--reason", "disks are in")
    assert undrained["outcome"] == "completed"
    assert (await desk.shards())["node-1"] > 256
    figure("drain and undrain of a third: ms", f"{undrained['tookMs']}")

    # A shard that is moved stays where it was put.
    shown = await desk.document("shards", "show", "77")
    target = next(name for name in before if name != shown["shard"]["owner"])
    done = await desk.run("shards", "move", "77", "--to", target, "--reason", "closer")
    assert done.returncode == 0 and "A pin keeps it there" in done.stdout, done
    shown = await desk.document("shards", "show", "77")
    assert shown["shard"]["owner"] == shown["shard"]["pin"] == target
    assert shown["pinReason"] == "closer"
    assert shown["moves"][0]["reason"] == "pinned" and shown["moves"][0]["to"] == target
    assert (await desk.document("shards", "unpin", "77"))["outcome"] == "completed"

    # Weights, and an even placement.
    assert (await desk.document("shards", "weights", "node-2", "50", "--reason", "small"))["outcome"] == "completed"
    weighted = await desk.shards()
    assert 150 <= weighted["node-2"] <= 240, weighted
    grown = await desk.document("shards", "weights", "node-2", "default", "--reason", "grown")
    assert grown["outcome"] == "completed"
    even = await desk.document("shards", "rebalance", "--reason", "as even as it gets")
    assert even["outcome"] == "completed"
    assert max((await desk.shards()).values()) <= 342
    listed = await desk.document("shards", "list", "--node", "node-2")
    assert len(listed["shards"]) == (await desk.shards())["node-2"]

    # One sentence says what to do.
    assert "Known nodes: node-0, node-1, node-2." in await desk.refusal("shards", "drain", "nod-1", "--reason", "x")
    assert "--reason" in await desk.refusal("shards", "drain", "node-1")
    assert "room code" in await desk.refusal("shards", "show", "1024")

    # Without Redis what PostgreSQL knows is shown, and nobody is said to be dead.
    desk.node.set(redis="redis://127.0.0.1:1/0")
    done = await desk.run("nodes", "--json")
    assert done.returncode == 0 and "Redis does not answer" in done.stderr, done
    unknown = json.loads(done.stdout)
    assert not unknown["hasRedis"] and all("isAlive" not in node for node in unknown["nodes"])
    assert sum(node["shards"] for node in unknown["nodes"]) == 1024
    assert "Redis does not answer" in await desk.refusal("shards", "rebalance", "--plan")
    desk.node.set(redis=desk.node.redis.url, postgres="host=127.0.0.1 port=1 dbname=none")
    assert "PostgreSQL does not answer" in await desk.refusal("nodes")
