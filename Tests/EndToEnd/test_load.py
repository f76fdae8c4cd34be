"""The load generator and its reference server, built and run for a moment: what cluster/bench measures with must not rot.

No figure is judged, only that a run is not void: everything that was said arrived everywhere, in order, acknowledged.
"""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from harness.places import ROOT
from harness.ports import free_port

LOAD = ROOT / "Tests" / "Load"
BRIEF = ("--warmup", "0.2", "--duration", "2", "--settle", "0.2")


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """The programs, built with every warning an error."""
    folder = tmp_path_factory.mktemp("load")
    done = subprocess.run(["make", f"--directory={LOAD}", f"OUT={folder}"], text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def fast_node(make_node):
    """A node that refuses no session for its pace."""
    return make_node(session_events_per_second=100_000, session_chat_lines_per_ten_seconds=1_000_000,
                     trusted_proxies="127.0.0.1/32")


async def load(tools: Path, results: Path, label: str, dialect: str, port: int, *options: str) -> dict:
    """One run, which must not be void; its figures."""
    process = await asyncio.create_subprocess_exec(
        tools / "loadgen", "--dialect", dialect, "--port", str(port), "--json", results, "--label", f"{label} 1", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    assert process.returncode == 0 and b"\n  ok\n" in said, said.decode(errors="replace")
    figures = json.loads(results.read_text().splitlines()[-1])
    assert figures["ok"] is True
    return figures


async def test_a_moment_of_every_load_on_a_node(tools, fast_node, tmp_path):
    await fast_node.start()
    results = tmp_path / "results.json"
    node = ("--pids", str(fast_node.pid), "--forwarded", "--close-rooms", *BRIEF)
    lines = await load(tools, results, "B1/40x50/1 node", "quizmania", fast_node.port, "--workload", "bcast", "--rooms", "4",
                       "--players", "5", *node)
    assert lines["acknowledgements"] > 0 and lines["deliveries"] >= 6 * lines["acknowledgements"] - 6 * 4
    changes = await load(tools, results, "B1/change/40x50/1 node", "quizmania", fast_node.port, "--workload", "change",
                         "--rooms", "2", "--players", "5", "--depth", "4", *node)
    assert changes["acknowledgements"] > 0
    rounds = await load(tools, results, "B2/10x50 node", "quizmania", fast_node.port, "--workload", "quiz", "--rooms", "2",
                        "--players", "10", "--window", "0", *node)
    assert rounds["rounds"] > 0
    seated = await load(tools, results, "B5/200x10 node", "quizmania", fast_node.port, "--workload", "storm", "--late-joins",
                        "--rooms", "3", "--players", "4", "--save-tokens", str(tmp_path / "tokens"), *node)
    assert seated["connections"] == 12
    again = await load(tools, results, "B4/40x50 node", "quizmania", fast_node.port, "--workload", "storm", "--rooms", "3",
                       "--players", "4", "--tokens", str(tmp_path / "tokens"), *node)
    assert again["connections"] == 12
    await fast_node.stop()
    assert not fast_node.problems()

    # And the table of it.
    done = subprocess.run([LOAD / "table.py", results], text=True, capture_output=True, timeout=30)
    assert done.returncode == 0 and "B1′: of B1" in done.stdout, done.stdout + done.stderr


async def test_a_moment_of_load_on_the_reference(tools, tmp_path):
    port = free_port()
    server = await asyncio.create_subprocess_exec(tools / "epoll-limit", str(port))
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        for workload in (("bcast",), ("bcast", "--depth", "8"), ("quiz", "--window", "0"), ("storm",)):
            figures = await load(tools, tmp_path / "results.json", "B1/40x50/1 epoll", "raw", port, "--rooms", "4",
                                 "--players", "5", "--pids", str(server.pid), *BRIEF, "--workload", *workload)
            assert figures["connections"] == 20
    finally:
        server.terminate()
        await server.wait()


async def test_a_void_run_says_so(tools, make_node, tmp_path):
    """At the stock pace the flood is refused, and that voids the run."""
    node = make_node(trusted_proxies="127.0.0.1/32")
    await node.start()
    with pytest.raises(AssertionError, match="VOID"):
        await load(tools, tmp_path / "results.json", "B1/40x50/1 node", "quizmania", node.port, "--workload", "bcast",
                   "--rooms", "2", "--players", "3", "--depth", "16", *BRIEF)
    await node.stop()
