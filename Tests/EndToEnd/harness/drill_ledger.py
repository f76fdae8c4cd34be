"""A drill's ledger: what clients saw and were promised, as a JSON document, and the table it comes to.

The document is described in cluster/drills/README.md. `Tally.of` reads nothing else, so that whoever has the document
comes to the same table.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from .bot import Bot

FORMAT, VERSION = "quizmania-drill", 1


def client(bot: Bot, kind: str, room: str, began: float) -> dict:
    """One client's part of the document.

    - began: when the drill began, on the monotonic clock; all times are milliseconds since then.
    """
    log: list[list] = []
    for what, at, *more in bot.ledger.journal:
        if what == "shown":
            name, seq, text = more
            more = [name, seq] if name == "room:state" else [name, seq, digest(text)]
        log.append([what, round((at - began) * 1000), *more])
    return {"kind": kind, "player": bot.player, "room": room, "log": log, "faults": bot.ledger.faults}


def digest(text: str) -> str:
    """Equal for equal JSON, however it is written."""
    canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def shown(bots: list[Bot]) -> tuple[dict[str, dict], dict[str, dict]]:
    """What reveals and podiums said, by digest."""
    reveals: dict[str, dict] = {}
    overs: dict[str, dict] = {}
    for bot in bots:
        game, index = None, None
        for event in bot.ledger.events:
            if event.name == "game:question":
                game, index = event.payload["game"], event.payload["index"]
            elif event.name == "room:state" and event.payload.get("game"):
                game, index = event.payload["game"]["game"], event.payload["game"]["index"]
            elif event.name == "game:reveal":
                results = [[result["player"], result["choice"], result["correct"], result["score"]]
                           for result in event.payload["results"]]
                known = reveals.setdefault(
                    digest(event.text), {"game": None, "index": event.payload["index"], "results": results})
                if index == event.payload["index"]:
                    known["game"] = game
            elif event.name == "game:over":
                overs[digest(event.text)] = {"game": event.payload["game"], "entries": entries(event.payload)}
    return reveals, overs


def entries(result: dict) -> list[list]:
    """A podium's, or a stored result's: player, rank, score, right answers."""
    return [[entry["player"], entry["rank"], entry["score"], entry["right"]] for entry in result["entries"]]


@dataclass
class Tally:
    """What a ledger comes to."""

    acknowledged: int = 0
    # Acknowledged answers that a reveal or a final result does not have, or has otherwise.
    lost: int = 0
    # Answers or players counted twice, events shown twice, acknowledgements that changed.
    duplicated: int = 0
    # Game events missing between two that were shown, or states that take something back.
    gaps: int = 0
    # Acknowledged answers nobody can say anything about: neither a reveal nor a result was to be had.
    unjudged: int = 0
    # Connections that ended though the client had not asked for it; and how those that came back did so.
    dropped: int = 0
    recovered: int = 0
    started_anew: int = 0
    # Of all clients and faults: the longest time nothing came that overlapped a fault, and the latest end of such a
    # time, counted from the fault's beginning. Milliseconds; None without faults.
    longest_pause_ms: int | None = None
    resume_ms: int | None = None
    pauses_ms: list[int] = field(default_factory=list)
    resumes_ms: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Tally":
        document = json.loads(path.read_text())
        if (document.get("format"), document.get("version")) != (FORMAT, VERSION):
            raise ValueError(f"{path} is no drill's ledger of version {VERSION}")
        return cls.of(document)

    @classmethod
    def of(cls, document: dict) -> "Tally":
        tally = cls()
        answers: dict[tuple[str, int, str], list[int]] = {}
        sent: dict[tuple[str, int, str], list[list[int]]] = {}
        shown: dict[tuple[str, int], str] = {}
        for one in document["clients"]:
            tally._read(one, answers, sent, shown)
        tally.acknowledged = len(answers)
        tally._compare(document, answers, sent)
        for fault in document["faults"]:
            tally._pauses(document, fault)
        tally.longest_pause_ms = max(tally.pauses_ms, default=None)
        tally.resume_ms = max(tally.resumes_ms, default=None)
        return tally

    # One client

    def _read(self, one: dict, answers: dict, sent: dict, shown: dict) -> None:
        who = f"{one['kind']} {str(one['player'])[:8]}"
        seq: int | None = None
        expects_state = True
        connections = 0
        for what, at, *more in one["log"]:
            if what == "connected":
                connections += 1
                expects_state = not more[0]
                if connections > 1:
                    self.recovered += more[0]
                    self.started_anew += not more[0]
            elif what == "ended":
                self.dropped += 1
            elif what == "sent":
                sent.setdefault((more[0], more[1], one["player"]), []).append(more[2])
            elif what == "acknowledged":
                key = (more[0], more[1], one["player"])
                if answers.setdefault(key, more[2]) != more[2]:
                    self.duplicated += 1
                    self.notes.append(f"{who}: question {more[1]} acknowledged as {answers[key]} and as {more[2]}")
            elif more[0] == "room:state":
                if seq is not None and more[1] < seq:
                    self.gaps += 1
                    self.notes.append(f"{who}: at {at} ms a state of seq {more[1]} behind seq {seq}")
                seq, expects_state = more[1], False
            else:
                name, number, text = more
                if expects_state:
                    self.gaps += 1
                    self.notes.append(f"{who}: at {at} ms {name} before any state")
                elif number <= seq:
                    self.duplicated += 1
                    self.notes.append(f"{who}: at {at} ms {name} with seq {number} behind {seq}")
                elif number != seq + 1:
                    self.gaps += 1
                    self.notes.append(f"{who}: at {at} ms {name} with seq {number} behind {seq}")
                seq, expects_state = number, False
                if shown.setdefault((one["room"], number), text) != text:
                    self.gaps += 1
                    self.notes.append(f"{who}: at {at} ms another {name} under seq {number} than others were shown")

    # Answers against reveals and results

    def _compare(self, document: dict, answers: dict, sent: dict) -> None:
        revealed: dict[tuple[str, int], dict[str, list]] = {}
        for reveal in document["reveals"].values():
            players: dict[str, list] = revealed.setdefault((reveal["game"], reveal["index"]), {})
            names = [result[0] for result in reveal["results"]]
            if len(names) != len(set(names)):
                self.duplicated += len(names) - len(set(names))
                self.notes.append(f"question {reveal['index']} of {str(reveal['game'])[:8]}: a player twice")
            players.update({result[0]: result for result in reveal["results"]})
        results = {game: {entry[0]: entry for entry in listed} for game, listed in document["results"].items()}
        for game, listed in document["results"].items():
            if len(listed) != len(results[game]):
                self.duplicated += len(listed) - len(results[game])
                self.notes.append(f"the result of {game[:8]} has a player twice")
        for over in document["overs"].values():
            if over["game"] in results and over["entries"] != document["results"][over["game"]]:
                self.lost += 1
                self.notes.append(f"the podium of {over['game'][:8]} and its result differ")
        for (game, index, player), choice in answers.items():
            if choice not in [sorted(one) for one in sent.get((game, index, player), [])]:
                self.duplicated += 1
                self.notes.append(f"{player[:8]} has {choice} acknowledged, which was never sent")
            if (game, index) in revealed:
                counted = revealed[game, index].get(player, [player, []])[1]
                if sorted(counted) != choice:
                    self.lost += 1
                    self.notes.append(f"question {index} of {game[:8]}: {choice} acknowledged to {player[:8]}, "
                                      f"{counted} counted")
            elif game not in results:
                self.unjudged += 1
            if game in results and player not in results[game]:
                self.lost += 1
                self.notes.append(f"{player[:8]} was acknowledged and is not in the result of {game[:8]}")
        self._fold(revealed, results)

    def _fold(self, revealed: dict, results: dict) -> None:
        """A result's right answers and score are what the reveals came to, where all of them were seen."""
        for game, players in results.items():
            seen = sorted(index for revealed_game, index in revealed if revealed_game == game)
            if not seen or seen != list(range(seen[-1] + 1)):
                continue
            for player, (_, _, score, right) in players.items():
                rows = [revealed[game, index][player] for index in seen if player in revealed[game, index]]
                if len(rows) == len(seen) and (sum(row[2] for row in rows), rows[-1][3]) != (right, score):
                    self.lost += 1
                    self.notes.append(f"{player[:8]} has {right} right answers and {score} points in the result of "
                                      f"{game[:8]}, {sum(row[2] for row in rows)} and {rows[-1][3]} by the reveals")

    # Time

    def _pauses(self, document: dict, fault: dict) -> None:
        began, ended = fault["began_ms"], fault["ended_ms"]
        for one in document["clients"]:
            signs = [entry[1] for entry in one["log"] if entry[0] in ("shown", "acknowledged")]
            silences = [(before, after) for before, after in zip(signs, signs[1:]) if after > began and before < ended]
            if silences:
                before, after = max(silences, key=lambda silence: silence[1] - silence[0])
                self.pauses_ms.append(after - before)
                self.resumes_ms.append(after - began)

    # The table

    COLUMNS = ("acknowledged", "lost", "duplicated", "gaps", "dropped", "longest pause", "time to resume")

    @property
    def row(self) -> list[str]:
        def seconds(value: int | None) -> str:
            return "–" if value is None else f"{value / 1000:.1f} s"

        return [str(self.acknowledged), str(self.lost), str(self.duplicated), str(self.gaps), str(self.dropped),
                seconds(self.longest_pause_ms), seconds(self.resume_ms)]

    @property
    def is_clean(self) -> bool:
        return (self.lost, self.duplicated, self.gaps, self.unjudged) == (0, 0, 0, 0)


def table(rows: list[tuple[str, Tally]]) -> str:
    """Drills and what they came to, in columns."""
    lines = [["drill", *Tally.COLUMNS], *([name, *tally.row] for name, tally in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))) for line in lines)
