"""A room with its host and players, led to the podium as fast as the rules allow."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from .bot import Bot, Lost, Refused
from .ledger import Event, Record

SETTINGS = {
    "title": "End to end", "visibility": "unlisted", "questionCount": 5, "answerWindowMs": 20_000, "categories": [],
    "speedPoints": True, "autoAdvance": True,
}


class Table:
    """The first bot creates the room and hosts it."""

    def __init__(self, bots: Sequence[Bot], code: str):
        self.bots, self.code = list(bots), code
        self.tasks: list[asyncio.Task] = []

    @property
    def host(self) -> Bot:
        return self.bots[0]

    @classmethod
    async def open(cls, bots: Sequence[Bot], password: str | None = None, **settings: object) -> "Table":
        """Seats everybody; the bots are connected."""
        more = {"password": password} if password else {}
        created = await bots[0].call("room:create", settings=SETTINGS | settings, **more)
        table = cls(bots, created["code"])
        for bot in bots:
            bot.password = password
        # The creator first, so that it is the host.
        await bots[0].join(table.code, **more)
        await asyncio.gather(*(bot.join(table.code, **more) for bot in bots[1:]))
        return table

    @contextlib.asynccontextmanager
    async def played(self, choose: Callable[[Bot, dict], list[int] | None] | None = None, *, leads: bool = True):
        """While inside, every bot answers every question it is shown, and the host skips what is only for reading.

        - choose: a bot's choice for a question; None: it does not answer.
        """
        choose = choose or (lambda bot, question: bot.guess(question))
        for bot in self.bots:
            self._watch(bot, "game:question", lambda payload, bot=bot: self._answer(bot, choose, payload))
        if leads:
            for name in ("game:countdown", "game:reveal", "game:leaderboard"):
                self._watch(self.host, name, lambda payload, name=name: self.skip(name))
        try:
            yield self
            await self.finish()
        except TimeoutError:
            # What a bot stumbled over says more than that something did not come.
            for task in self.tasks:
                if task.done() and not task.cancelled() and task.exception():
                    raise task.exception() from None
            raise
        finally:
            for bot in self.bots:
                bot.listeners.clear()
            for task in self.tasks:
                task.cancel()

    async def finish(self) -> None:
        """Waits for what the bots are doing; a fault of one is raised here."""
        while self.tasks:
            tasks, self.tasks = self.tasks, []
            await asyncio.gather(*tasks)

    def _watch(self, bot: Bot, name: str, act: Callable[[dict], Awaitable[None]]) -> None:
        def seen(event: Event) -> None:
            if event.name == name:
                self.tasks.append(asyncio.ensure_future(act(event.payload)))

        bot.listeners.append(seen)

    async def _answer(self, bot: Bot, choose: Callable[[Bot, dict], list[int] | None], question: dict) -> None:
        choice = choose(bot, question)
        if choice is not None:
            await bot.answer(question, choice)

    async def skip(self, phase: str) -> None:
        """Ends what is shown; somebody else or a timer may have done so."""
        try:
            await self.host.call("game:skip")
        except Refused as refusal:
            if refusal.code == "busy":
                await asyncio.sleep(0.05)
                await self.skip(phase)
            elif refusal.code not in ("wrong_phase", "not_host", "not_in_room"):
                raise
        except (Lost, TimeoutError):
            return  # Timers do it.

    async def start(self) -> dict:
        """Starts a game and waits for the countdown."""
        mark = self.host.mark
        await self.host.call("game:start")
        return await self.host.event("game:countdown", since=mark)

    async def play(self, choose: Callable[[Bot, dict], list[int] | None] | None = None, seconds: float = 90) -> dict:
        """A whole game; the `game:over` everybody has seen."""
        async with self.played(choose):
            marks = [bot.mark for bot in self.bots]
            game = (await self.start())["game"]
            ends = await asyncio.gather(*(
                bot.event("game:over", lambda over: over["game"] == game, since=mark, seconds=seconds)
                for bot, mark in zip(self.bots, marks)))
        assert all(end == ends[0] for end in ends), "the podium is not the same for everybody"
        return ends[0]

    def record(self) -> Record:
        return Record.of({bot.player: bot.ledger for bot in self.bots if bot.player})

    async def close(self) -> None:
        await asyncio.gather(*(bot.close() for bot in self.bots))
