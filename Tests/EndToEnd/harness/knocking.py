"""A stream of small commands in every room, by which a pause shows that no game would."""

import asyncio
import contextlib
import time

from .bot import Lost, Refused
from .crowd import Crowd, Room


class Knocking:
    """Every room's host locks and unlocks it, one command after the other, and remembers how long each took. That is
    journaled, acknowledged and shown to everybody, like an answer.

    - pace: seconds between an acknowledgement and the next command."""

    def __init__(self, crowd: Crowd, pace: float):
        self._crowd, self._pace = crowd, pace
        self._tasks: list[asyncio.Task] = []
        # By room: when, and how long.
        self.waits: dict[str, list[tuple[float, float]]] = {}

    async def __aenter__(self) -> "Knocking":
        self._tasks = [asyncio.ensure_future(self._knock(room)) for room in self._crowd.rooms]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _knock(self, room: Room) -> None:
        waits = self.waits.setdefault(room.code, [])
        locked = True
        await asyncio.sleep(self._crowd.random.uniform(0, self._pace))
        while True:
            if (host := room.host) is not None:
                began = time.monotonic()
                with contextlib.suppress(Lost, TimeoutError, Refused):
                    await host.bot.call("room:lock", locked=locked)
                    waits.append((began, time.monotonic() - began))
                    locked = not locked
            await asyncio.sleep(self._pace)

    def longest(self, since: float, until: float) -> list[float]:
        """Of each room, in this time."""
        return [max((wait for began, wait in waits if began + wait > since and began < until), default=0.0)
                for waits in self.waits.values()]
