"""The operators' page on a cluster of two nodes: what it shows is true, what it changes happens, and anybody can use it."""

import asyncio
import json

import pytest
from playwright.async_api import expect

from harness.node import Node

from .inspector import Inspector
from .places import ARTIFACTS
from .player import LAPTOP, PHONE, Player, Stage

UNZOOMED_PHONE = PHONE | {"is_mobile": False}


@pytest.fixture
def nodes(loop_runner, make_node):
    first = make_node(node_name="node-0")
    both = [first, make_node(beside=first, node_name="node-1")]

    async def start() -> None:
        await asyncio.gather(*(node.start() for node in both))

    loop_runner.run(start())
    return both


@pytest.fixture
def room(loop_runner, chromium, nodes):
    """Where operators come from; their pages must not complain either."""
    stage = Stage(chromium, nodes[0].url)
    yield stage
    loop_runner.run(stage.close(ARTIFACTS / "failed", False))


@pytest.fixture
def inspector(loop_runner, chromium):
    blank = loop_runner.run(chromium.new_page())
    yield Inspector(blank)
    loop_runner.run(blank.close())


async def opens(operator: Player, node: Node) -> None:
    await operator.goes_to("/admin")
    await operator.find("token-input").fill(node.admin_token)
    await operator.act(operator.find("open-button"))
    await expect(operator.find("shard-map")).to_be_visible()


async def shards_of(operator: Player, name: str) -> int:
    return await operator.page.locator(f'.shard[data-owner="{name}"]').count()


async def until_shards(operator: Player, name: str, holds, what: str) -> None:
    for _ in range(150):
        if holds(await shards_of(operator, name)):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{what}: {name} has {await shards_of(operator, name)} on the map")


@pytest.mark.limit(240)
async def test_an_operator_sees_the_cluster_and_drains_a_node(room: Stage, nodes: list[Node]):
    grace = await room.player("Grace", LAPTOP)
    grace.watch.forgive("Failed to load resource")
    await grace.goes_to("/admin")
    await grace.find("token-input").fill("a-token-of-another-cluster-altogether")
    await grace.act(grace.find("open-button"))
    await expect(grace.find("gate-error")).to_be_visible()
    await opens(grace, nodes[0])
    # The token is in this tab and in no place that outlives it.
    kept = await grace.page.evaluate(
        "JSON.stringify([Object.entries(localStorage), document.cookie, location.href])")
    assert nodes[0].admin_token not in kept

    await expect(grace.page.locator(".shard")).to_have_count(1024)
    await until_shards(grace, "node-1", lambda count: 440 <= count <= 584, "the halves")
    await expect(grace.find("total-nodes")).to_have_text("2")
    await expect(grace.find("node-node-0")).to_contain_text("shards")
    await expect(grace.find("live-pill")).to_have_attribute("data-status", "online")

    # The plan comes first, then the reason, then the deed.
    await grace.act(grace.find("drain-node-1"))
    await expect(grace.find("plan-moves")).to_contain_text("shards move")
    await expect(grace.find("confirm-button")).to_be_disabled()
    await grace.find("reason-input").fill("new disks")
    await grace.act(grace.find("confirm-button"))
    await expect(grace.page.locator("dialog[open]")).to_have_count(0)
    await expect(grace.find("drain-node-1")).to_be_focused()
    await until_shards(grace, "node-1", lambda count: count == 0, "drained")
    await expect(grace.find("node-node-1")).to_contain_text("draining")
    await expect(grace.find("node-node-1")).to_contain_text("new disks")
    await expect(grace.find("move-row").filter(has_text="new disks").first).to_be_visible()
    moved = json.loads(nodes[0].command("shards", "history", "--limit", "5", "--json").stdout)["moves"]
    assert {move["note"] for move in moved} == {"new disks"}

    # By keys alone: walk to a shard, open it, close it; then let the node have shards again.
    await grace.page.locator('.shard[data-shard="0"]').focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        await grace.page.keyboard.press(key)
    await expect(grace.page.locator('.shard[data-shard="34"]')).to_be_focused()
    await grace.page.keyboard.press("Enter")
    await expect(grace.find("shard-owner")).to_have_text("node-0")
    await grace.page.keyboard.press("Escape")
    await expect(grace.page.locator("dialog[open]")).to_have_count(0)
    await grace.tabs_to(grace.find("drain-node-1"), most=80)
    await grace.page.keyboard.press("Enter")
    await expect(grace.find("plan-moves")).to_be_visible()
    await grace.tabs_to(grace.find("reason-input"))
    await grace.page.keyboard.type("disks are in")
    await grace.page.keyboard.press("Enter")
    await until_shards(grace, "node-1", lambda count: count >= 440, "filled again")

    # A shard by its number, to the other node.
    await grace.find("shard-input").fill("77")
    await grace.act(grace.find("shard-open"))
    owner = await grace.find("shard-owner").inner_text()
    await grace.act(grace.find("move-button"))
    await expect(grace.find("plan-moves")).to_be_visible()
    await grace.find("reason-input").fill("closer")
    await grace.act(grace.find("confirm-button"))
    other = "node-1" if owner == "node-0" else "node-0"
    await expect(grace.page.locator(f'.shard[data-shard="77"][data-owner="{other}"]')).to_have_count(1)

    # A node that goes is seen to go; and the page finds its way when its own node goes, too.
    nodes[1].kill()
    await expect(grace.find("total-nodes")).to_have_text("1")
    await until_shards(grace, "node-0", lambda count: count == 1024, "inherited")
    await grace.act(grace.find("forget-token"))
    await expect(grace.find("operator-gate")).to_be_visible()


@pytest.mark.limit(240)
async def test_the_page_is_accessible_and_fits(room: Stage, nodes: list[Node], inspector: Inspector):
    for name, device in (("Grace", LAPTOP), ("Edsger", UNZOOMED_PHONE)):
        operator = await room.player(name, device)
        await operator.goes_to("/admin")
        await expect(operator.find("operator-gate")).to_be_visible()
        await inspector.look(operator, f"{name}'s gate")
        await opens(operator, nodes[0])
        await expect(operator.find("move-row").first).to_be_visible()
        await inspector.look(operator, f"{name}'s control room")
        await operator.act(operator.find("drain-node-1"))
        await expect(operator.find("plan-moves")).to_be_visible()
        await inspector.look(operator, f"{name}'s plan")
        await operator.page.keyboard.press("Escape")
        await operator.find("shard-input").fill("5")
        await operator.act(operator.find("shard-open"))
        await expect(operator.find("shard-owner")).to_be_visible()
        await inspector.look(operator, f"{name}'s shard")
        await operator.page.keyboard.press("Escape")
    assert not inspector.problems, f"{len(inspector.problems)} problems:\n" + "\n".join(inspector.problems)


@pytest.mark.limit(120)
async def test_the_page_speaks_german_and_costs_players_nothing(room: Stage, nodes: list[Node]):
    player = await room.player("Emmy", LAPTOP)
    await player.goes_to("/")
    await expect(player.page.locator("h1")).to_be_visible()
    await player.page.wait_for_load_state("networkidle")
    asked = await player.page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in asked if "/assets/admin-" in name], "players download the operators' page"

    operator = await room.player("Carl", LAPTOP, locale="de-DE")
    await opens(operator, nodes[1])
    await expect(operator.page.locator("h1")).to_have_text("Leitstand")
    await expect(operator.find("drain-node-0")).to_contain_text("Leeren")
