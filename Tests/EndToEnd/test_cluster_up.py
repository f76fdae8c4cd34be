"""The first command, as a stranger types it in a fresh clone: cluster/up, a game, and a node that is killed in it."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import aiohttp
import pytest

from harness.figures import figure
from harness.places import ROOT, binary
from harness.raw import RawBot
from harness.table import Table


def free_index() -> int:
    """A node index whose three ports nobody has."""
    for index in range(30, 99):
        try:
            for base in (8080, 9464, 7946):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + 100 * index))
            return index
        except OSError:
            continue
    raise OSError("no free ports for another node on this machine")


def command(checkout: Path, *arguments: str, seconds: float = 60) -> str:
    """Runs one of the clone's commands with the node under test; a failure shows what it said."""
    done = subprocess.run([checkout / "cluster" / arguments[0], *arguments[1:]], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
                          env=os.environ | {"QUIZMANIA_BINARY": str(binary())})
    assert done.returncode == 0, f"cluster/{' '.join(arguments)}:\n{done.stdout[-4_000:]}"
    return done.stdout


@pytest.fixture
def checkout():
    """What a clone of this checkout would hold, below a folder only we may enter."""
    above = Path(tempfile.mkdtemp(prefix="quizmania-clone-"))
    clone = above / "a folder with spaces" / "quizmania"
    clone.mkdir(parents=True)
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                            check=True, stdout=subprocess.PIPE).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    yield clone
    try:
        command(clone, "down", "--wipe")
    finally:
        shutil.rmtree(above, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.limit(600)
async def test_one_command_brings_a_game_that_outlives_its_node(checkout):
    index = free_index()
    began = time.monotonic()
    said = await asyncio.to_thread(command, checkout, "up", "--detach", "--index", str(index), seconds=480)
    figure("cluster/up in a fresh clone, node given", f"{time.monotonic() - began:.0f} s")
    url = said.split()[-1]
    assert url == f"http://127.0.0.1:{8080 + 100 * index}/"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200 and "QuizMania" in await response.text()

    began = time.monotonic()
    again = await asyncio.to_thread(command, checkout, "up", "--detach", "--index", str(index))
    assert url in again and time.monotonic() - began < 10

    bots = [RawBot(url.rstrip("/"), f"Stranger {number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2, answerWindowMs=20_000)
    async with table.played(
            lambda bot, question: None if bot is bots[2] and not question["index"] else bot.right(question)):
        await table.start()
        question = await bots[0].event("game:question")
        await bots[0].until(lambda: bots[0].ledger.answers[question["game"], 0].acknowledged, "the ack of an answer")
        os.kill(int((checkout / ".local" / "node.pid").read_text().split()[0]), 9)
        began = time.monotonic()
        await asyncio.gather(*(bot.until(lambda bot=bot: not bot.is_connected, "the node's end") for bot in bots))
        await asyncio.gather(*(bot.come_back() for bot in bots))
        figure("from kill -9 under cluster/up to everybody's return", f"{time.monotonic() - began:.1f} s")
        assert all(bot.recovered == [True] for bot in bots)
        await bots[2].answer(question, bots[2].right(question))
        over = await bots[0].event("game:over", seconds=60)
    assert [entry["right"] for entry in over["entries"]] == [2, 2, 2]
    table.record().check()
    replayed = await asyncio.to_thread(command, checkout, "quizmania", "replay", over["game"])
    assert "signature is valid" in replayed
    await table.close()
    log = (checkout / ".local" / "log" / "cluster.log").read_text()
    assert "ended by SIGKILL" in log, log
    down = await asyncio.to_thread(command, checkout, "down")
    assert "stopped" in down
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 8080 + 100 * index)) != 0, "somebody still listens on the node's port"
