"""kill -9 at any instant, against a ledger the clients keep (P1, P3, P5): lost 0, duplicated 0.

Three ways of killing. From outside, at random instants. From inside, at named points of an input's way, by a node built
for tests: QUIZMANIA_FAULT_POINT=NAME:COUNT makes it SIGKILL itself when it comes by for the COUNTth time. And with a
database that hangs, where a node that acknowledges before the commit (QUIZMANIA_MUTATION=ack-before-commit) must be
caught.
"""

import asyncio
import collections
import random
import time

import pytest

from harness.bot import Bot
from harness.figures import figure
from harness.ledger import Record
from harness.node import Node
from harness.places import fault_binary
from harness.raw import RawBot
from harness.table import Table

# Where an input can be when its node dies; how often the point is passed before it kills.
FAULT_POINTS = {
    "applied": (1, 150),  # applied but not sent to the database
    "sent": (1, 50),  # sent but not committed
    "committed": (1, 50),  # committed but not acknowledged
    "snapshot": (1, 1),  # in the middle of a snapshot
    "recovery": (1, 1),  # while the rooms are being brought back
}
KILLS_OF_EACH = 20
SEED = 20_240_229


class Arena:
    """Games that go on for ever, whatever happens to the node."""

    def __init__(self, node: Node, rooms: int, players: int):
        self.node = node
        self.rooms, self.players = rooms, players
        self.tables: list[Table] = []
        self.games: list[str] = []
        self.random = random.Random(SEED)
        self._tasks: list[asyncio.Task] = []
        self.recoveries: list[float] = []

    async def open(self) -> None:
        for room in range(self.rooms):
            bots = [RawBot(self.node.url, f"Arena {room} {number}") for number in range(self.players)]
            await asyncio.gather(*(bot.connect() for bot in bots))
            self.tables.append(await Table.open(bots, questionCount=4, answerWindowMs=10_000))
        for table in self.tables:
            self._tasks.append(asyncio.create_task(self._play_on(table)))
            for bot in table.bots:
                self._tasks.append(asyncio.create_task(self._stay(bot)))

    async def _stay(self, bot: RawBot) -> None:
        """Comes back whenever the connection goes; now and then as a client that has forgotten what it saw."""
        while True:
            await bot.until(lambda: not bot.is_connected, "an end of the connection", 3600)
            # As long as it takes: the node may be killed again before everybody is back.
            await bot.come_back(recover=bot.random.random() < 0.8, seconds=600, wait_max=0.3)

    async def _play_on(self, table: Table) -> None:
        """Game after game, led by whoever sees what the room is at."""
        async with table.played(leads=False):
            while True:
                await self._step(table)
                await asyncio.sleep(0.05)

    async def _step(self, table: Table) -> None:
        """The host looks at the last thing shown and leads on; asking twice or too late is harmless."""
        host = table.host
        shown = next((event for event in reversed(host.ledger.events)
                      if event.name == "room:state" or event.name.startswith("game:") and "seq" in event.payload), None)
        if shown is None or not host.is_connected:
            return
        phase = shown.payload["phase"] if shown.name == "room:state" else shown.name.removeprefix("game:")
        command = {"lobby": "game:start", "countdown": "game:skip", "reveal": "game:skip", "leaderboard": "game:skip",
                   "podium": "game:rematch", "over": "game:rematch"}.get(phase)
        if command is None:
            return
        if phase == "over" and shown.payload["game"] not in self.games:
            self.games.append(shown.payload["game"])
        try:
            await host.ask(command, {}, 5)
        except (ConnectionError, TimeoutError):
            return
        await asyncio.sleep(0.05)

    def check_tasks(self) -> None:
        """A bot that failed fails the test, with its reason."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def finish(self) -> Record:
        """Ends the running questions, closes all, and gives the rooms' records put together."""
        for table in self.tables:
            mark = table.host.mark
            over = await table.host.event("game:over", since=mark, seconds=60)
            if over["game"] not in self.games:
                self.games.append(over["game"])
        self.check_tasks()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        total = Record()
        for table in self.tables:
            record = table.record()
            total.faults += record.faults
            total.lost += record.lost
            total.duplicated += record.duplicated
            total.confirmed += record.confirmed
            await table.close()
        return total

    def replay(self, count: int) -> None:
        """The journal of finished games gives the stored, signed result."""
        for game in self.games[-count:]:
            done = self.node.command("replay", game)
            assert done.returncode == 0, f"replay of {game}: {done.stdout}{done.stderr}"

    async def restart(self, **settings: object) -> None:
        """Starts a dead node; killed again while it starts, it is simply not ready."""
        began = time.monotonic()
        self.node.set(fault_point=None, **settings)
        await self.node.start()
        self.recoveries.append(time.monotonic() - began)


def tell(what: str, arena: Arena, record: Record, kills: str) -> None:
    figure(f"{what}: kills", kills)
    figure(f"{what}: ledger", f"{record.confirmed} acknowledged answers counted, lost {record.lost}, duplicated "
                              f"{record.duplicated}, {len(arena.games)} games finished")
    figure(f"{what}: start of the node", f"median {sorted(arena.recoveries)[len(arena.recoveries) // 2]:.2f} s, "
                                         f"longest {max(arena.recoveries):.2f} s")


