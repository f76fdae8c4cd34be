"""A node under test, started the way cluster/up starts it."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import psycopg

from . import process
from .places import ROOT, WEB_CLIENT, binary
from .ports import free_port
from .postgres import Postgres
from .redis_server import Redis
from .secure import tls


class Node:
    """One process of the product, with settings, database and ports of its own that outlive a restart."""

    def __init__(self, postgres: Postgres, redis: Redis, *, template: str | None = None, program: Path | None = None,
                 beside: "Node | None" = None, **settings: object):
        """- beside: the node whose database, secrets and cluster this one shares.
        - settings: QUIZMANIA_… by their names without that, in lower case; they win over ours."""
        self.postgres, self.redis = postgres, redis
        self.program = program or binary()
        self.beside = beside
        self.database = beside.database if beside else postgres.create(template)
        self.name = str(settings.get("node_name", "node-e2e"))
        self.port, self.metrics_port, self.mesh_port = free_port(), free_port(), free_port()
        self.url = f"{'https' if 'tls_certificate_file' in settings else 'http'}://127.0.0.1:{self.port}"
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-node-"))
        self.log_file = self._home / "node.log"
        self._process: subprocess.Popen | None = None
        self._is_ending = False
        secrets = beside._home / "secrets" if beside else self._home / "secrets"
        if not beside:
            secrets.mkdir(mode=0o700)
            for name in ("token.key", "room.key", "mesh.key"):
                (secrets / name).write_bytes(os.urandom(32))
            (secrets / "admin.token").write_text(os.urandom(24).hex())
        self.admin_token = (secrets / "admin.token").read_text()
        values: dict[str, object] = {
            "node_name": self.name, "http_host": "127.0.0.1", "http_port": self.port,
            "metrics_port": self.metrics_port, "public_url": self.url, "node_url": self.url,
            "cluster_public_patterns": self.url.replace(str(self.port), "*"), "postgres": postgres.conninfo(self.database),
            "redis": redis.url, "secrets_dir": secrets,
            "web_dir": os.environ.get("QUIZMANIA_WEB_DIR", WEB_CLIENT / "dist"), "log_format": "json",
            "log_level": "info", "mesh_port": self.mesh_port, "cluster_name": self.database,
            # How busy the machine is must not decide a test; test_overload.py sets marks of its own.
            "overload_cpu_percent": "off", "overload_lag_ms": "off",
        }
        if postgres.password is not None:
            password = secrets / "postgres.password"
            password.write_text(postgres.password)
            values["postgres_password_file"] = password
        self.environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
                            if name in os.environ}
        self.set(**(values | settings))

    # Settings and commands

    def set(self, **settings: object) -> None:
        """Changes what the next start is told; None takes a setting away."""
        for name, value in settings.items():
            key = f"QUIZMANIA_{name.upper()}"
            if value is None:
                self.environment.pop(key, None)
            else:
                self.environment[key] = str(value)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the command line with this node's settings."""
        return subprocess.run([binary(), *arguments], env=self.environment, cwd=self._home, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def prepare(self) -> None:
        """Migrates the database and fills the question bank."""
        for arguments in (("migrate",), ("questions", "import", str(ROOT / "config" / "questions.json"))):
            done = self.command(*arguments)
            assert done.returncode == 0, f"quizmania {arguments[0]}: {done.stdout}{done.stderr}"

    # Life

    async def start(self, seconds: float = 30) -> float:
        """Starts the process and waits until it takes players; returns how long that took."""
        began = time.monotonic()
        self.launch()
        await self.ready(seconds)
        return time.monotonic() - began

    def launch(self) -> None:
        assert not self.is_running, "the node runs already"
        self._is_ending = False
        with self.log_file.open("ab") as log:
            # The node ends with the tests, also when those are killed; its pid is its own, for setpriv becomes it.
            self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", self.program, "serve"],
                                             env=self.environment, cwd=self._home, stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log, start_new_session=True)

    async def ready(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running:
                raise NodeDied(f"the node ended with status {self.status}:\n{self.log_tail()}")
            if await self.get("/health/ready") == 200:
                return
            await asyncio.sleep(0.02)
        raise TimeoutError(f"the node was not ready after {seconds} s:\n{self.log_tail()}")

    async def get(self, path: str) -> int:
        """The status of a plain request; 0 when there is no answer within 2 s."""
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **tls(self.url))
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return 0
        return int(line.split()[1]) if line.startswith(b"HTTP/") else 0

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as reply:
            return reply.read().decode()

    def metric(self, name: str) -> float:
        """One sample by its whole name, labels included; 0 when there is none."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.metrics(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that runs or ran last."""
        assert self._process is not None, "the node has never been started"
        return self._process.pid

    @property
    def process_state(self) -> str | None:
        """See `process.state`."""
        return process.state(self.pid)

    @property
    def is_suspended(self) -> bool:
        return self.is_running and self.process_state == "T"

    @property
    def status(self) -> int | None:
        """How the last process ended: its exit status, or the negative number of the signal."""
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        """kill -9, and the process is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()

    async def ended(self, seconds: float) -> bool:
        """Waits for the process to end by itself; False: it still runs."""
        deadline = time.monotonic() + seconds
        while self.is_running and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return not self.is_running

    def suspend(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    @property
    def is_ending(self) -> bool:
        """It has been told to stop; clients had better go elsewhere."""
        return self._is_ending

    def terminate(self) -> None:
        """SIGTERM: it hands its rooms over and ends."""
        if self._process:
            self._is_ending = True
            self._process.terminate()

    async def stop(self, seconds: float = 20) -> None:
        """SIGTERM, and the node must end in order and in time."""
        if not self.is_running or not self._process:
            return
        self.terminate()
        if not await self.ended(seconds):
            self.kill()
            raise TimeoutError(f"the node did not end within {seconds} s of SIGTERM:\n{self.log_tail()}")
        assert self.status == 0, f"the node ended with status {self.status}:\n{self.log_tail()}"

    def close(self) -> None:
        """Ends the process by any means and removes what it kept."""
        self.resume()
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)
        if self.beside:
            return
        with contextlib.suppress(psycopg.OperationalError):  # A server of the test's own may be gone already.
            self.postgres.drop(self.database)

    # What it says

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def log_tail(self, lines: int = 25) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def strays(self) -> list[str]:
        """What is no log line: a crash prints such, and libraries that complain."""
        return [line for line in self.log().splitlines() if line.strip() and not line.startswith("{")]

    def problems(self) -> list[str]:
        """Strays, and log lines of level error and above."""
        lines = [line for line in self.log().splitlines() if line.startswith("{")]
        return self.strays() + [line for line in lines if json.loads(line)["level"] in ("error", "critical")]


class NodeDied(AssertionError):
    """The process ended though nobody asked it to."""
