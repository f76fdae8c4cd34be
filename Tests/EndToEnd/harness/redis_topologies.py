"""Redis with more than one server: a master watched by sentinels, and a Redis Cluster. Private, on loopback, and to be killed at will."""

import subprocess
import tempfile
import time
from pathlib import Path
from shutil import rmtree

import redis

from .ports import free_port
from .redis_server import Redis


class Server:
    """One redis-server; `extra` are more of its arguments, `sentinel` the lines of a sentinel's configuration."""

    def __init__(self, home: Path, *extra: str, port: int | None = None, sentinel: list[str] | None = None,
                 password: str | None = None):
        self.port = port or free_port()
        self.home = home / str(self.port)
        self.home.mkdir()
        self.password = password
        if sentinel is None:
            login = ["--requirepass", password, "--masterauth", password] if password else []
            self._arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                               "--dir", str(self.home), "--repl-diskless-sync-delay", "0", *login, *extra]
        else:
            file = self.home / "sentinel.conf"
            login = [f"requirepass {password}", f"sentinel sentinel-pass {password}"] if password else []
            file.write_text("\n".join([f"port {self.port}", "bind 127.0.0.1", f"dir {self.home}", *sentinel, *login]) + "\n")
            self._arguments = [str(file), "--sentinel"]
        self._process: subprocess.Popen | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=self.password, socket_timeout=5, decode_responses=True)

    def start(self) -> None:
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-server", *self._arguments],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("a server answers", lambda: self.client().ping())

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def role(self) -> str:
        """`master`, `slave`, or nothing when it does not answer."""
        try:
            return self.client().execute_command("ROLE")[0]
        except redis.RedisError:
            return ""


def until(what: str, condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except (redis.RedisError, OSError):
            time.sleep(0.02)  # Not yet.
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {seconds} s")


class Sentinels(Redis):
    """A master, a replica and three sentinels; servers and sentinels have different passwords."""

    NAME = "quiz"

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-sentinel-", dir="/tmp"))
        master = Server(self._home, password="servers")
        self.servers = [master, Server(self._home, "--replicaof", "127.0.0.1", str(master.port), password="servers")]
        lines = [f"sentinel monitor {self.NAME} 127.0.0.1 {master.port} 2", f"sentinel auth-pass {self.NAME} servers",
                 f"sentinel down-after-milliseconds {self.NAME} 1000", f"sentinel failover-timeout {self.NAME} 5000"]
        self.sentinels = [Server(self._home, sentinel=lines, password="sentinels") for _ in range(3)]
        places = ",".join(sentinel.address for sentinel in self.sentinels)
        super().__init__(f"redis+sentinel://{places}/{self.NAME}")
        (self._home / "servers.password").write_text("servers\n")
        (self._home / "sentinels.password").write_text("sentinels\n")
        self.settings = {"redis_password_file": self._home / "servers.password",
                         "redis_sentinel_password_file": self._home / "sentinels.password"}
        for sentinel in self.sentinels:
            until("the sentinels know one another", lambda sentinel=sentinel: self._knows(sentinel))

    def _knows(self, sentinel: Server) -> bool:
        fields = sentinel.client().execute_command("SENTINEL", "MASTER", self.NAME)
        state = fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2]))
        return int(state["num-other-sentinels"]) == 2 and int(state["num-slaves"]) == 1

    def master(self, key: str = "") -> Server:
        return next(server for server in self.servers if server.role() == "master")

    def close(self) -> None:
        for server in self.sentinels + self.servers:
            server.kill()
        rmtree(self._home, ignore_errors=True)


class Cluster(Redis):
    """Three masters and three replicas."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-redis-", dir="/tmp"))
        self.servers = [
            # Where the nodes of the cluster listen for one another is 10,000 above by default, among the ephemeral ports.
            Server(self._home, "--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout",
                   "1500", "--cluster-replica-validity-factor", "0")
            for _ in range(6)]
        made = subprocess.run(["redis-cli", "--cluster", "create", *(server.address for server in self.servers),
                               "--cluster-replicas", "1", "--cluster-yes"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stdout + made.stderr
        super().__init__("redis+cluster://" + ",".join(server.address for server in self.servers[:2]))
        self.settings: dict[str, object] = {}
        for server in self.servers:
            until("the cluster is whole", lambda server=server: self._is_whole(server))

    @staticmethod
    def _is_whole(server: Server) -> bool:
        role = server.client().execute_command("ROLE")
        state = server.client().execute_command("CLUSTER", "INFO")
        text = state if isinstance(state, str) else "\n".join(f"{key}:{value}" for key, value in state.items())
        follows = bool(role[2]) if role[0] == "master" else role[3] == "connected"
        return follows and "cluster_state:ok" in text and "cluster_slots_ok:16384" in text

    def master(self, key: str = "") -> Server:
        """Whoever has this key."""
        for asked in self.servers:
            try:
                client = asked.client()
                slot = client.execute_command("CLUSTER", "KEYSLOT", key)
                for server in self.servers:
                    if server.role() != "master":
                        continue
                    nodes = client.execute_command("CLUSTER", "NODES")
                    if self._has(nodes, server, slot):
                        return server
            except redis.RedisError:
                continue
        raise TimeoutError(f"nobody has {key}")

    @staticmethod
    def _has(nodes, server: Server, slot: int) -> bool:
        if isinstance(nodes, dict):
            ranges = next((node["slots"] for place, node in nodes.items() if place.startswith(server.address)), [])
        else:
            line = next((line for line in nodes.splitlines() if line.split()[1].startswith(server.address)), "")
            ranges = [part.split("-") for part in line.split()[8:] if not part.startswith("[")]
        return any(int(part[0]) <= slot <= int(part[-1]) for part in ranges)

    def close(self) -> None:
        for server in self.servers:
            server.kill()
        rmtree(self._home, ignore_errors=True)
