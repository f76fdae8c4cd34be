"""Fixtures: shared services, a node a module, and asynchronous tests."""

import asyncio
import inspect
import os
import shutil
import signal

import pytest
from browser.places import ARTIFACTS

from harness import figures
from harness.loops import run
from harness.node import Node
from harness.places import binary
from harness.postgres import Postgres, PrivatePostgres
from harness.redis_server import PrivateRedis, Redis


def pytest_configure(config):
    # Whoever ends the tests lets them stop what they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # `cluster/test` runs pytest twice, and empties the folder before.
    if not hasattr(config, "workerinput") and "QUIZMANIA_TEST_OUTPUT" not in os.environ:
        shutil.rmtree(ARTIFACTS / "failed", ignore_errors=True)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes or build something, too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow") or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: runs in CI, or with --slow"))


def pytest_report_header(config):
    return f"node under test: {binary()}"


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = figures.lines


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    figures.lines += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_terminal_summary(terminalreporter):
    if figures.lines:
        terminalreporter.section("figures")
        for line in figures.lines:
            terminalreporter.write_line(line)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs an `async def` test in an event loop of its own, within its limit."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    marker = pyfuncitem.get_closest_marker("limit")
    seconds = marker.args[0] if marker else 120

    async def limited():
        async with asyncio.timeout(seconds):
            await pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})

    run(limited())
    return True


@pytest.fixture(scope="session")
def postgres():
    server = Postgres.shared() or PrivatePostgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis():
    server = Redis.shared() or PrivateRedis()
    yield server
    server.close()


@pytest.fixture(scope="session")
def template(postgres, redis):
    """A migrated database with all questions in it; nodes get copies."""
    maker = Node(postgres, redis)
    maker.prepare()
    yield maker.database
    maker.close()


@pytest.fixture(scope="module")
def node(postgres, redis, template):
    """A running node for a module's tests. It must live through all of them and end in order."""
    node = Node(postgres, redis, template=template)
    run(node.start())
    yield node
    try:
        run(node.stop())
        assert not node.problems(), "\n".join(node.problems()[:20])
    finally:
        node.close()


@pytest.fixture
def make_node(postgres, redis, template):
    """Nodes of a test's own, with its settings; it starts them."""
    made = []

    def make(*, own_postgres=None, own_redis=None, **settings):
        if own_postgres is None:
            node = Node(postgres, own_redis or redis, template=template, **settings)
        else:
            node = Node(own_postgres, own_redis or redis, **settings)
            node.prepare()
        made.append(node)
        return node

    yield make
    strays = [line for node in made for line in node.strays()]
    for node in made:
        node.close()
    assert not strays, "\n".join(strays[:20])


@pytest.fixture
def private_postgres():
    server = PrivatePostgres()
    yield server
    server.close()


@pytest.fixture
def private_redis():
    server = PrivateRedis()
    yield server
    server.close()
