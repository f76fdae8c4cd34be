"""Performs a drill: a cluster of real processes under load, a fault, and a ledger of what clients saw meanwhile.

A drill passes when nothing was lost, doubled or left out, when the fault really happened, which has to be proved from
outside, and when at least a stated number of answers was acknowledged, so that there was something to lose.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import drill_ledger
from .bot import Refused
from .cluster import Cluster
from .crowd import Crowd
from .drill_ledger import Tally
from .loops import run as run_loop
from .node import Node
from .official import Officials
from .places import ROOT, binary
from .postgres import Postgres, PrivatePostgres
from .redis_server import PrivateRedis, Redis
from .relay import MeshRelays, Relay


class Failed(Exception):
    """The drill cannot go on; its sentence says why."""


@dataclass
class Fault:
    """Something that was done to the cluster, and how that is known."""

    what: str
    began: float
    ended: float | None = None
    proofs: list[tuple[str, bool]] = field(default_factory=list)

    def proof(self, what: str, holds: object) -> None:
        """Something seen from outside that is so only if the fault happened."""
        self.proofs.append((what, bool(holds)))
        print(f"         {'proved' if holds else 'NOT PROVED'}: {what}")

    @property
    def happened(self) -> bool:
        return bool(self.proofs) and all(holds for _, holds in self.proofs)


class Run:
    """One performance of a drill: what it uses, does and finds out."""

    def __init__(self, name: str, options: argparse.Namespace, stack: contextlib.AsyncExitStack):
        self.name, self.options = name, options
        self.random = random.Random(options.seed)
        self.began = time.monotonic()
        self.faults: list[Fault] = []
        self.checks: list[tuple[str, bool]] = []
        self.figures: dict[str, object] = {}
        self.nodes: list[Node] = []
        self._stack = stack
        self._cluster: Cluster | None = None
        self._crowd: Crowd | None = None
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None

    # What it uses

    def private_postgres(self, server: Callable[[], Postgres] = PrivatePostgres) -> Postgres:
        """A PostgreSQL of the drill's own, for one that stops it."""
        self.say("starting a PostgreSQL of its own")
        self._postgres = server()
        self._stack.callback(self._postgres.close)
        return self._postgres

    def private_redis(self, server: Callable[[], Redis] = PrivateRedis) -> Redis:
        """A Redis of the drill's own, for one that stops or empties it."""
        self._redis = server()
        self._stack.callback(self._redis.close)
        return self._redis

    def cluster(self, count: int = 3, *, program: Path | None = None, **settings: object) -> Cluster:
        """Nodes, not started yet, on the services of the drill's own or on those of all tests."""
        if self._postgres is None and (shared := Postgres.shared()) is not None:
            self._postgres = shared
        postgres = self._postgres or self.private_postgres()
        if self._redis is None and (shared := Redis.shared()) is not None:
            self._redis = shared
        redis = self._redis or self.private_redis()

        def make(*, beside: Node | None, **more: object) -> Node:
            node = Node(postgres, redis, beside=beside, program=program, **more)
            self.nodes.append(node)
            if beside is None:
                node.prepare()
            return node

        self.say(f"starting {count} nodes")
        self._stack.callback(lambda: [node.close() for node in reversed(self.nodes)])
        self._cluster = Cluster(make, count, **settings)
        return self._cluster

    async def relay(self, target: tuple[str, int]) -> Relay:
        """A relay to something, until the drill is over."""
        relay = await Relay(target).start()
        self._stack.push_async_callback(relay.close)
        return relay

    async def mesh(self) -> MeshRelays:
        """Relays between all nodes, which are not started yet."""
        assert self._cluster is not None
        mesh = MeshRelays()
        self._stack.push_async_callback(mesh.close)
        for node in self._cluster.nodes:
            await mesh.add(node)
        return mesh

    async def crowd(self, *, stock: bool = True, think: tuple[float, float] = (0.05, 0.4), questions: int = 3,
                    window_ms: int = 5_000, **seating: object) -> Crowd:
        """Rooms full of clients that play from here on.

        - stock: python-socketio and the official client; else bare frames, for very many.
        - seating: as `Crowd.open` has it.
        """
        assert self._cluster is not None, "the crowd needs a cluster"
        officials = await self._stack.enter_async_context(Officials()) if stock else None
        self._crowd = Crowd(self._cluster, self.random, officials, think=think, questions=questions,
                            window_ms=window_ms)
        self._stack.push_async_callback(self._crowd.close)
        self.say(f"seating {self.options.rooms} rooms of {self.options.players} players")
        kinds = {} if stock else {"kinds": ("bare frames",)}
        await self._crowd.open(self.options.rooms, self.options.players, **(kinds | seating))
        await self._crowd.playing_on(time.monotonic())
        self.say("everybody plays")
        return self._crowd

    # What it does and finds out

    @property
    def rounds(self) -> Iterator[int]:
        """0, 1, … as often and as long as was asked for."""
        ends = time.monotonic() + self.options.seconds
        number = 0
        while number < self.options.rounds or time.monotonic() < ends:
            yield number
            number += 1

    @contextlib.asynccontextmanager
    async def fault(self, what: str):
        """Around what is done and the time until everybody plays on."""
        self.say(what)
        fault = Fault(what, time.monotonic())
        self.faults.append(fault)
        try:
            yield fault
        finally:
            fault.ended = time.monotonic()

    def check(self, what: str, holds: object) -> None:
        """Something that has to be so at the end."""
        self.checks.append((what, bool(holds)))
        if not holds:
            self.say(f"NOT SO: {what}")

    def figure(self, what: str, value: object) -> None:
        self.figures[what] = value
        self.say(f"{what}: {value}")

    def say(self, what: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} s] {what}", flush=True)

    # The end

    async def finish(self) -> None:
        """Ends the games, looks at what is stored, and stops the nodes in order."""
        assert self._cluster is not None and self._crowd is not None
        self.say("the games end")
        await self._crowd.finish()
        for problem in self._crowd.problems[:10]:
            self.check(problem, False)
        breaches = self._cluster.second_writers()
        self.check(f"no room had two writers{': ' if breaches else ''}{'; '.join(breaches)}", not breaches)
        games = list(self._crowd.results)[-3:]
        for game in games:
            # Beside our loop: what the command asks for may come through one of our relays.
            node = next(node for node in self.nodes if node.is_running)
            done = await asyncio.to_thread(node.command, "replay", game)
            said = " ".join((done.stdout + done.stderr).split()[-20:]) if done.returncode else ""
            self.check(f"a replay of game {game[:8]} gives its result {said}".strip(), done.returncode == 0)
        strays = [line for node in self.nodes for line in node.strays()]
        self.check(f"no node complained beside its log{': ' + strays[0] if strays else ''}", not strays)

    def document(self) -> dict:
        assert self._crowd is not None
        bots = [player.bot for player in self._crowd.players]
        reveals, overs = drill_ledger.shown(bots)

        def milliseconds(at: float | None) -> int:
            return round(((at or time.monotonic()) - self.began) * 1000)

        return {
            "format": drill_ledger.FORMAT, "version": drill_ledger.VERSION, "drill": self.name,
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "options": {key: value for key, value in vars(self.options).items() if key not in ("binary", "json")},
            "faults": [{"what": fault.what, "began_ms": milliseconds(fault.began),
                        "ended_ms": milliseconds(fault.ended), "proofs": [{"what": what, "holds": holds} for what, holds in fault.proofs]}
                       for fault in self.faults],
            "checks": [{"what": what, "holds": holds} for what, holds in self.checks],
            "figures": self.figures,
            "clients": [drill_ledger.client(player.bot, player.kind, room.code, self.began)
                        for room in self._crowd.rooms for player in room.players],
            "reveals": reveals, "overs": overs,
            "results": {game: drill_ledger.entries(result) for game, result in self._crowd.results.items()},
        }

    def verdict(self, tally: Tally, clients: list[dict]) -> list[str]:
        """Why the drill does not count as passed."""
        reasons = [f"{count} {what}" for what, count in (
            ("answers lost", tally.lost), ("things duplicated", tally.duplicated), ("gaps", tally.gaps),
            ("answers that nobody can judge", tally.unjudged)) if count]
        reasons += [f"{fault.what}: " + ("not proved: " + "; ".join(what for what, holds in fault.proofs if not holds)
                                         if fault.proofs else "nothing proves it") for fault in self.faults
                    if not fault.happened]
        if not self.faults:
            reasons.append("nothing was done to the cluster")
        if tally.acknowledged < self.options.acknowledged:
            reasons.append(f"only {tally.acknowledged} answers were acknowledged, not {self.options.acknowledged}")
        reasons += [f"not so: {what}" for what, holds in self.checks if not holds]
        faults = [fault for one in clients for fault in one["faults"]]
        if faults:
            reasons.append(f"clients found {len(faults)} faults, for example: {faults[0]}")
        return reasons


