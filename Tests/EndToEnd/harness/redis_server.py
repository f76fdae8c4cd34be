"""A Redis for tests, which may be stopped, emptied and watched."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import redis

from .ports import free_port

_databases = itertools.cycle(range(1, 16))


class Redis:
    """One database of a server."""

    def __init__(self, url: str):
        self.url = url

    @classmethod
    def shared(cls) -> "Redis | None":
        """A database of its own on the server in QUIZMANIA_TEST_REDIS; None when there is none."""
        url = os.environ.get("QUIZMANIA_TEST_REDIS")
        if not url:
            return None
        chosen = cls(f"{url.rpartition('/')[0]}/{next(_databases)}")
        with chosen.client() as client:
            client.flushdb()
        return chosen

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 6379

    def through(self, port: int) -> str:
        """As `url`, by way of a relay on this machine."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}{'@' if '@' in parts.netloc else ''}"
                                     f"127.0.0.1:{port}").geturl()

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5)

    def close(self) -> None:
        """A server that others started stays."""


class PrivateRedis(Redis):
    """A server of our own."""

    def __init__(self) -> None:
        self.port = free_port()
        super().__init__(f"redis://127.0.0.1:{self.port}/0")
        self._process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", "/tmp", "--daemonize", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise TimeoutError("redis-server did not answer for 10 s")

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def suspend(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.resume()
        self.kill()


class RedisSentinels(Redis):
    """A primary with two replicas, and three sentinels that make another one the primary when it is gone."""

    NAME = "quizmania"

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-sentinels-", dir="/tmp"))
        self.servers: dict[int, subprocess.Popen] = {}
        ports = [free_port() for _ in range(3)]
        for port in ports:
            # A young replica waits for others before it copies, and could not take over meanwhile.
            replica = [] if port == ports[0] else ["--replicaof", "127.0.0.1", str(ports[0])]
            self.servers[port] = self._start("redis-server", "--port", str(port), "--save", "", "--appendonly", "no",
                                             "--repl-diskless-sync-delay", "0", *replica)
        self._sentinels = [free_port() for _ in range(3)]
        self._watchers = []
        for port in self._sentinels:
            config = self._home / f"sentinel-{port}.conf"
            config.write_text(f"port {port}\nbind 127.0.0.1\ndir {self._home}\n"
                              f"sentinel monitor {self.NAME} 127.0.0.1 {ports[0]} 2\n"
                              f"sentinel down-after-milliseconds {self.NAME} 1000\n"
                              f"sentinel failover-timeout {self.NAME} 5000\n")
            self._watchers.append(self._start("redis-server", str(config), "--sentinel"))
        places = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        super().__init__(f"redis+sentinel://{places}/{self.NAME}/0")
        deadline = time.monotonic() + 30
        while not self._is_whole():
            assert time.monotonic() < deadline, "the sentinels do not see three servers and one another"
            time.sleep(0.1)

    def _start(self, *command: str) -> subprocess.Popen:
        more = [] if command[-1] == "--sentinel" else ["--bind", "127.0.0.1", "--dir", str(self._home)]
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command, *more], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _is_whole(self) -> bool:
        try:
            told = self._ask("SENTINEL", "MASTER", self.NAME)
            with self.client() as client:
                replicas = [client.info("replication").get(f"slave{number}", {}) for number in range(2)]
        except redis.RedisError:
            return False
        return (int(told["num-slaves"]), int(told["num-other-sentinels"])) == (2, 2) and \
            all(replica.get("state") == "online" for replica in replicas)

    def _ask(self, *command: str) -> dict:
        problem: redis.RedisError | None = None
        for port in self._sentinels:
            try:
                with redis.Redis(port=port, socket_timeout=2, decode_responses=True) as sentinel:
                    told = sentinel.execute_command(*command)
                return told if isinstance(told, dict) else dict(zip(told[::2], told[1::2]))
            except redis.RedisError as next_problem:
                problem = next_problem
        raise problem or redis.ConnectionError("no sentinel")

    @property
    def primary(self) -> int:
        """The port of the server the sentinels name."""
        return int(self._ask("SENTINEL", "MASTER", self.NAME)["port"])

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.primary, socket_timeout=5)

    def kill(self, port: int) -> None:
        self.servers[port].kill()
        self.servers[port].wait()

    def close(self) -> None:
        for process in (*self._watchers, *self.servers.values()):
            process.kill()
            process.wait()
        shutil.rmtree(self._home, ignore_errors=True)


class RedisWatch:
    """Every command a server is given, as MONITOR shows it."""

    def __init__(self, server: PrivateRedis):
        self.lines: list[str] = []
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.sendall(b"MONITOR\r\n")
        assert self._socket.recv(64).startswith(b"+OK")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._socket.makefile("r", errors="replace") as stream:
            try:
                self.lines.extend(stream)
            except OSError:
                return  # closed

    @property
    def commands(self) -> set[str]:
        """Names of the commands seen, in upper case; those a script gave carry `lua` in MONITOR and count as well."""
        found = set()
        for line in self.lines:
            words = line.split('"')
            if len(words) > 1:
                found.add(words[1].upper())
        return found

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._socket.close()
