"""One browser, one node and one event loop for all tests of this folder."""

import asyncio
import inspect
import os

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect

from browser.places import ARTIFACTS, CHROMIUM, EXTRA_QUESTIONS
from browser.player import Stage
from harness.node import Node

FAILED = pytest.StashKey[bool]()

# Milliseconds a page may take to become what a test expects: a machine with two busy cores.
expect.set_options(timeout=20_000)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs `async def` tests in the loop that the browser belongs to."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    runner: asyncio.Runner = pyfuncitem.funcargs["loop_runner"]
    marker = pyfuncitem.get_closest_marker("limit")
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def limited() -> None:
        async with asyncio.timeout(marker.args[0] if marker else 120):
            await pyfuncitem.obj(**arguments)

    runner.run(limited())
    return True


@pytest.fixture(scope="session", autouse=True)
def loop_runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def template(postgres, redis, template):
    """As that of all tests, with a few questions of known kinds."""
    maker = Node(postgres, redis, template=template)
    done = maker.command("questions", "import", str(EXTRA_QUESTIONS))
    assert done.returncode == 0, f"quizmania questions import: {done.stdout}{done.stderr}"
    yield maker.database
    maker.close()


@pytest.fixture(scope="session")
def node(loop_runner, postgres, redis, template):
    """The node most tests play on; nobody stops it."""
    # Alone, as most are: nobody is sent to other addresses, and the content policy names none.
    node = Node(postgres, redis, template=template, node_url=None, cluster_public_patterns=None)
    loop_runner.run(node.start())
    yield node
    try:
        loop_runner.run(node.stop())
        assert not node.problems(), "\n".join(node.problems()[:20])
    finally:
        node.close()


@pytest.fixture
def fragile_node(loop_runner, make_node):
    """A node of the test's own, to be killed and restarted."""
    node = make_node()
    loop_runner.run(node.start())
    return node


@pytest.fixture(scope="session")
def chromium(loop_runner):
    assert os.access(CHROMIUM, os.X_OK), f"{CHROMIUM} is missing: apt-get install chromium"

    async def launch() -> tuple[Playwright, Browser]:
        playwright = await async_playwright().start()
        # Chromium's sandbox refuses to run as root.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        flags = ["--disable-dev-shm-usage", "--font-render-hinting=none", *sandbox]
        return playwright, await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)

    playwright, browser = loop_runner.run(launch())
    yield browser
    loop_runner.run(browser.close())
    loop_runner.run(playwright.stop())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    outcome = yield
    if call.when == "call":
        item.stash[FAILED] = outcome.get_result().failed


@pytest.fixture
def stage(loop_runner, chromium, node, request):
    """Where players come from; afterwards none of their pages may have complained."""
    stage = Stage(chromium, node.url)
    yield stage
    loop_runner.run(stage.close(ARTIFACTS / "failed" / request.node.name, request.node.stash.get(FAILED, False)))


@pytest.fixture
def fragile_stage(loop_runner, chromium, fragile_node, request):
    """As `stage`, on the node that may be killed."""
    stage = Stage(chromium, fragile_node.url)
    yield stage
    loop_runner.run(stage.close(ARTIFACTS / "failed" / request.node.name, request.node.stash.get(FAILED, False)))
