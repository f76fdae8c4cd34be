"""A TCP port in front of another one, through which a network can be broken: held, cut, each direction alone.

A relay runs as anybody, in the loop of the program that uses it. What is held is not lost: as on a network that comes
back, everything arrives in order once it is let go, also what was sent long ago.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence

from .ports import free_port

IN, OUT = "in", "out"  # to the target, and from it
_CHUNK = 64 << 10

Place = tuple[str, int]


class Relay:
    """- target: where connections go; asked again for each.
    - names: those who connect, told apart by their names in the first bytes they send; a connection of nobody known is
      held like everybody's."""

    def __init__(self, target: Place | Callable[[], Place], names: Sequence[str] = ()):
        self._target, self._names = target, names
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._held: set[tuple[str, str | None]] = set()
        self._refuses = False
        self._changed = asyncio.Event()
        # Bytes let through and bytes that had to wait, by direction; connections taken, cut and refused.
        self.passed: Counter[str] = Counter()
        self.waited: Counter[str] = Counter()
        self.connections: Counter[str] = Counter()
        # Withholds the end of a message; see `withhold`.
        self._tail: tuple[Callable[[bytes], bool], int] | None = None
        self.withheld = asyncio.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> "Relay":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024)
        return self

    async def close(self) -> None:
        self.release()
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.sleep(0)

    # Breaking it

    def hold(self, *directions: str, name: str | None = None) -> None:
        """Lets nothing through, in both directions if none is given; new connections are taken and hear nothing.

        - name: only what goes to or comes from whoever has this name.
        """
        self._held |= {(direction, name) for direction in directions or (IN, OUT)}

    def refuse(self) -> None:
        """Cuts everything, and whoever connects is cut at once."""
        self._refuses = True
        self.cut()

    def release(self) -> None:
        """As if nothing had been; what waited goes on."""
        self._held.clear()
        self._refuses = False
        self._tail = None
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> int:
        """Ends every connection at once and returns how many there were."""
        count = len(self._connections)
        for connection in list(self._connections):
            connection.abort()
        self.connections["cut"] += count
        return count

    def withhold(self, matches: Callable[[bytes], bool], count: int) -> None:
        """Keeps the last `count` bytes of the next message to the target that `matches`, one on each connection, until
        `release`; `withheld` is set when it has happened."""
        self._tail = (matches, count)
        self.withheld.clear()

    @property
    def open(self) -> int:
        return len(self._connections)

    @property
    def ports(self) -> list[int]:
        """Our ports of the connections to the target."""
        return [connection.port for connection in self._connections if connection.port]

    # What the connections ask

    def _holds(self, direction: str, name: str | None) -> bool:
        return (direction, None) in self._held or (direction, name) in self._held

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            self.connections["refused"] += 1
            writer.transport.abort()
            return
        self.connections["taken"] += 1
        connection = _Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


class _Connection:
    def __init__(self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._relay, self._reader, self._writer = relay, reader, writer
        self._upstream: asyncio.StreamWriter | None = None
        self._name: str | None = None
        self._tasks: list[asyncio.Task] = []
        self.port: int | None = None

    async def run(self) -> None:
        relay = self._relay
        try:
            first = await self._reader.read(_CHUNK) if relay._names else b""
            self._name = next((name for name in relay._names if name.encode() in first), None)
            target = relay._target() if callable(relay._target) else relay._target
            reader, self._upstream = await asyncio.open_connection(*target)
            self.port = self._upstream.get_extra_info("sockname")[1]
            self._tasks = [asyncio.ensure_future(self._pump(IN, self._reader, self._upstream, first)),
                           asyncio.ensure_future(self._pump(OUT, reader, self._writer))]
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass  # Whoever connected sees the end of it.
        finally:
            for task in self._tasks:
                task.cancel()
            for writer in (self._writer, self._upstream):
                if writer is not None:
                    with contextlib.suppress(OSError, RuntimeError):
                        writer.close()

    async def _pump(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                    data: bytes = b"") -> None:
        relay = self._relay
        with contextlib.suppress(OSError):
            while data or (data := await reader.read(_CHUNK)):
                if relay._holds(direction, self._name):
                    relay.waited[direction] += len(data)
                    while relay._holds(direction, self._name):
                        await relay._changed.wait()
                if direction == IN and relay._tail and relay._tail[0](data):
                    count = relay._tail[1]
                    await self._write(direction, writer, data[:-count])
                    data = data[-count:]
                    relay.waited[direction] += count
                    relay.withheld.set()
                    while relay._tail:
                        await relay._changed.wait()
                await self._write(direction, writer, data)
                data = b""
            # One side has ended; the other is told when all it was sent has arrived.
            while relay._holds(direction, self._name):
                await relay._changed.wait()

    async def _write(self, direction: str, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        self._relay.passed[direction] += len(data)
        await writer.drain()

    def abort(self) -> None:
        for writer in (self._writer, self._upstream):
            if writer is not None:
                writer.transport.abort()
        for task in self._tasks:
            task.cancel()


class MeshRelays:
    """What nodes say to one another goes through these: one in front of each node, which tells who dials."""

    def __init__(self) -> None:
        self._relays: dict[str, Relay] = {}

    async def add(self, node) -> None:
        """Before the node starts: the others are told to come this way."""
        names = [f"node-{number}" for number in range(10)]
        relay = await Relay(("127.0.0.1", node.mesh_port), names).start()
        self._relays[node.name] = relay
        node.set(mesh_address=relay.address)

    def part(self, one, other, *, both: bool = True) -> None:
        """Nothing `one` says reaches `other`; nor the reverse, if both.

        A link has been dialled by either of the two, so it is found at both their relays.
        """
        self._relays[other.name].hold(IN, name=one.name)
        self._relays[one.name].hold(OUT, name=other.name)
        if both:
            self.part(other, one, both=False)

    def join(self) -> None:
        for relay in self._relays.values():
            relay.release()

    @property
    def waited(self) -> int:
        """Bytes that have had to wait so far."""
        return sum(relay.waited.total() for relay in self._relays.values())

    async def close(self) -> None:
        for relay in self._relays.values():
            await relay.close()
