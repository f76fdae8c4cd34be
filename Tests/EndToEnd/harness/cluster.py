"""Several nodes on one database, as tests and drills see them from outside."""

import asyncio
import json
import time
from collections.abc import Callable

from .node import Node

SHARDS = 1024


class Cluster:
    """- make: makes a node, as `Node` does; the first gets no `beside`."""

    def __init__(self, make: Callable[..., Node], count: int, **settings: object):
        self._make, self._settings = make, settings
        self.nodes: list[Node] = []
        for _ in range(count):
            self.add()

    def add(self, **settings: object) -> Node:
        """One more node, not started."""
        beside = self.nodes[0] if self.nodes else None
        node = self._make(beside=beside, node_name=f"node-{len(self.nodes)}", **(self._settings | settings))
        self.nodes.append(node)
        return node

    @property
    def living(self) -> list[Node]:
        """Those whose process runs and is not stopped."""
        return [node for node in self.nodes if node.is_running and not node.is_suspended]

    async def start(self) -> None:
        await asyncio.gather(*(node.start() for node in self.nodes))
        await self.settled()

    async def settled(self, seconds: float = 45) -> None:
        """Every node that runs has about its share, together they have all, and nothing moves any more."""
        deadline = time.monotonic() + seconds
        before: list[int] = []
        while time.monotonic() < deadline:
            shards = self.shards()
            running = [count for node, count in zip(self.nodes, shards) if node.is_running]
            if shards == before and sum(shards) == SHARDS and min(running) >= SHARDS // len(running) * 100 // 116:
                return
            before = shards
            await asyncio.sleep(1.2)
        raise TimeoutError(f"the shards did not settle: {self.shards()}\n" + "\n".join(
            node.log_tail(8) for node in self.nodes))

    # What nodes say of themselves

    def shards(self) -> list[int]:
        """How many each node answers for."""
        return [int(node.metric("quizmania_cluster_shards_owned")) if node.is_running else 0
                for node in self.nodes]

    # What the database says

    def query(self, sql: str, *values: object) -> list[tuple]:
        with self.nodes[0].postgres.connect(self.nodes[0].database) as connection:
            return connection.execute(sql.encode(), values or None).fetchall()

    @property
    def moves(self) -> int:
        """Shards that have changed owner so far."""
        return self.query("SELECT count(*) FROM shard_move")[0][0]

    def moves_since(self, count: int) -> dict[str, int]:
        """Why shards changed owner, behind the first `count` moves."""
        rows = self.query("SELECT reason, count(*) FROM (SELECT reason FROM shard_move ORDER BY moved_at, shard, epoch "
                          "OFFSET %s) AS newer GROUP BY reason", count)
        return dict(rows)

    def second_writers(self) -> list[str]:
        """Breaches of "one writer": a room's rows that go back in epochs, or leave numbers out."""
        rows = self.query("""
            SELECT room::text, number, epoch, before, last FROM (
                SELECT room, number, epoch, lag(number) OVER w AS last, lag(epoch) OVER w AS before
                FROM room_journal WINDOW w AS (PARTITION BY room ORDER BY number)) AS row
            WHERE epoch < before OR number <> last + 1 LIMIT 20""")
        return [f"room {room[:8]}: row {number} of epoch {epoch} behind row {last} of epoch {before}"
                for room, number, epoch, before, last in rows]

    def owners(self) -> dict[str, str]:
        """Each open room's code and the name of the node that owns it, as the fence and a living node have it."""
        names = {node["incarnation"].lower(): node["name"] for node in self.report("nodes")["nodes"]
                 if node.get("incarnation") and node.get("name")}
        rows = self.query("SELECT code, owner::text FROM room JOIN shard_fence USING (shard) WHERE closed_at IS NULL")
        return {code: names.get(owner, owner) for code, owner in rows}

    def report(self, *command: str) -> dict:
        """What an operator's command answers, for example `nodes`."""
        node = next(node for node in self.nodes if node.is_running)
        done = node.command(*command, "--json")
        assert done.returncode == 0, f"quizmania {' '.join(command)}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)
