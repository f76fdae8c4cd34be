"""A player on python-socketio, unchanged but for a look at the bytes of each event."""

import asyncio

import engineio.payload
import socketio

from .bot import Bot, Lost

# The library gives up on a poll of more than 16 packets, which fifty players joining at once exceed. A poll brings all
# there is, as the protocol says, so programs that poll raise this bound; ours too.
engineio.payload.Payload.max_decode_packets = 1_000


class _Client(socketio.AsyncClient):
    """Shows the text of packets before they are parsed."""

    def __init__(self, seen):
        super().__init__(reconnection=False, handle_sigint=False)
        self._seen = seen

    async def _handle_eio_message(self, data):
        if isinstance(data, str) and data.startswith("2["):
            self._seen(data[1:])
        await super()._handle_eio_message(data)


class StockBot(Bot):
    """- transports: as python-socketio has them: polling, websocket, or both for an upgrade."""

    def __init__(self, url: str, nickname: str, *, transports: list[str] | None = None, token: str | None = None):
        super().__init__(url, nickname, token=token)
        self.transports = transports or ["websocket"]
        self._client: _Client | None = None
        self._gone = asyncio.Event()

    async def connect(self) -> None:
        self._client, self._gone = _Client(self._received), asyncio.Event()
        self._client.on("disconnect", lambda *_: self._ended())
        self.ledger.connected(recovered=False)
        self.seat = None
        try:
            await self._client.connect(self.url, auth=self._auth(), transports=self.transports, wait_timeout=15)
        except socketio.exceptions.ConnectionError as problem:
            raise Lost(str(problem)) from None
        await self.until(lambda: self.player, "room:me after the connection")

    def _ended(self) -> None:
        if not self._gone.is_set():
            self._gone.set()
            self.ledger.ended()
            self._moved()

    async def ask(self, name: str, payload: object, seconds: float) -> object:
        assert self._client is not None
        if not self.is_connected:
            raise Lost(f"{name}: not connected")
        call = asyncio.ensure_future(self._client.call(name, payload, timeout=seconds))
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return call.result()
            raise Lost(f"{name}: the connection went before the ack")
        except socketio.exceptions.TimeoutError:
            raise TimeoutError(f"{name} was not acknowledged within {seconds} s") from None
        except socketio.exceptions.SocketIOError as problem:
            raise Lost(str(problem)) from None
        finally:
            gone.cancel()
            if not call.done():
                call.cancel()

    async def drop(self) -> None:
        """Closes the transport without a goodbye of Socket.IO."""
        assert self._client is not None
        await self._client.eio.disconnect(abort=True)
        self._ended()

    async def close(self) -> None:
        if self._client is not None and self._client.connected:
            await self._client.disconnect()

    @property
    def is_connected(self) -> bool:
        return self._client is not None and self._client.connected and not self._gone.is_set()

    @property
    def transport(self) -> str:
        assert self._client is not None
        return self._client.transport()

    async def rejoin(self) -> None:
        """Comes back over a new connection."""
        await self.connect()
        more = {"password": self.password} if self.password else {}
        if self.code:
            await self.join(self.code, **more)
