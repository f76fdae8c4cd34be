"""The first command, as a stranger types it in a fresh clone: cluster/up, a game, and a node that is killed in it; and
several nodes behind their balancer."""

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


def free_index(nodes: int = 1) -> int:
    """An index from which on nobody has the ports of so many nodes, nor their balancer's."""
    for index in range(30, 99 - nodes):
        try:
            for base in (8000, *(base + 100 * node for node in range(nodes) for base in (8080, 9464, 7946))):
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


def pid_of(checkout: Path, part: str) -> int:
    return int((checkout / ".local" / f"{part}.pid").read_text().split()[0])


def said_by_supervisor(checkout: Path) -> str:
    return (checkout / ".local" / "log" / "cluster.log").read_text()


async def until_said(checkout: Path, sentence: str, seconds: float = 60) -> None:
    """Waits until the supervisor of a detached cluster has said something."""
    deadline = time.monotonic() + seconds
    while sentence not in said_by_supervisor(checkout):
        assert time.monotonic() < deadline, f"nobody said {sentence!r}:\n{said_by_supervisor(checkout)}"
        await asyncio.sleep(0.1)


async def home_page(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as response:
        assert response.status == 200, f"{url} answers {response.status}"
        return await response.text()


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


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.limit(600)
async def test_one_command_brings_a_game_that_outlives_its_node(checkout):
    index = free_index()
    began = time.monotonic()
    said = await asyncio.to_thread(command, checkout, "up", "--detach", "--index", str(index), seconds=480)
    figure("cluster/up in a fresh clone, node given", f"{time.monotonic() - began:.0f} s")
    url = said.split()[-1]
    assert url == f"http://127.0.0.1:{8080 + 100 * index}/"
    async with aiohttp.ClientSession() as session:
        assert "QuizMania" in await home_page(session, url)

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
        os.kill(pid_of(checkout, f"node-{index}"), 9)
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
    log = said_by_supervisor(checkout)
    assert "the node was ended by SIGKILL" in log, log
    down = await asyncio.to_thread(command, checkout, "down")
    assert "stopped" in down
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 8080 + 100 * index)) != 0, "somebody still listens on the node's port"


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.limit(600)
async def test_several_nodes_stay_up_behind_their_balancer(checkout):
    index = free_index(3)
    names = [f"node-{index + number}" for number in range(3)]
    urls = [f"http://127.0.0.1:{8080 + 100 * (index + number)}/" for number in range(3)]
    began = time.monotonic()
    said = await asyncio.to_thread(command, checkout, "up", "--detach", "--nodes", "3", "--index", str(index),
                                   seconds=480)
    figure("cluster/up --nodes 3 in a fresh clone, node given", f"{time.monotonic() - began:.0f} s")
    url = said.split()[-1]
    assert url == f"http://127.0.0.1:{8000 + 100 * index}/"
    assert all(f"{name} is at {own}" in said for name, own in zip(names, urls, strict=True)), said
    async with aiohttp.ClientSession() as session:
        assert all(["QuizMania" in await home_page(session, each) for each in [url, *urls]])
        settings = await asyncio.to_thread(command, checkout, "quizmania", "serve", "--print-config")
        assert f"node.name = {names[0]} " in settings and "trusted.proxies = 127.0.0.1/32 " in settings, settings
        assert all(each.rstrip("/") in settings for each in [url, *urls]), settings

        killed = pid_of(checkout, names[1])
        os.kill(killed, 9)
        # Requests that meet the dead node before its checks fail are tried elsewhere.
        for _ in range(30):
            await home_page(session, url)
        await until_said(checkout, f"{names[1]} was ended by SIGKILL")
        assert (checkout / ".local" / "url").exists(), "the address is gone, though two nodes are ready"
        await until_said(checkout, f"{names[1]} is ready again.")
        assert pid_of(checkout, names[1]) != killed
        await home_page(session, urls[1])

        os.kill(pid_of(checkout, "balancer"), 9)
        await until_said(checkout, "the balancer was ended by SIGKILL")
        await until_said(checkout, "the balancer is ready again.")
        await home_page(session, url)
    assert names[1] in await asyncio.to_thread(command, checkout, "logs", names[0]), "the nodes do not know each other"

    began = time.monotonic()
    assert "stopped" in await asyncio.to_thread(command, checkout, "down")
    figure("cluster/down with three nodes", f"{time.monotonic() - began:.1f} s")
    for port in (8000, *(base + 100 * node for node in range(3) for base in (8080, 9464, 7946))):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port + 100 * index)) != 0, f"somebody listens on {port + 100 * index}"
    left = subprocess.run(["pgrep", "--list-full", "--full", str(checkout / ".local")], text=True,
                          stdout=subprocess.PIPE).stdout
    assert not left, f"still running:\n{left}"
