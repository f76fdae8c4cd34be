"""A player of bare WebSocket frames: thousands fit into one process. Knows recovery, as the official client does."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import socket
import struct
import time
from urllib.parse import urlsplit

from .bot import Bot, Lost
from .secure import tls


class ShedLoad(Lost):
    """503: the node takes no more handshakes at this moment."""

    def __init__(self, seconds: float):
        super().__init__(f"503, Retry-After {seconds}")
        self.seconds = seconds


class FrameStream(asyncio.Protocol):
    """A WebSocket client: a handshake, then whole text messages each way."""

    def __init__(self, path: str, host: str, message, closed, headers: dict[str, str] | None = None):
        self._path, self._host, self._message, self._closed = path, host, message, closed
        self._headers = headers or {}
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport) -> None:
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        more = "".join(f"{name}: {value}\r\n" for name, value in self._headers.items())
        transport.write((f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
                         f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n")
                        .encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done() and not self._take_head():
            return
        start = 0
        buffer = self._buffer
        while len(buffer) - start >= 2:
            length, head = buffer[start + 1] & 0x7F, 2
            if length >= 126:
                head = 4 if length == 126 else 10
                if len(buffer) - start < head:
                    break
                length = int.from_bytes(buffer[start + 2:start + head], "big")
            if len(buffer) - start < head + length:
                break
            opcode, payload = buffer[start] & 0x0F, bytes(buffer[start + head:start + head + length])
            start += head + length
            if opcode == 1:
                self._message(payload)
            elif opcode == 8:
                self.abort()
                return
        del buffer[:start]

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = self._buffer[:end].decode().split("\r\n")
        del self._buffer[:end + 4]
        status = int(lines[0].split()[1])
        if status == 101:
            self.opened.set_result(None)
            return True
        after = next((float(line.split(":")[1]) for line in lines if line.lower().startswith("retry-after:")), 0)
        self.opened.set_exception(ShedLoad(after) if status == 503 else Lost(f"HTTP {status} instead of 101"))
        self.abort()
        return False

    def send(self, *texts: bytes, opcode: int = 1) -> None:
        """All of them in one segment, if they fit. Masks with a key of zeros, which leaves the bytes as they are."""
        if self._transport is not None:
            self._transport.write(b"".join(self._frame(text, opcode) for text in texts))

    @staticmethod
    def _frame(text: bytes, opcode: int) -> bytes:
        if len(text) < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | len(text))
        elif len(text) < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(text))
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, len(text))
        return head + b"\0\0\0\0" + text

    def reads(self, goes_on: bool) -> None:
        """Whether bytes are taken from the system as they come."""
        if self._transport is not None:
            (self._transport.resume_reading if goes_on else self._transport.pause_reading)()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, problem) -> None:
        self._transport = None
        if not self.opened.done():
            self.opened.set_exception(Lost(f"closed during the handshake: {problem}"))
        elif self.opened.exception() is None:
            self._closed()


class RawBot(Bot):
    """- address: the local address to come from, for tests with more players than one address may sign in.
    - skips: names of events to leave unread, for tests with very many players.
    - pong_delay: seconds it lets a ping wait, as somebody would who wants credit for latency.
    - receive_buffer: bytes the system keeps for it, for a reader that is to be slow."""

    def __init__(self, url: str, nickname: str, *, token: str | None = None, address: str | None = None,
                 skips: tuple[str, ...] = (), pong_delay: float = 0, receive_buffer: int | None = None):
        super().__init__(url, nickname, token=token)
        self._address, self._receive_buffer = address, receive_buffer
        self._pong_delay = pong_delay
        self._skips = tuple(f'42["{name}"'.encode() for name in skips)
        self._stream: FrameStream | None = None
        self._acks: dict[int, asyncio.Future] = {}
        self._numbers = itertools.count(1)
        self._accepted: asyncio.Future[dict] | None = None
        self.pid: str | None = None
        self.offset: str | None = None
        self.recovered: list[bool] = []

    async def connect(self, recover: bool = True) -> None:
        """Connects; with what it has seen, so that the server can send what it missed."""
        loop = asyncio.get_running_loop()
        place = urlsplit(self.url)
        self._accepted = loop.create_future()
        # Nobody waits for it when the connection fails first.
        self._accepted.add_done_callback(lambda accepted: accepted.cancelled() or accepted.exception())
        self._recover = recover and self.pid is not None and self.offset is not None
        stream = FrameStream("/socket.io/?EIO=4&transport=websocket", place.netloc, self._text, self._lost)
        self._stream = stream
        try:
            assert place.hostname and place.port
            connection = socket.socket()
            connection.setblocking(False)
            if self._receive_buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
            if self._address:
                connection.bind((self._address, 0))
            try:
                await loop.sock_connect(connection, (place.hostname, place.port))
                await loop.create_connection(lambda: stream, sock=connection, **tls(self.url))
            except BaseException:
                connection.close()
                raise
            async with asyncio.timeout(15):
                await stream.opened
                reply = await self._accepted
        except OSError as problem:  # TimeoutError and ConnectionError are such
            self._stream = None
            stream.abort()
            raise problem if isinstance(problem, Lost) else Lost(str(problem)) from None
        recovered = self._recover and reply.get("pid") == self.pid
        if self._recover:
            self.recovered.append(recovered)
        self.pid = reply.get("pid")
        if self.player is None:
            await self.until(lambda: self.player, "room:me after the connection")

    def _text(self, message: bytes) -> None:
        if message.startswith(b"42["):
            if not message.startswith(self._skips or b"\0"):
                self._event(message[2:].decode())
        elif message.startswith(b"43"):
            number, bracket, rest = message[2:].partition(b"[")
            waiting = self._acks.pop(int(number), None)
            if waiting and not waiting.done():
                waiting.set_result(json.loads(bracket + rest)[0])
        elif message == b"2":
            if self._pong_delay:
                asyncio.get_running_loop().call_later(self._pong_delay, self._pong)
            else:
                self._pong()
        elif message.startswith(b"0{"):
            auth = self._auth()
            if self._recover:
                auth |= {"pid": self.pid, "offset": self.offset}
            self._write(b"40" + json.dumps(auth).encode())
        elif message.startswith(b"40{") and self._accepted and not self._accepted.done():
            reply = json.loads(message[2:])
            self.ledger.connected(recovered=self._recover and reply.get("pid") == self.pid)
            if not (self._recover and reply.get("pid") == self.pid):
                self.seat = None
            self._accepted.set_result(reply)
        elif message.startswith(b"44") and self._accepted and not self._accepted.done():
            self._accepted.set_exception(Lost(f"refused: {message[2:].decode()}"))

    def _pong(self) -> None:
        with contextlib.suppress(Lost):  # gone meanwhile
            self._write(b"3")

    def _event(self, text: str) -> None:
        self._received(text)
        self.offset = self.ledger.events[-1].offset

    def _write(self, text: bytes) -> None:
        if self._stream is None:
            raise Lost("not connected")
        self._stream.send(text)

    def _lost(self) -> None:
        self._stream = None
        if self._accepted is not None and not self._accepted.done():
            self._accepted.set_exception(Lost("closed before the session was accepted"))
        else:
            self.ledger.ended()
        waiting, self._acks = self._acks, {}
        for ack in waiting.values():
            if not ack.done():
                ack.set_exception(Lost("the connection went before the ack"))
        self._moved()

    async def ask(self, name: str, payload: object, seconds: float) -> object:
        number = next(self._numbers)
        self._acks[number] = waiting = asyncio.get_running_loop().create_future()
        try:
            self._write(f"42{number}{json.dumps([name, payload])}".encode())
            async with asyncio.timeout(seconds):
                return await waiting
        finally:
            self._acks.pop(number, None)

    def reads(self, goes_on: bool) -> None:
        """Whether it takes what comes, from here on."""
        if self._stream is not None:
            self._stream.reads(goes_on)

    def write_raw(self, text: bytes, opcode: int = 1) -> None:
        """Sends a message as it is, well formed or not."""
        assert self._stream is not None
        self._stream.send(text, opcode=opcode)

    def abort(self) -> None:
        """The connection is gone, and nobody was told."""
        if self._stream is not None:
            self._stream.abort()

    async def drop(self) -> None:
        if self._stream is not None:
            self._stream.abort()
            await self.until(lambda: self._stream is None, "the end of the connection")

    async def close(self) -> None:
        if self._stream is not None:
            self._stream.send(b"41")
            await self.drop()

    @property
    def is_connected(self) -> bool:
        return self._stream is not None and self._accepted is not None and self._accepted.done()

    async def come_back(self, *, first_wait: float = 0.05, wait_max: float = 1.0, seconds: float = 60,
                        recover: bool = True) -> None:
        """Reconnects as a patient client does: again and again, later each time, and later still when told so."""
        deadline, wait = time.monotonic() + seconds, first_wait
        while True:
            try:
                await self.connect(recover=recover)
                # In its room already, or to be let in.
                if self.code and not (recover and self.recovered and self.recovered[-1]):
                    await self.join(self.code, **({"password": self.password} if self.password else {}))
                return
            except ShedLoad as shed:
                wait = shed.seconds * (0.5 + self.random.random())
            except Lost:
                wait = min(wait_max, wait * 2)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.nickname} did not come back within {seconds} s")
            await asyncio.sleep(wait * (0.5 + self.random.random() / 2))
