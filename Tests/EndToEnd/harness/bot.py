"""A player. How it connects is its subclass's: python-socketio, the official client, or bare WebSocket frames."""

import asyncio
import random
import time
from collections.abc import Callable

from .ledger import Event, Ledger
from .places import bank


class Refused(Exception):
    """An ack with `ok: false`."""

    def __init__(self, error: dict):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code = error.get("code")
        self.retry = error.get("retry")


class Lost(ConnectionError):
    """The connection went before the ack came; what was asked may or may not have happened."""


class Bot:
    def __init__(self, url: str, nickname: str, *, token: str | None = None):
        self.url, self.nickname, self.token = url, nickname, token
        self.player: str | None = None
        self.seat: dict | None = None
        self.state: dict | None = None
        self.ledger = Ledger()
        self.random = random.Random(nickname)
        self.code: str | None = None
        self.password: str | None = None
        self.ack_seconds: list[float] = []
        self._clock = 0.0
        self._changed = asyncio.Event()
        self.listeners: list[Callable[[Event], None]] = []

    # To be had from the subclass

    async def connect(self) -> None:
        raise NotImplementedError

    async def ask(self, name: str, payload: object, seconds: float) -> object:
        """Sends an event and returns its ack's argument.

        Raises Lost when the connection goes first, TimeoutError when no ack comes in time.
        """
        raise NotImplementedError

    async def drop(self) -> None:
        """Ends the connection as a bad network would."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        raise NotImplementedError

    # What subclasses tell

    def _auth(self) -> dict:
        return {"token": self.token} if self.token else {"nickname": self.nickname}

    def _received(self, text: str) -> None:
        event = self.ledger.take(text)
        if event.name == "room:me":
            self.player = event.payload["player"]
            self.token = event.payload.get("token") or self.token
            self.seat = event.payload.get("seat")
        elif event.name == "room:state":
            self.state = event.payload
        elif event.name == "room:closed":
            self.code = None
        for listener in self.listeners:
            listener(event)
        self._changed.set()

    def _moved(self) -> None:
        """Something changed that `until` may wait for."""
        self._changed.set()

    # Asking

    async def call(self, command: str, /, seconds: float = 15, **payload: object) -> dict:
        """Asks for something and returns the ack without `ok`.

        Raises Refused, Lost, TimeoutError.
        """
        began = time.monotonic()
        ack = await self.ask(command, payload, seconds)
        assert isinstance(ack, dict) and isinstance(ack.get("ok"), bool), f"{command} was acknowledged with {ack!r}"
        if not ack["ok"]:
            raise Refused(ack["error"])
        self.ack_seconds.append(time.monotonic() - began)
        return {key: value for key, value in ack.items() if key != "ok"}

    async def until(self, holds: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Waits for something this bot sees; a timeout names what was missing."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            seen = ", ".join(event.name for event in self.ledger.events[-12:])
            raise TimeoutError(f"{self.nickname} waited {seconds} s for {what}; last events: {seen}") from None

    async def event(self, name: str, holds: Callable[[dict], bool] = lambda payload: True, *, since: int = 0,
                    seconds: float = 30) -> dict:
        """Waits for an event that satisfies `holds` at or behind position `since` of the ledger; its payload."""
        found: list[dict] = []

        def is_there() -> bool:
            found[:] = [event.payload for event in self.ledger.events[since:]
                        if event.name == name and holds(event.payload)][:1]
            return bool(found)

        await self.until(is_there, name, seconds)
        return found[0]

    @property
    def mark(self) -> int:
        """A position in the ledger, for `event(since:)`."""
        return len(self.ledger.events)

    # Playing

    async def join(self, code: str, **more: object) -> dict:
        self.code = code
        return await self.call("room:join", code=code, **more)

    async def leave(self) -> None:
        """Gives the seat up."""
        self.code = None
        await self.call("room:leave")
        self.ledger.left()

    async def synchronise(self) -> None:
        """Compares clocks with the room."""
        began = time.monotonic()
        ack = await self.call("time:sync", t0=began)
        self._clock = ack["t1"] - (began + time.monotonic()) / 2 * 1000

    def room_time(self) -> float:
        """Milliseconds; as good as the last `synchronise`."""
        return time.monotonic() * 1000 + self._clock

    async def answer(self, question: dict, choice: list[int], name: str | None = None) -> list[int] | None:
        """Answers once the question is open and until that is acknowledged, over any number of connections.

        Returns the recorded choice; None when it was too late, or this bot is in no room any more.
        """
        game, index = question["game"], question["index"]
        self.ledger.sent(game, index, choice)
        waited = False
        while True:
            try:
                if not waited:
                    await self.synchronise()
                    await asyncio.sleep(max(0.0, question["opensAt"] - self.room_time()) / 1000)
                    waited = True
                ack = await self.call("game:answer", game=game, question=index, choice=choice, id=name or f"a{index}")
            except (Lost, TimeoutError):
                await self.until(lambda: self.is_connected and self.seat is not None, "being back in the room", 60)
            except Refused as refusal:
                if refusal.code == "question_closed":
                    return None
                if refusal.code == "wrong_phase":
                    waited = False
                    await asyncio.sleep(0.1)
                elif refusal.code == "not_in_room" and self.code is None:
                    return None  # It is in no room any more.
                elif refusal.code in ("busy", "unavailable", "rate_limited", "not_in_room"):
                    await asyncio.sleep((refusal.retry or 200) / 1000)
                else:
                    raise
            else:
                self.ledger.acknowledged(game, index, ack["choice"])
                return ack["choice"]

    def right(self, question: dict) -> list[int]:
        """The right choice as shown, from the bank."""
        known = bank()[question["prompt"]]
        texts = {known["choices"][position] for position in known["correct"]}
        return [position for position, text in enumerate(question["choices"]) if text in texts]

    def guess(self, question: dict) -> list[int]:
        """A choice by chance, right more often than not."""
        if self.random.random() < 0.6:
            return self.right(question)
        count = len(question["choices"])
        wanted = self.random.randint(1, count) if question["kind"] == "multiple" else 1
        return sorted(self.random.sample(range(count), wanted))
