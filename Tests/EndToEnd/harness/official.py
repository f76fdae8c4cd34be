"""Players on the official JavaScript client, many in one Deno process."""

import asyncio
import itertools
import json

from .bot import Bot, Lost
from .places import WEB_CLIENT

_SCRIPT = __file__.replace(".py", ".js")


class Officials:
    """The process and the way to its clients. Use as an asynchronous context."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._bots: dict[int, "OfficialBot"] = {}
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> "Officials":
        deno, client = WEB_CLIENT / ".venv/bin/deno", WEB_CLIENT / ".vendor/socket.io.min.js"
        for needed in (deno, client):
            assert needed.exists(), f"{needed} is missing: run Sources/WebClient/setup.sh"
        self._process = await asyncio.create_subprocess_exec(
            deno, "run", "--quiet", "--no-config", "--no-remote", "--no-lock", f"--allow-read={client}",
            "--allow-net=127.0.0.1", _SCRIPT, client, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=8 << 20)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None and self._reader is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._reader.cancel()

    def bot(self, url: str, nickname: str, **options: object) -> "OfficialBot":
        """- options: of the JavaScript client, over those of our own."""
        number = next(self._numbers)
        self._bots[number] = bot = OfficialBot(self, number, url, nickname, options)
        return bot

    def tell(self, **command: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while line := await self._process.stdout.readline():
            message = json.loads(line)
            self._bots[message["id"]].told(message)


class OfficialBot(Bot):
    """Reconnects by itself, as the official client does; `recoveries` says with what success."""

    def __init__(self, owner: Officials, number: int, url: str, nickname: str, options: dict):
        super().__init__(url, nickname)
        self._owner, self._number = owner, number
        self._options = {"transports": ["websocket"], "reconnectionDelay": 50, "reconnectionDelayMax": 500} | options
        self._asked: dict[int, asyncio.Future] = {}
        self._references = itertools.count(1)
        self._connected = False
        self.recoveries: list[bool] = []
        self.connections = 0
        self.refusals: list[str] = []
        self.reasons: list[str] = []

    def told(self, message: dict) -> None:
        kind = message["type"]
        if kind == "event":
            self._received(message["text"])
        elif kind == "connect":
            if self.connections:
                self.recoveries.append(message["recovered"])
            self.connections += 1
            self._connected = True
            self.ledger.connected(message["recovered"])
            if not message["recovered"]:
                self.seat = None
        elif kind == "disconnect":
            self._connected = False
            self.reasons.append(message["reason"])
            self.ledger.ended()
        elif kind == "refused":
            self.refusals.append(message["message"])
        else:
            waiting = self._asked.pop(message["ref"], None)
            if waiting is not None and not waiting.done():
                if kind == "ack":
                    waiting.set_result(message["answer"])
                elif kind == "lost":
                    waiting.set_exception(Lost("the connection went before the ack"))
                else:
                    waiting.set_exception(TimeoutError("no ack in time"))
        self._moved()

    async def connect(self) -> None:
        self._owner.tell(op="open", id=self._number, url=self.url, auth=self._auth(), options=self._options)
        await self.until(lambda: self._connected and self.player, "the first connection")

    async def ask(self, name: str, payload: object, seconds: float) -> object:
        reference = next(self._references)
        self._asked[reference] = waiting = asyncio.get_running_loop().create_future()
        self._owner.tell(op="ask", id=self._number, ref=reference, name=name, payload=payload,
                         milliseconds=int(seconds * 1000))
        return await waiting

    async def drop(self) -> None:
        self._owner.tell(op="drop", id=self._number)

    async def dropped_and_back(self, seconds: float = 30) -> None:
        before = self.connections
        await self.drop()
        await self.until(lambda: self.connections > before, "the next connection", seconds)

    def authenticate(self, **auth: object) -> None:
        """What the next handshake says."""
        self._owner.tell(op="auth", id=self._number, auth=auth)

    async def close(self) -> None:
        self._owner.tell(op="close", id=self._number)

    @property
    def is_connected(self) -> bool:
        return self._connected