@pytest.mark.limit(180)
async def test_kills_at_random_instants_lose_and_double_nothing(make_node):
    node = make_node()
    await node.start()
    arena = Arena(node, rooms=3, players=8)
    await arena.open()
    kills = 0
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        await asyncio.sleep(arena.random.uniform(0.05, 2.5))
        node.kill()
        kills += 1
        # One in four falls into the recovery.
        if arena.random.random() < 0.25:
            node.launch()
            await asyncio.sleep(arena.random.uniform(0.0, 0.6))
            node.kill()
            kills += 1
        await arena.restart()
        arena.check_tasks()
    record = await arena.finish()
    tell("random kills", arena, record, f"{kills}, seed {SEED}")
    record.check()
    assert record.confirmed > 100 and arena.games
    arena.replay(5)
    await node.stop()


async def fault(arena: Arena, point: str, count: int, seconds: float) -> bool:
    """Runs the node until it kills itself at the point; False: it did not come by often enough in time."""
    node = arena.node
    node.set(fault_point=f"{point}:{count}")
    node.launch()
    if not await node.ended(seconds):
        node.kill()
        return False
    assert node.status == -9, f"the node ended with status {node.status}:\n{node.log_tail()}"
    return True


# Nobody plays while a node is killed in its recovery: so that point is together with another.
@pytest.mark.parametrize("points", [("applied",), ("sent",), ("committed",), ("snapshot", "recovery")], ids="-".join)
@pytest.mark.limit(400)
async def test_kills_at_every_point_of_an_inputs_way_lose_and_double_nothing(make_node, points):
    node = make_node(program=fault_binary())
    await node.start()
    arena = Arena(node, rooms=4, players=10)
    await arena.open()
    fell: collections.Counter[str] = collections.Counter()
    missed: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    await arena.tables[0].host.event("game:reveal")
    node.kill()
    while min(fell[point] for point in points) < KILLS_OF_EACH and time.monotonic() < began + 300:
        # The rarest first, so that time runs out for none of them.
        point = min(points, key=lambda name: (fell[name], name))
        count = arena.random.randint(*FAULT_POINTS[point])
        happened = await fault(arena, point, count, seconds=15)
        (fell if happened else missed)[point] += 1
        arena.check_tasks()
        assert missed[point] < 3 or fell[point], f"the node passes no fault point '{point}': is it built for tests?"
    await arena.restart()
    record = await arena.finish()
    tell("kills at fault points", arena, record, ", ".join(f"{point} {fell[point]}" for point in points))
    record.check()
    for point in points:
        assert fell[point] >= KILLS_OF_EACH, f"only {fell[point]} kills fell on '{point}'"
    assert record.confirmed > 100
    arena.replay(5)
    node.set(fault_point=None)
    await node.stop()


async def hanging_database(make_node, postgres, **settings) -> tuple[Record, int]:
    """Answers come while the database hangs, then the node is killed. Returns the record and how many were acknowledged
    meanwhile."""
    node = make_node(own_postgres=postgres, program=fault_binary(), **settings)
    await node.start()
    bots: list[Bot] = [RawBot(node.url, f"Mutation {number}") for number in range(12)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=1, answerWindowMs=30_000)
    await table.start()
    question = await table.host.event("game:question")
    await asyncio.gather(*(bot.synchronise() for bot in bots))
    await asyncio.sleep(max(0.0, question["opensAt"] - table.host.room_time()) / 1000 + 0.2)
    postgres.suspend()
    acknowledged = 0
    # One after the other, so that the later ones wait behind a batch the database may still take.
    for bot in bots[1:]:
        bot.ledger.sent(question["game"], 0, [0])
        try:
            ack = await bot.call("game:answer", seconds=0.15, question=0, choice=[0], id="a")
            bot.ledger.acknowledged(question["game"], 0, ack["choice"])
            acknowledged += 1
        except TimeoutError:
            continue
    node.kill()
    postgres.resume()
    node.set(mutation=None)
    await node.start()
    await asyncio.gather(*(bot.come_back() for bot in bots))
    await table.skip("game:question")
    await table.host.event("game:reveal", seconds=40)
    record = table.record()
    await table.close()
    await node.stop()
    return record, acknowledged


async def test_nothing_is_acknowledged_before_the_commit(make_node, private_postgres):
    record, acknowledged = await hanging_database(make_node, private_postgres)
    assert acknowledged == 0
    record.check()


async def test_the_ledger_catches_a_node_that_acknowledges_before_the_commit(make_node, private_postgres):
    """The mutation this suite is for: without it, "lost 0" would prove nothing."""
    record, acknowledged = await hanging_database(make_node, private_postgres, mutation="ack-before-commit")
    figure("mutation ack-before-commit", f"{acknowledged} answers acknowledged without a database, {record.lost} lost")
    assert acknowledged > 0, "the node does not obey QUIZMANIA_MUTATION: is it built for tests?"
    assert record.lost > 0, "a node that acknowledges before the commit was not caught"
