"""What drills are judged by: a ledger without a breach is clean, and every breach planted into it is found."""

import asyncio
import copy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.drill_ledger import FORMAT, VERSION, Tally
from harness.ports import free_port
from harness.relay import IN, OUT, Relay

ADA, BEN, GAME = "ada", "ben", "game"


def ledger() -> dict:
    """Two players, a game of one question, and a fault in the middle of it."""

    def client(player: str, choice: list[int], times: list[int]) -> dict:
        events = [("room:state", 1), ("game:question", 2, "q"), ("game:locked", 3, "l"), ("game:reveal", 4, "r"),
                  ("game:over", 5, "o")]
        log: list[list] = [["connected", 0, False]]
        log += [["shown", at, *event] for at, event in zip(times, events)]
        log[3:3] = [["sent", times[1], GAME, 0, choice], ["acknowledged", times[1] + 10, GAME, 0, choice]]
        return {"kind": "test", "player": player, "room": "R", "log": log, "faults": []}

    entries = [[ADA, 1, 900, 1], [BEN, 2, 0, 0]]
    return {
        "format": FORMAT, "version": VERSION, "drill": "test", "options": {}, "checks": [], "figures": {},
        "faults": [{"what": "kill", "began_ms": 150, "ended_ms": 900, "proofs": [{"what": "gone", "holds": True}]}],
        "clients": [client(ADA, [1], [10, 100, 700, 800, 900]), client(BEN, [2], [10, 100, 710, 800, 900])],
        "reveals": {"r": {"game": GAME, "index": 0, "results": [[ADA, [1], True, 900], [BEN, [2], False, 0]]}},
        "overs": {"o": {"game": GAME, "entries": entries}}, "results": {GAME: copy.deepcopy(entries)},
    }


def test_a_ledger_without_a_breach_is_clean():
    tally = Tally.of(ledger())
    assert tally.is_clean and not tally.notes
    assert (tally.acknowledged, tally.dropped) == (2, 0)
    # Ben was acknowledged at 110 and shown the next thing at 710.
    assert (tally.longest_pause_ms, tally.resume_ms) == (600, 560)


def first(document: dict) -> list[list]:
    return document["clients"][0]["log"]


BREACHES = {
    "the reveal has another choice": ("lost", lambda d: d["reveals"]["r"]["results"][0].__setitem__(1, [2])),
    "the reveal has no answer": ("lost", lambda d: d["reveals"]["r"]["results"].pop(0)),
    "the result leaves a player out": ("lost", lambda d: d["results"][GAME].pop()),
    "the result has another score": ("lost", lambda d: d["results"][GAME][0].__setitem__(2, 901)),
    "the result has a right answer less": ("lost", lambda d: d["results"][GAME][0].__setitem__(3, 0)),
    "the podium showed something else": ("lost", lambda d: d["overs"]["o"]["entries"].reverse()),
    "the reveal has a player twice": (
        "duplicated", lambda d: d["reveals"]["r"]["results"].append(d["reveals"]["r"]["results"][0])),
    "the result has a player twice": ("duplicated", lambda d: d["results"][GAME].append(d["results"][GAME][0])),
    "an event is shown twice": ("duplicated", lambda d: first(d).insert(6, first(d)[5])),
    "an acknowledgement changes": (
        "duplicated", lambda d: first(d).insert(5, ["acknowledged", 120, GAME, 0, [2]])),
    "something is acknowledged that was never sent": ("duplicated", lambda d: first(d)[3].__setitem__(4, [3])),
    "an event is missing": ("gaps", lambda d: first(d).pop(5)),
    "a state takes something back": ("gaps", lambda d: first(d).append(["shown", 950, "room:state", 2])),
    "an event comes before the state": ("gaps", lambda d: first(d).insert(5, ["connected", 200, False])),
    "others were shown something else": ("gaps", lambda d: first(d)[5].__setitem__(4, "x")),
    "nobody saw a reveal or a result": ("unjudged", lambda d: (d["reveals"].clear(), d["results"].clear())),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_found(breach):
    what, plant = BREACHES[breach]
    document = ledger()
    plant(document)
    tally = Tally.of(document)
    assert getattr(tally, what) > 0, f"{breach}: {tally}"
    assert not tally.is_clean


def test_another_version_is_refused(tmp_path):
    path = tmp_path / "ledger.json"
    path.write_text('{"format": "quizmania-drill", "version": 2}')
    with pytest.raises(ValueError):
        Tally.read(path)


def program(tmp_path: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """Runs a Python program of these lines, which has the harness at hand."""
    file = tmp_path / "broken"
    file.write_text("\n".join(("import sys", f"sys.path.insert(0, {str(Path(__file__).parent)!r})", *lines)))
    return subprocess.run([sys.executable, file], text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("line", ["{}['node-0']", "run._stack.callback(lambda: {}['node-0'])"])
def test_a_drill_that_breaks_says_why_in_its_last_line(tmp_path, line):
    done = program(tmp_path, "from harness.drill import perform", "async def drill(run):", "    " + line, "perform(drill)")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "FAILED broken: unexpected KeyError: 'node-0'"
    assert "line 5, in " in done.stderr, "where that was"


def test_a_port_that_was_given_is_not_given_by_another_process(tmp_path):
    port = free_port()
    done = program(tmp_path, "import random", "from harness.ports import free_port",
                   f"random.randrange = lambda *_: {port}", "free_port()")
    assert done.returncode == 1 and "no free TCP port" in done.stderr, "nobody listens on it, but it is given"


async def test_a_relay_holds_one_direction_and_loses_nothing():
    """What was sent while it was held arrives in order when it is let go; the other direction goes on."""
    target = socket.create_server(("127.0.0.1", 0))
    target.setblocking(False)
    relay = await Relay(target.getsockname()[:2], ["ada"]).start()
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(b"I am ada.")
    there, _ = await loop.sock_accept(target)
    there.setblocking(False)
    assert await loop.sock_recv(there, 100) == b"I am ada."
    relay.hold(IN, name="ada")
    writer.write(b"one ")
    await loop.sock_sendall(there, b"heard")
    assert await reader.readexactly(5) == b"heard"
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(loop.sock_recv(there, 100), 0.2)
    relay.release()
    assert await loop.sock_recv(there, 4) + await loop.sock_recv(there, 4) == b"one two"
    relay.hold(IN, name="somebody else")
    relay.hold(OUT)
    writer.write(b"three")
    assert await loop.sock_recv(there, 100) == b"three"
    assert relay.cut() == 1
    assert await loop.sock_recv(there, 100) == b""
    there.close()
    target.close()
    await relay.close()