def perform(drill: Callable[[Run], Awaitable[None]], *, rooms: int = 6, players: int = 6, rounds: int = 1,
            acknowledged: int = 200, outage: float = 9, limit: float = 170) -> None:
    """Parses the options, performs, prints the table, and ends the program: 0 if the drill passed.

    - drill: does the faults; the games go on around it and end behind it.
    - rooms, players, rounds, outage, acknowledged: the small size.
    - limit: seconds the small size may take at most.
    """
    parser = argparse.ArgumentParser(add_help=False)
    for name, kind, value in (("rooms", int, rooms), ("players", int, players), ("rounds", int, rounds),
                              ("seconds", float, 0.0), ("outage", float, outage), ("seed", int, 1),
                              ("acknowledged", int, acknowledged)):
        parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    name = Path(sys.argv[0]).name
    if options.binary:
        os.environ["QUIZMANIA_BINARY"] = str(options.binary.resolve())
    # Whoever ends the drill lets it stop what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    file = options.json or ROOT / "artifacts" / "drills" / f"{name}.json"
    grown = options.seconds + 40 * max(0, options.rounds - rounds) + options.rooms * options.players / 20
    try:
        problem = run_loop(_perform(name, drill, options, file, limit + grown))
    except KeyboardInterrupt:
        problem = "interrupted"
    except (Exception, asyncio.CancelledError) as unexpected:  # The last line says what went wrong, whatever it was.
        problem = told(unexpected)
    print(f"{'FAILED' if problem else 'passed'} {name}{': ' + problem if problem else ''}", flush=True)
    sys.exit(1 if problem else 0)


