"""The web client goes to its room's node in the middle of a game, and nobody sees it."""

import asyncio
import json
import time

import pytest
from playwright.async_api import Page, WebSocket

from harness.figures import figure
from harness.ledger import GAME_EVENTS
from harness.ports import free_port
from test_cluster import Balancer, Cluster, seated

from .places import ARTIFACTS
from .player import Stage
from .watch import NETWORK

# Writes down every state of the connection pill.
PILL = """
globalThis.pills = [];
new MutationObserver(() => {
  const status = document.querySelector("[data-testid=connection-pill]")?.dataset.status;
  if (status && globalThis.pills.at(-1) !== status) globalThis.pills.push(status);
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-status"] });
"""


def choose(_, question: dict) -> list[int]:
    """Bots answer by place: they need to know no question."""
    return [0, 1] if question["kind"] == "multiple" else [0]


class Line:
    """One WebSocket of a page: where it went, when its seat came, when it ended, and the game events it brought."""

    def __init__(self, socket: WebSocket):
        self.url = socket.url
        self.seated_at = self.ended_at = 0.0
        self.seqs: list[int] = []
        socket.on("framereceived", lambda payload: self._message(str(payload)))
        socket.on("close", lambda _: setattr(self, "ended_at", time.monotonic()))

    def _message(self, text: str) -> None:
        if not text.startswith("42["):
            return
        name, payload, *_ = json.loads(text[2:])
        if name == "room:me" and payload.get("seat") and not self.seated_at:
            self.seated_at = time.monotonic()
        if name in GAME_EVENTS or name == "room:state":
            self.seqs.append(payload["seq"])


class Lines:
    def __init__(self, page: Page):
        self.all: list[Line] = []
        page.on("websocket", lambda socket: self.all.append(Line(socket)))

    async def until(self, holds, what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}: {[line.url for line in self.all]}"
            await asyncio.sleep(0.02)


def is_at(line: Line, node) -> bool:
    return line.url.startswith(node.url.replace("http", "ws"))


@pytest.mark.limit(180)
async def test_a_page_follows_its_room_and_nobody_sees_it(chromium, make_node, request):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    table = await seated(cluster, 0, 3, questionCount=2)
    stage = Stage(chromium, cluster.nodes[1].url)
    failed = True
    try:
        ada = await stage.player("Ada", init=PILL)
        lines = Lines(ada.page)
        await ada.joins_by_link(table.code)
        # The link's page asked where the room is, and went there at once.
        assert [is_at(line, cluster.nodes[0]) for line in lines.all] == [True]
        async with table.played(choose, leads=False):
            await table.start()
            question = await ada.sees_question(1)
            began = time.monotonic()
            draining = asyncio.create_task(asyncio.to_thread(
                cluster.nodes[1].command, "shards", "drain", "node-0", "--reason", "a test"))
            await lines.until(lambda: len(lines.all) == 2 and lines.all[0].ended_at, "the move")
            figure("web client: from the drain until the first connection had ended", f"{time.monotonic() - began:.2f} s")
            for number in (1, 2):
                question = await ada.sees_question(number)
                await ada.answers(question)
            await ada.sees("podium")
            done = await draining
            assert done.returncode == 0, done.stdout + done.stderr
        table.record().check()
        first, second = lines.all
        assert not is_at(second, cluster.nodes[0])
        assert 0 < second.seated_at < first.ended_at, "the first connection ended before the second was in the room"
        # What both brought together has no gap; a gap in what is drawn would be a complaint of the page.
        seqs = sorted(set(first.seqs) | set(second.seqs))
        assert seqs == list(range(seqs[0], seqs[-1] + 1))
        assert await ada.page.evaluate("globalThis.pills") in (["online"], ["connecting", "online"])
        await table.close()
        failed = False
    finally:
        await stage.close(stage_shots(request), failed)


@pytest.mark.limit(180)
async def test_behind_a_balancer_an_address_that_cannot_be_reached_hurts_nobody(chromium, make_node, tmp_path, request):
    cluster = Cluster(make_node, 3)
    for node in cluster.nodes:
        node.set(node_url=f"http://127.0.0.1:{free_port()}")
    await cluster.start()
    balancer = Balancer(cluster, tmp_path)
    table = await seated(cluster, 0, 2, questionCount=2)
    stage = Stage(chromium, balancer.url)
    failed = True
    try:
        await balancer.ready()
        ada = await stage.player("Ada", init=PILL)
        ada.watch.forgive(NETWORK)
        lines = Lines(ada.page)
        began = time.monotonic()
        await ada.joins_by_link(table.code)
        figure("web client: in the room though its node's own address is dead", f"{time.monotonic() - began:.1f} s")
        async with table.played(choose, leads=False):
            await table.start()
            for number in (1, 2):
                await ada.answers(await ada.sees_question(number))
            await ada.sees("podium")
        table.record().check()
        # Tried once; the second visit of the same tab does without.
        tries = [line for line in lines.all if not line.url.startswith(balancer.url.replace("http", "ws"))]
        assert len(tries) == 1
        await ada.page.reload()
        await ada.sees("podium")
        tries = [line for line in lines.all if not line.url.startswith(balancer.url.replace("http", "ws"))]
        assert len(tries) == 1
        assert "reconnecting" not in await ada.page.evaluate("globalThis.pills")
        await table.close()
        failed = False
    finally:
        await stage.close(stage_shots(request), failed)
        balancer.close()


def stage_shots(request):
    return ARTIFACTS / "failed" / request.node.name
