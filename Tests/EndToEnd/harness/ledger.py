"""What one player was shown and promised, and whether the server kept to it.

A ledger is kept by the client, outside the server. It finds on its own: game events out of order or missing, a state
older than what had been shown, an acknowledgement that changed. `Record` compares the ledgers of everybody in a room.
"""

import json
import time
from dataclasses import dataclass, field

# Events whose `seq` is part of the room's history; `room:state` carries the seq it stands for.
GAME_EVENTS = frozenset({
    "room:member", "room:left", "room:changed", "room:closed", "game:countdown", "game:question", "game:locked",
    "game:reveal", "game:leaderboard", "game:over", "game:paused", "game:resumed", "game:lobby",
})


@dataclass(frozen=True)
class Event:
    name: str
    payload: dict
    offset: str
    # The JSON array as it came, where the client lets us see it.
    text: str
    at: float


@dataclass
class Answer:
    """One question's answer: all choices ever sent, and the one that was acknowledged."""

    sent: list[tuple[int, ...]] = field(default_factory=list)
    acknowledged: tuple[int, ...] | None = None


class Ledger:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: dict[tuple[str, int], Answer] = {}
        self.faults: list[str] = []
        # What happened, in order, as drills write it into their ledgers; see cluster/drills/README.md.
        self.journal: list[tuple] = []
        self.seq: int | None = None
        self._state_expected = True

    def take(self, text: str) -> Event:
        """Writes an event down: `["name",{…},"offset"]`."""
        name, payload, *rest = json.loads(text)
        event = Event(name, payload, rest[-1] if rest and isinstance(rest[-1], str) else "", text, time.monotonic())
        self.events.append(event)
        if name in GAME_EVENTS or name == "room:state":
            self.journal.append(("shown", event.at, name, payload["seq"], text))
        if len(rest) != 1:
            self.faults.append(f"{name} has {len(rest)} arguments behind its payload, not the offset alone")
        if name == "room:state":
            if self.seq is not None and payload["seq"] < self.seq:
                self.faults.append(f"room:state at {payload['seq']} takes back what was shown up to {self.seq}")
            self.seq, self._state_expected = payload["seq"], False
        elif name in GAME_EVENTS:
            if self._state_expected:
                self.faults.append(f"{name} came before room:state on a connection that was not recovered")
            elif self.seq is not None and payload["seq"] != self.seq + 1:
                self.faults.append(f"{name} has seq {payload['seq']} behind {self.seq}")
            self.seq = payload["seq"]
        self._check_offset(event)
        return event

    def _check_offset(self, event: Event) -> None:
        parts = event.offset.split(".")
        if len(parts) != 3 or len(parts[2]) != 8:
            self.faults.append(f"{event.name} has the offset {event.offset!r}")
        elif self.seq is not None and parts[0] != "-" and not self._state_expected and int(parts[1]) != self.seq:
            self.faults.append(f"{event.name} has the offset {event.offset} at seq {self.seq}")

    def connected(self, recovered: bool) -> None:
        """A connection began; one that was not recovered must be given the whole state before any game event."""
        self._state_expected = not recovered
        self.journal.append(("connected", time.monotonic(), recovered))

    def ended(self) -> None:
        """A connection ended that had been accepted."""
        self.journal.append(("ended", time.monotonic()))

    def left(self) -> None:
        """Out of the room; another room counts from its own beginning."""
        self.seq, self._state_expected = None, True

    def sent(self, game: str, question: int, choice: list[int]) -> None:
        self.answers.setdefault((game, question), Answer()).sent.append(tuple(sorted(choice)))
        self.journal.append(("sent", time.monotonic(), game, question, sorted(choice)))

    def acknowledged(self, game: str, question: int, choice: list[int]) -> None:
        answer = self.answers.setdefault((game, question), Answer())
        recorded = tuple(sorted(choice))
        if answer.acknowledged not in (None, recorded):
            self.faults.append(f"question {question}: {recorded} acknowledged after {answer.acknowledged}")
        if recorded not in answer.sent:
            self.faults.append(f"question {question}: {recorded} acknowledged, which was never sent")
        answer.acknowledged = recorded
        self.journal.append(("acknowledged", time.monotonic(), game, question, sorted(choice)))

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    def last(self, name: str) -> dict | None:
        return next((event.payload for event in reversed(self.events) if event.name == name), None)


@dataclass
class Record:
    """A room's history put together from what all its players were shown."""

    # seq → (name, text)
    history: dict[int, tuple[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lost: int = 0
    duplicated: int = 0
    confirmed: int = 0

    @classmethod
    def of(cls, ledgers: dict[str, Ledger]) -> "Record":
        """- ledgers: by player id."""
        record = cls()
        for player, ledger in ledgers.items():
            record.faults += [f"{player[:8]}: {fault}" for fault in ledger.faults]
            for event in ledger.events:
                if event.name in GAME_EVENTS:
                    record._add(event)
        game = ""
        for _, (name, text) in sorted(record.history.items()):
            payload = json.loads(text)[1]
            if name == "game:countdown":
                game = payload["game"]
            elif name == "game:reveal":
                record._compare(game, payload, ledgers)
        return record

    def _add(self, event: Event) -> None:
        shown = (event.name, event.text)
        known = self.history.setdefault(event.payload["seq"], shown)
        if known != shown:
            self.faults.append(f"seq {event.payload['seq']} was shown as {known[1][:200]} and as {event.text[:200]}")

    def _compare(self, game: str, reveal: dict, ledgers: dict[str, Ledger]) -> None:
        """Every acknowledged answer counts, once, as it was acknowledged; nobody has an answer they did not send."""
        index = reveal["index"]
        results: dict[str, list[dict]] = {}
        for result in reveal["results"]:
            results.setdefault(result["player"], []).append(result)
        self.duplicated += sum(len(entries) - 1 for entries in results.values())
        counted = sum(len(result["choice"]) for result in reveal["results"])
        if counted != sum(reveal["counts"]):
            self.faults.append(f"question {index}: {sum(reveal['counts'])} choices counted, {counted} in the results")
        for player, ledger in ledgers.items():
            answer = ledger.answers.get((game, index))
            recorded = tuple(results[player][0]["choice"]) if player in results else None
            if answer is None:
                if recorded:
                    self.faults.append(f"question {index}: {player[:8]} never answered and has {recorded}")
            elif answer.acknowledged is not None:
                self.confirmed += recorded == answer.acknowledged
                if recorded != answer.acknowledged:
                    self.lost += 1
                    self.faults.append(f"question {index}: {answer.acknowledged} acknowledged to {player[:8]}, "
                                       f"{recorded} counted")
            elif recorded and recorded not in answer.sent:
                self.faults.append(f"question {index}: {player[:8]} has {recorded}, which was never sent")

    def check(self) -> None:
        assert not self.faults, f"{len(self.faults)} faults, lost {self.lost}, duplicated {self.duplicated}:\n" + \
            "\n".join(self.faults[:20])
        assert (self.lost, self.duplicated) == (0, 0)
