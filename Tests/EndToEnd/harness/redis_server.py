"""A Redis for tests, which may be stopped, emptied and watched."""

import itertools
import os
import signal
import socket
import subprocess
import threading
import time
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
