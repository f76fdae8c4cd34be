"""What a node sheds when it cannot keep up, in which order, and that it ends by itself. It is the node that is slowed down, by stopping it again and
again: how fast the machine is and what else it does must not decide."""

import asyncio
import time

import aiohttp
import pytest

from harness.bot import Refused
from harness.cluster import Cluster
from harness.figures import figure
from harness.raw import RawBot
from harness.table import SETTINGS, Table

# Milliseconds that event loops may be late at all levels; a stop is longer, and what the machine itself is late is not.
MARK = 600
STOP_SECONDS, GO_SECONDS = 0.8, 0.4


class Stutter:
    """Stops a node and lets it go on, again and again."""

    def __init__(self, node):
        self.node, self.stops = node, 0

    async def __aenter__(self) -> "Stutter":
        self._task = asyncio.ensure_future(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.node.resume()

    async def _run(self) -> None:
        while True:
            self.node.suspend()
            self.stops += 1
            await asyncio.sleep(STOP_SECONDS)
            self.node.resume()
            await asyncio.sleep(GO_SECONDS)


async def level(node, told, what: str, seconds: float = 60) -> int:
    """Waits until the node's level is as told."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # The answer may take a while: the node may be standing still.
        now = int(await asyncio.to_thread(node.metric, "quizmania_node_overload_level"))
        if told(now):
            return now
        await asyncio.sleep(0.1)
    lag = node.metric("quizmania_node_loop_lag_max_seconds")
    raise TimeoutError(f"not within {seconds} s: {what}; the level is {now}, loops are {lag} s late\n{node.log_tail(5)}")


async def refusal(doing) -> Refused:
    with pytest.raises(Refused) as caught:
        await doing
    return caught.value


async def ready(node) -> tuple[int, dict]:
    async with aiohttp.ClientSession() as session, session.get(f"{node.url}/health/ready") as response:
        checks = {check["name"]: check for check in (await response.json())["checks"]}
        return response.status, checks["overload"]


@pytest.mark.alone
@pytest.mark.limit(240)
async def test_an_overloaded_node_sheds_and_its_games_go_on(make_node):
    cluster = Cluster(make_node, 1, overload_lag_ms=f"{MARK},{MARK},{MARK}")
    await cluster.start()
    node = cluster.nodes[0]
    bots = [RawBot(node.url, f"P{number}") for number in range(4)]
    late, maker = RawBot(node.url, "Late"), RawBot(node.url, "Maker")
    await asyncio.gather(*(bot.connect() for bot in [*bots, late, maker]))
    table = await Table.open(bots, questionCount=3)

    async with Stutter(node) as stutter:
        await level(node, lambda now: now == 3, "the third level")
        refused = await refusal(maker.call("room:create", settings=SETTINGS))
        assert refused.code == "overloaded" and refused.retry == 5_000
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {maker.token}"}) as session:
            async with session.post(f"{node.url}/api/rooms", json={"settings": SETTINGS}) as response:
                assert response.status == 503 and response.headers["Retry-After"] == "5"
                assert (await response.json())["error"]["code"] == "overloaded"
        assert (await refusal(late.join(table.code))).code == "overloaded"
        # Alone it stays in service for those who play, and says what it does.
        status, check = await ready(node)
        assert status == 200 and "refuses new players" in check["message"]
        # Who has a seat comes back to it, and the game goes from its first question to its podium.
        await bots[3].drop()
        await bots[3].come_back()
        await table.play(seconds=120)
    table.record().check()

    # It ends by itself, from the last to the first: at level 1 players come in again and rooms are still refused.
    await level(node, lambda now: now == 1, "the first level on the way down")
    assert (await refusal(maker.call("room:create", settings=SETTINGS))).code == "overloaded"
    await late.join(table.code)
    await level(node, lambda now: now == 0, "calm")
    created = await maker.call("room:create", settings=SETTINGS)
    assert created["code"]
    status, check = await ready(node)
    assert status == 200 and "message" not in check
    shed = {kind: node.metric(f'quizmania_node_overload_refused_total{{kind="{kind}"}}')
            for kind in ("rooms", "joins")}
    figure("overload: stops, rooms and joins refused", f"{stutter.stops}, {shed['rooms']:.0f}, {shed['joins']:.0f}")
    assert shed == {"rooms": 3, "joins": 1}
    await table.close()
    await node.stop()


@pytest.mark.alone
@pytest.mark.limit(180)
async def test_an_overloaded_node_has_its_rooms_made_by_another(make_node):
    cluster = Cluster(make_node, 2)
    busy, idle = cluster.nodes
    # What it has in memory is always above such a mark, so that it need not be driven there.
    busy.set(overload_memory_limit_mib=64, overload_memory_percent="1,1,1")
    await idle.start()
    # It is never ready: players are better off at the other one.
    busy.launch()
    while await busy.get("/health/live") != 200:
        await asyncio.sleep(0.1)
    await cluster.settled()
    await level(busy, lambda now: now == 3, "the third level")
    maker = RawBot(busy.url, "Maker")
    await maker.connect()
    created = await maker.call("room:create", settings=SETTINGS)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {idle.admin_token}"}) as session:
        async with session.get(f"{busy.url}/api/admin/rooms") as response:
            rooms = await response.json()
    places = {room["code"]: node["name"] for node in rooms["nodes"] for room in node["live"]}
    assert places[created["code"]] == "node-1"
    assert {node["name"]: node["overload"] for node in rooms["nodes"]} == {"node-0": "coarsens", "node-1": "calm"}
    # The room is not the busy node's, so that its maker gets in through it.
    await maker.join(created["code"])
    # New players are better off elsewhere, and there is an elsewhere.
    deadline = time.monotonic() + 20
    while (await ready(busy))[0] != 503:
        assert time.monotonic() < deadline, await ready(busy)
        await asyncio.sleep(0.2)
    assert (await ready(idle))[0] == 200
    assert busy.metric('quizmania_node_overload_refused_total{kind="passed_rooms"}') == 1
    await maker.close()
    for node in cluster.nodes:
        await node.stop()
