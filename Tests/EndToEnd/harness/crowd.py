"""Rooms full of stock clients that play game after game on a cluster, whatever happens to it.

Three kinds of clients: python-socketio over a WebSocket, python-socketio polling, and the official JavaScript client.
python-socketio is told where to go by us; it comes back to the next living node when its own is gone. The JavaScript
client comes back by itself, to one address: a door (`Relay`) that leads to a living node. Where thousands are wanted,
bare frames (`RawBot`) stand in for them.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp

from .bot import Bot, Lost, Refused
from .cluster import Cluster
from .ledger import GAME_EVENTS, Event
from .node import Node
from .official import OfficialBot, Officials
from .raw import RawBot, ShedLoad
from .relay import Relay
from .stock import StockBot

STOCK = ("python-socketio", "javascript", "python-socketio polling", "javascript")
BARE = ("bare frames",)
_FOREVER = 24 * 3600


@dataclass
class Player:
    """A client, where it is connected, and when it was last shown what."""

    bot: Bot
    kind: str
    home: Node
    door: Relay | None = None
    last: dict[str, float] = field(default_factory=dict)
    # The signs that the room lives: what is shown, and answers acknowledged.
    sign: float = 0.0

    @property
    def drops(self) -> int:
        """How often a connection ended that had been accepted."""
        return sum(entry[0] == "ended" for entry in self.bot.ledger.journal)


@dataclass
class Room:
    code: str
    players: list[Player]
    # Games that ended, in order.
    games: list[str] = field(default_factory=list)
    is_over: bool = False
    # For `playing_on`: a moment, and when the first question behind it was shown.
    asked: tuple[float, float] | None = None

    @property
    def host(self) -> Player | None:
        """Whoever believes to be it, and was shown something last: one that hangs does not know that it no longer is."""
        hosts = [player for player in self.players
                 if player.bot.is_connected and player.bot.seat and player.bot.seat.get("host")]
        return max(hosts, key=lambda player: player.sign, default=None)


class Crowd:
    """- think: seconds between a question's opening and a player's answer, at least and at most.
    - window_ms: time to answer, after which a question closes without those who are away."""

    def __init__(self, cluster: Cluster, chance: random.Random, officials: Officials | None = None, *,
                 think: tuple[float, float] = (0.05, 0.4), questions: int = 3, window_ms: int = 5_000):
        self.cluster, self.officials = cluster, officials
        self.random = chance
        self.think, self.questions, self.window_ms = think, questions, window_ms
        self.rooms: list[Room] = []
        # What no client should meet; a drill fails when there is any.
        self.problems: list[str] = []
        # Final results as fetched over HTTP, by game.
        self.results: dict[str, dict] = {}
        self._missing: dict[str, Room] = {}
        self._tasks: set[asyncio.Task] = set()
        self._ending = False
        self._turn = itertools.count()

    @property
    def players(self) -> list[Player]:
        return [player for room in self.rooms for player in room.players]

    @property
    def acknowledged(self) -> int:
        return sum(answer.acknowledged is not None for player in self.players
                   for answer in player.bot.ledger.answers.values())

    # Seating

    async def open(self, rooms: int, players: int, *, kinds: Sequence[str] = STOCK,
                   owners: Sequence[Node] | None = None, homes: Sequence[Node] | None = None,
                   at_once: int = 12) -> None:
        """Makes rooms, seats everybody and begins to play.

        - owners: nodes the rooms are made on, in turns; homes: nodes their players connect to, in turns.
        """
        limit = asyncio.Semaphore(at_once)

        async def one(number: int) -> Room:
            async with limit:
                return await self._open(number, players, kinds, owners or self.cluster.nodes,
                                        homes or self.cluster.nodes)

        opened = await asyncio.gather(*(one(number) for number in range(rooms)))
        self.rooms += opened
        for room in opened:
            self._begin(self._lead(room))
            for player in room.players:
                self._begin(self._stay(room, player))

    async def _open(self, number: int, count: int, kinds: Sequence[str], owners: Sequence[Node],
                    homes: Sequence[Node]) -> Room:
        players = [await self._player(f"{number}-{seat}", kinds[seat % len(kinds)], homes[(number + seat) % len(homes)])
                   for seat in range(count)]
        await asyncio.gather(*(player.bot.come_back() if isinstance(player.bot, RawBot) else player.bot.connect()
                               for player in players))
        # Whoever asks a node for a room gets one of that node's own shards.
        maker = RawBot(owners[number % len(owners)].url, "Maker", token=players[0].bot.token)
        await maker.come_back()
        settings = {"title": f"Drill {number}", "visibility": "unlisted", "questionCount": self.questions,
                    "answerWindowMs": self.window_ms, "categories": [], "speedPoints": True, "autoAdvance": True}
        made = await self.patiently(lambda: maker.call("room:create", settings=settings))
        room = Room(made["code"], players)
        await maker.close()
        for player in players:
            self._listen(room, player)
        await self.patiently(lambda: players[0].bot.join(room.code))
        await asyncio.gather(*(self.patiently(lambda bot=player.bot: bot.join(room.code)) for player in players[1:]))
        return room

    async def _player(self, name: str, kind: str, home: Node) -> Player:
        nickname = f"{'Jj' if kind == 'javascript' else 'Py'} {name}"
        if kind == "javascript" and self.officials is not None:
            player = Player(None, kind, home)
            player.door = await Relay(lambda: self._behind(player)).start()
            player.bot = self.officials.bot(f"http://{player.door.address}", nickname)
            return player
        if kind == "bare frames":
            # Several addresses: from one alone only so many guests a minute are let in.
            address = f"127.0.1.{1 + next(self._turn) % 16}"
            return Player(RawBot(home.url, nickname, address=address, skips=("presence:update", "game:progress")),
                          kind, home)
        transport = "polling" if kind.endswith("polling") else "websocket"
        return Player(StockBot(home.url, nickname, transports=[transport]), "python-socketio " + transport, home)

    def _behind(self, player: Player) -> tuple[str, int]:
        """Where the player's door leads: where it led before, or to the next living node."""
        self._move(player)
        return "127.0.0.1", player.home.port

    def _move(self, player: Player) -> None:
        living = [node for node in self.cluster.living if not node.is_ending]
        if living and player.home not in living:
            player.home = self.random.choice(living)

    @staticmethod
    async def patiently(ask: Callable[[], Awaitable[dict]], seconds: float = 60) -> dict:
        """Asks again while a room is on its way, or its node has too much to do."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return await ask()
            except Refused as refusal:
                if time.monotonic() > deadline or refusal.code in ("kicked", "room_closed"):
                    raise
                await asyncio.sleep((refusal.retry or 200) / 1000)

    # Playing

    def _begin(self, work) -> None:
        task = asyncio.ensure_future(self._watched(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, work) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as problem:  # Whatever it is, the drill has to say so.
            self.problems.append(f"{type(problem).__name__}: {problem}")

    def _listen(self, room: Room, player: Player) -> None:
        def seen(event: Event) -> None:
            player.last[event.name] = event.at
            if event.name in GAME_EVENTS or event.name == "room:state":
                player.sign = event.at
            if event.name == "game:question":
                self._begin(self._answer(player, event.payload))
            elif event.name == "game:over":
                self._over(room, event.payload["game"])

        player.bot.listeners.append(seen)

    async def _answer(self, player: Player, question: dict) -> None:
        await asyncio.sleep(self.random.uniform(*self.think))
        if await player.bot.answer(question, player.bot.guess(question)) is not None:
            player.sign = time.monotonic()

    async def _lead(self, room: Room) -> None:
        """The host looks at the last thing shown and leads on; asking twice or too late is harmless."""
        while True:
            await asyncio.sleep(0.1)
            host = room.host
            phase = host and self._phase(host.bot)
            room.is_over = phase in ("lobby", "over", "podium")
            command = {"lobby": "game:start", "countdown": "game:skip", "reveal": "game:skip",
                       "leaderboard": "game:skip", "podium": "game:rematch", "over": "game:rematch"}.get(phase)
            if command is None or self._ending and room.is_over:
                continue
            with contextlib.suppress(ConnectionError, TimeoutError):
                await host.bot.ask(command, {}, 5)

    @staticmethod
    def _phase(bot: Bot) -> str | None:
        for event in reversed(bot.ledger.events):
            if event.name == "room:state":
                return event.payload["phase"]
            if event.name.startswith("game:") and "seq" in event.payload and event.name not in (
                    "game:paused", "game:resumed"):
                return event.name.removeprefix("game:")
        return None

    async def _stay(self, room: Room, player: Player) -> None:
        """Comes back to the room whenever the connection goes."""
        bot = player.bot
        while True:
            await bot.until(lambda: not bot.is_connected or bot.seat is None, "an end of the connection", _FOREVER)
            wait = 0.1
            while not bot.is_connected or bot.seat is None:
                try:
                    await self._return(room, player)
                except ShedLoad as shed:
                    wait = shed.seconds
                except (Lost, TimeoutError, Refused):
                    wait = min(1.0, wait * 2)
                await asyncio.sleep(wait * (0.5 + self.random.random() / 2))

    async def _return(self, room: Room, player: Player) -> None:
        bot = player.bot
        if isinstance(bot, OfficialBot):
            # It connects by itself; recovered, it has its seat again, else it has to take it.
            await bot.until(lambda: bot.is_connected, "the next connection", 60)
            if bot.recoveries and not bot.recoveries[-1]:
                await bot.join(room.code)
            await bot.until(lambda: bot.seat is not None or not bot.is_connected, "its seat", 15)
            return
        if not bot.is_connected:
            self._move(player)
            bot.url = player.home.url
            await bot.connect()
        if not (isinstance(bot, RawBot) and bot.recovered and bot.recovered[-1]):
            await bot.join(room.code)
        await bot.until(lambda: bot.seat is not None or not bot.is_connected, "its seat", 15)

    # Watching

    def of(self, *nodes: Node) -> list[Player]:
        """Players connected to these nodes."""
        return [player for player in self.players if player.home in nodes]

    def drops(self, players: Sequence[Player]) -> int:
        """How many of their connections have ended so far."""
        return sum(player.drops for player in players)

    async def playing_on(self, since: float, seconds: float = 60, *, without: Sequence[Node] = (),
                         rooms: Sequence[Room] | None = None) -> None:
        """A question opened after this moment has come to its reveal in every room, and everybody has seen that.

        - without: players connected to these nodes are not waited for.
        - rooms: these alone.
        """
        deadline = time.monotonic() + seconds
        waiting = list(self.rooms if rooms is None else rooms)
        while True:
            waiting = [room for room in waiting if not self._plays_on(room, since, without)]
            if not waiting:
                return
            if time.monotonic() > deadline:
                room = waiting[0]
                raise TimeoutError(
                    f"{len(waiting)} of {len(self.rooms)} rooms did not play on within {seconds} s; {room.code}: " +
                    ", ".join(f"{player.bot.nickname} at {player.home.name} "
                              f"{'connected' if player.bot.is_connected else 'away'} "
                              f"seat {'yes' if player.bot.seat else 'no'} "
                              f"last {[event.name for event in player.bot.ledger.events[-4:]]}"
                              for player in room.players))
            await asyncio.sleep(0.05)

    @staticmethod
    def _plays_on(room: Room, since: float, without: Sequence[Node]) -> bool:
        if room.asked is None or room.asked[0] != since:
            asked = [at for player in room.players if (at := player.last.get("game:question", 0.0)) > since]
            if not asked:
                return False
            room.asked = (since, min(asked))
        return all(player.last.get("game:reveal", 0.0) > room.asked[1] for player in room.players
                   if player.home not in without)

    # Ending

    async def finish(self, seconds: float = 60) -> None:
        """Lets the running games end, and fetches their results."""
        self._ending = True
        deadline = time.monotonic() + seconds
        while not all(room.is_over and self._all_saw_the_end(room) for room in self.rooms):
            if time.monotonic() > deadline:
                self.problems += [f"the game in {room.code} did not end for everybody within {seconds} s"
                                  for room in self.rooms if not (room.is_over and self._all_saw_the_end(room))]
                break
            await asyncio.sleep(0.05)
        while self._missing and time.monotonic() < deadline + 20:
            await asyncio.sleep(0.05)
        self.problems += [f"the result of {game} is not to be had" for game in self._missing]
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    def _all_saw_the_end(room: Room) -> bool:
        return all(Crowd._phase(player.bot) in ("over", "podium", "lobby") for player in room.players)

    async def close(self) -> None:
        self.officials = None
        await asyncio.gather(*(asyncio.wait_for(player.bot.close(), 5) for player in self.players
                               if player.door is None), return_exceptions=True)
        for player in self.players:
            if player.door is not None:
                await player.door.close()

    # Results

    def _over(self, room: Room, game: str) -> None:
        if game not in room.games:
            room.games.append(game)
            self._missing[game] = room
            self._begin(self._fetch(room, game))

    async def _fetch(self, room: Room, game: str) -> None:
        """Asks whatever node there is for the result, as whoever played, until it is there."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                player = self.random.choice(room.players)
                node = self.random.choice(self.cluster.living or self.cluster.nodes)
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{node.url}/api/games/{game}",
                                           headers={"Authorization": f"Bearer {player.bot.token}"}) as reply:
                        if reply.status == 200:
                            self.results[game] = await reply.json()
                            del self._missing[game]
                            return
                await asyncio.sleep(0.3)