def told(unexpected: BaseException) -> str:
    """A sentence on something nobody foresaw; where it came from is printed."""
    traceback.print_exception(unexpected)
    return f"unexpected {type(unexpected).__name__}: {unexpected}"


async def _perform(name: str, drill: Callable[[Run], Awaitable[None]], options: argparse.Namespace, file: Path,
                   limit: float) -> str | None:
    async with contextlib.AsyncExitStack() as stack:
        run = Run(name, options, stack)
        print(f"{name}, node {binary()}")
        failure = None
        try:
            async with asyncio.timeout(limit):
                await drill(run)
                await run.finish()
        except (TimeoutError, AssertionError, Failed, Refused, OSError) as problem:
            failure = f"{type(problem).__name__}: {problem}" if str(problem) else f"not done within {limit:.0f} s"
        except Exception as unexpected:  # The ledger is written all the same.
            failure = told(unexpected)
        if failure:
            run.say(failure)
        if run._crowd is None:
            return failure or "no games were played"
        file.parent.mkdir(parents=True, exist_ok=True)
        document = run.document()
        file.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
        # Recomputed from the file, as anybody else would.
        tally = Tally.read(file)
        print(drill_ledger.table([(name, tally)]))
        print(f"         {tally.recovered} connections recovered, {tally.started_anew} began anew, "
              f"{len(run._crowd.results)} games; ledger {file}")
        for note in tally.notes[:10]:
            print(f"         {note}")
        reasons = ([failure] if failure else []) + run.verdict(tally, document["clients"])
        if reasons:
            # Beside the ledger, for whoever looks for the reason.
            for node in run.nodes:
                shutil.copyfile(node.log_file, file.with_name(f"{name}-{node.name}.log"))
        return "; ".join(reasons) or None
