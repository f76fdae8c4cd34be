"""The operators' HTTP API on three nodes: any of them answers for all, and what it changes happens and is remembered with its reason."""

import asyncio
import time

import aiohttp
import pytest

from harness.cluster import Cluster
from harness.raw import RawBot
from test_operators import Desk

SECONDS = 30


class Office:
    """Asks one node as an operator does."""

    def __init__(self, node, token: str | None = None):
        self.url, self.token = f"{node.url}/api/admin/", token or node.admin_token

    async def ask(self, path: str, expected: int = 200, **json: object) -> dict:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            method = "POST" if json else "GET"
            async with session.request(method, self.url + path, json=json or None) as response:
                assert response.status == expected, f"{path}: {response.status} {await response.text()}"
                return await response.json()

    async def change(self, action: str, **more: object) -> dict:
        return await self.ask("changes", action=action, **more)

    async def shards(self) -> dict[str, int]:
        return {node["name"]: node["shards"] for node in (await self.ask("nodes"))["nodes"]}

    async def until(self, told, what: str):
        """Asks `live` until it tells what is waited for, as the page does."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            live = await self.ask("live")
            if told(live):
                return live
            await asyncio.sleep(0.2)
        raise TimeoutError(f"not within {SECONDS} s: {what}; {live['cluster']}")


def owner(live: dict, shard: int) -> str:
    return live["cluster"]["nodes"][live["owners"][shard]]["name"]


@pytest.mark.limit(180)
async def test_operators_look_and_change_over_http(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    offices = [Office(node) for node in cluster.nodes]
    desk = Desk(cluster.nodes[0])

    # Every node says the same, and what the command line says.
    told = [await office.ask("nodes") for office in offices]
    assert [sorted(node["name"] for node in one["nodes"]) for one in told] == [["node-0", "node-1", "node-2"]] * 3
    assert await offices[1].shards() == await desk.shards()
    ring = await offices[0].ask("ring")
    assert {node["node"]: len(node["points"]) for node in ring["nodes"]} == {f"node-{n}": 128 for n in range(3)}
    listed = (await offices[2].ask("shards?node=node-1"))["shards"]
    assert len(listed) == (await offices[2].shards())["node-1"]

    # Rooms of all nodes, with no more of the players than how many there are.
    maker = RawBot(cluster.nodes[1].url, "Secretive")
    await maker.connect()
    created = await maker.call("room:create", settings={
        "title": "Nobody's business", "visibility": "private", "questionCount": 3, "answerWindowMs": 20_000,
        "categories": [], "speedPoints": True, "autoAdvance": True}, password="open sesame")
    await maker.join(created["code"], password="open sesame")
    rooms = await offices[2].ask("rooms")
    assert not rooms["silent"]
    found = {room["code"]: (node["name"], room) for node in rooms["nodes"] for room in node["live"]}
    at, room = found[created["code"]]
    assert at == "node-1" and room["players"] == 1 and room["phase"] == "lobby"
    assert "Secretive" not in str(rooms) and "business" not in str(rooms)
    assert all(node["memoryBytes"] > 1 << 20 and node["memoryLimitBytes"] for node in rooms["nodes"])

    # A plan changes nothing; a change without a reason is none.
    live = await offices[0].ask("live")
    before = owner(live, 77)
    target = next(name for name in await offices[0].shards() if name != before)
    plan = await offices[1].change("move", shard="77", node=target, plan=True)
    assert plan["outcome"] == "planned" and len(plan["plan"]["moves"]) == 1
    assert "`reason`" in str(await offices[1].ask("changes", 400, action="move", shard="77", node=target))
    assert "Known nodes" in str(await offices[1].ask("changes", 400, action="drain", node="nod", reason="x"))
    assert owner(await offices[0].ask("live"), 77) == before

    # A move made here is seen there, and by the command line, with its reason.
    done = await offices[1].change("move", shard="77", node=target, reason="closer to its players")
    assert done["outcome"] == "applied"
    await offices[2].until(lambda live: owner(live, 77) == target and not live["moves"], "the move of shard 77")
    history = (await desk.document("shards", "history", "77"))["moves"]
    assert history[0]["note"] == "closer to its players" and history[0]["reason"] == "pinned", history[0]
    assert history[0]["from"] == before and history[0]["to"] == target
    assert 77 in (await offices[0].ask("live"))["pins"]
    shown = await offices[0].ask("shards/77")
    assert shown["shard"]["owner"] == target and shown["pinReason"] == "closer to its players"
    await offices[0].change("unpin", shard="77", reason="no need any more")

    # A node is drained and comes back; its moves say why, and its players notice nothing.
    await offices[0].change("drain", node="node-1", reason="new disks")
    await offices[2].until(lambda live: not any(owner(live, n) == "node-1" for n in range(1024)), "node-1 drained")
    moves = (await offices[2].ask("moves?limit=200"))["recent"]
    drained = [move for move in moves if move["from"] == "node-1" and move["reason"] == "draining"]
    assert len(drained) > 100 and {move["note"] for move in drained} == {"new disks"}
    assert maker.is_connected and (await maker.call("room:ready", ready=True)) is not None
    assert "node-1: new disks\n" in (await desk.run("nodes")).stdout
    await offices[0].change("undrain", node="node-1", reason="disks are in")
    await offices[2].until(
        lambda live: sum(owner(live, n) == "node-1" for n in range(1024)) > 256, "node-1 filled again")
    await maker.close()

    # Nobody else is let in, and a node without a token lets nobody in.
    await Office(cluster.nodes[0], "somebody-elses-token-of-some-length").ask("live", 401)
    for node in cluster.nodes:
        await node.stop()


async def test_without_a_token_the_api_is_off(make_node):
    node = make_node()
    token = node.admin_token
    (node._home / "secrets" / "admin.token").unlink()
    await node.start()
    refusal = await Office(node, token).ask("live", 403)
    assert "admin.token" in refusal["error"]["message"]
    await node.stop()
