"""A player on python-socketio who follows redirects as the web client does: the second connection before the end of the
first."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass

import socketio

from .bot import Lost
from .ledger import GAME_EVENTS
from .stock import StockBot, _Client

# Seconds a move may take before it is given up.
LIMIT = 4


@dataclass
class Move:
    """What became of one redirect."""

    way: dict
    # Seconds from the offer until the second connection was in the room; None: it did not get there.
    took: float | None = None
    # Whether the server brought the session back, or gave the whole state instead.
    recovered: bool = False
    # What the server said when it refused.
    refused: str = ""


class MovingBot(StockBot):
    """- follows: False: is told where its room is, and stays."""

    def __init__(self, url: str, nickname: str, *, transports: list[str] | None = None, token: str | None = None,
                 follows: bool = True):
        super().__init__(url, nickname, transports=transports, token=token)
        self.follows = follows
        self.offers: list[dict] = []
        self.moves: list[Move] = []
        # Times the connection that counted went away.
        self.losses = 0
        self._asking: dict[_Client, int] = {}
        self._tasks: set[asyncio.Task] = set()
        self._moving = False

    def _auth(self) -> dict:
        return super()._auth() | {"capabilities": ["redirect"]}

    async def connect(self) -> None:
        self.ledger.connected(recovered=False)
        self.seat = None
        client, gone = self._made(self._received)
        self._client, self._gone = client, gone
        try:
            await client.connect(self.url, auth=self._auth(), transports=self.transports, wait_timeout=15)
        except socketio.exceptions.ConnectionError as problem:
            raise Lost(str(problem)) from None
        await self.until(lambda: self.player, "room:me after the connection")

    def _made(self, seen) -> tuple[_Client, asyncio.Event]:
        """A client whose end only its own event tells."""
        client, gone = _Client(seen), asyncio.Event()

        def ended(*_) -> None:
            gone.set()
            if client is self._client:
                self.losses += 1
                self._moved()

        client.on("disconnect", ended)
        return client, gone

    async def ask(self, name: str, payload: object, seconds: float) -> object:
        client = self._client
        self._asking[client] = self._asking.get(client, 0) + 1
        try:
            ack = await super().ask(name, payload, seconds)
        finally:
            self._asking[client] -= 1
            self._moved()
        if isinstance(ack, dict) and isinstance(ack.get("redirect"), dict):
            self._offered(ack["redirect"])
        return ack

    def _received(self, text: str) -> None:
        super()._received(text)
        event = self.ledger.events[-1]
        if event.name == "cluster:redirect":
            self._offered(event.payload)

    def _offered(self, way: dict) -> None:
        self.offers.append(way)
        if self.follows and not self._moving:
            self._moving = True
            task = asyncio.ensure_future(self._move(way))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _move(self, way: dict) -> None:
        move = Move(way)
        self.moves.append(move)
        began = time.monotonic()
        held: list[str] = []
        seated = asyncio.Event()

        def holds(text: str) -> None:
            held.append(text)
            name, payload, *_ = json.loads(text)
            if name == "room:me" and (payload.get("seat") or {}).get("code") == way["room"]:
                seated.set()

        client, gone = self._made(holds)
        try:
            offset = self.ledger.events[-1].offset
            auth = {"resume": way["resume"], "offset": offset, "capabilities": ["redirect"]}
            async with asyncio.timeout(LIMIT):
                await client.connect(way["url"], auth=auth, transports=self.transports, wait_timeout=LIMIT)
                await seated.wait()
        except (socketio.exceptions.SocketIOError, TimeoutError) as problem:
            move.refused = str(problem) or "time"
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                await client.disconnect()
            return
        finally:
            self._moving = False
        move.took = time.monotonic() - began
        move.recovered = not any(json.loads(text)[0] == "room:state" for text in held)
        before, self._client, self._gone = self._client, client, gone
        client._seen, before._seen = self._unseen, lambda text: None
        self.url = way["url"]
        for text in held:
            self._unseen(text)
        with contextlib.suppress(TimeoutError):
            await self.until(lambda: not self._asking.get(before), "the last acknowledgements of the first connection", 5)
        await before.disconnect()

    def _unseen(self, text: str) -> None:
        """An event of a second connection; the first one may have shown it, or something newer, before."""
        name, payload, *rest = json.loads(text)
        shown = self.ledger.seq if self.ledger.seq is not None else -1
        if name in GAME_EVENTS or name == "room:state":
            if payload["seq"] <= shown:
                return
        elif rest and int(rest[-1].split(".")[1]) < shown:
            return
        self._received(text)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await super().close()
