"""A PostgreSQL for tests: the one cluster/test started, or a private one that may be suspended and stopped."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from .ports import free_port
from .process import is_gone

_BIN = Path("/usr/lib/postgresql/15/bin")


class Postgres:
    """A server and the way in as its superuser."""

    def __init__(self, conninfo: str):
        given = conninfo_to_dict(conninfo)
        self.password: str | None = given.pop("password", None)
        self._conninfo = make_conninfo("", **given)

    @classmethod
    def shared(cls) -> "Postgres | None":
        """The server in QUIZMANIA_TEST_POSTGRES; None when there is none."""
        conninfo = os.environ.get("QUIZMANIA_TEST_POSTGRES")
        return cls(conninfo) if conninfo else None

    def conninfo(self, database: str) -> str:
        """How a node finds a database; without the password, which is in a file."""
        return make_conninfo(self._conninfo, dbname=database)

    @property
    def place(self) -> tuple[str, int]:
        given = conninfo_to_dict(self._conninfo)
        return str(given["host"]), int(given["port"])

    def through(self, port: int, database: str) -> str:
        """As `conninfo`, by way of a relay on this machine."""
        return make_conninfo(self._conninfo, dbname=database, host="127.0.0.1", port=port)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.conninfo(database), password=self.password, autocommit=True)

    def create(self, template: str | None = None) -> str:
        """Makes a database, as a copy of another where one is given, and returns its name."""
        name = f"e2e_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"'.encode())
        return name

    def drop(self, database: str) -> None:
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())

    def close(self) -> None:
        """A server that others started stays."""


class PrivatePostgres(Postgres):
    """A server of our own: stop, start, suspend and resume it at will."""

    def __init__(self, source: "PrivatePostgres | None" = None) -> None:
        """- source: the primary this one is a streaming standby of, under the name `standby`."""
        self.port = free_port()
        # PostgreSQL does not run as root; its package brings a user for that.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-pg-", dir="/tmp"))
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self._home, entry.pw_uid, entry.pw_gid)
        super().__init__(f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres")
        if source is None:
            self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                      "--no-sync")
        else:
            self._run("pg_basebackup", "--write-recovery-conf", "--create-slot", "--slot=standby",
                      "--checkpoint=fast", "--no-sync",
                      f"--dbname=host=127.0.0.1 port={source.port} user=postgres application_name=standby")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                       "max_connections = 200\nshared_buffers = 64MB\n")
        self.start()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([_BIN / program, f"--pgdata={self._data}", *arguments], cwd="/", user=self._user,
                              group=self._user, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=90)
        assert done.returncode == 0, f"{program}: {done.stdout}"

    def start(self) -> None:
        log = self._home / "postgres.log"
        # The server must not inherit our pipe: pg_ctl's output would never end.
        subprocess.run([_BIN / "pg_ctl", "start", "--wait", "--timeout=60", "--silent", f"--pgdata={self._data}",
                        f"--log={log}"], cwd="/", user=self._user, group=self._user, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=90)

    def stop(self, mode: str = "fast") -> None:
        """- mode: `fast` breaks connections in order, `immediate` is a crash."""
        self._run("pg_ctl", "stop", "--wait", "--timeout=30", f"--mode={mode}")

    def kill(self) -> None:
        """kill -9 of every process of the server, and they are gone: what fences an old primary off."""
        processes = self._processes()
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not all(map(is_gone, processes)) and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        try:
            return not is_gone(self.postmaster)
        except (OSError, ValueError):
            return False

    @property
    def postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n")[0])

    @property
    def timeline(self) -> int:
        """Of the log it writes; one more after each promotion."""
        with self.connect() as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        return int(row[0][:8], 16)

    def promote(self) -> None:
        """A standby takes writes from here on."""
        self._run("pg_ctl", "promote", "--wait", "--timeout=30")

    def suspend(self) -> None:
        """Stops every process of the server where it stands; connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _processes(self) -> list[int]:
        postmaster = int((self._data / "postmaster.pid").read_text().split("\n")[0])
        found = [postmaster]
        for entry in Path("/proc").iterdir():
            try:
                stat = (entry / "stat").read_text() if entry.name.isdigit() else ""
            except OSError:
                continue
            if stat and int(stat.rpartition(")")[2].split()[1]) == postmaster:
                found.append(int(entry.name))
        return found

    def _signal(self, number: signal.Signals) -> None:
        # The postmaster first, so that it makes no new process meanwhile.
        for pid in self._processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def close(self) -> None:
        try:
            self.resume()
            self.stop("immediate")
        except (AssertionError, OSError):
            time.sleep(0.1)  # It does not run; what is left is its folder.
        shutil.rmtree(self._home, ignore_errors=True)


class PostgresPair(Postgres):
    """A primary with a synchronous standby, and a connection string that finds whichever of them takes writes."""

    def __init__(self) -> None:
        self.primary = PrivatePostgres()
        self.standby = PrivatePostgres(source=self.primary)
        super().__init__(f"host=127.0.0.1,127.0.0.1 port={self.primary.port},{self.standby.port} user=postgres "
                         "dbname=postgres target_session_attrs=read-write")
        with self.primary.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (standby)'")
            connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 30
        while self.replication != ("streaming", "quorum"):
            assert time.monotonic() < deadline, f"the standby is not synchronous: {self.replication}"
            time.sleep(0.05)

    @property
    def replication(self) -> tuple[str, str] | None:
        """State and sync_state of the standby, as the primary sees it."""
        with self.primary.connect() as connection:
            row = connection.execute("SELECT state, sync_state FROM pg_stat_replication").fetchone()
        return row and tuple(row)

    def fail_over(self) -> None:
        """The primary is killed, which fences it, and its synchronous standby promoted."""
        self.primary.kill()
        assert not self.primary.is_running, "the old primary still runs"
        self.standby.promote()

    def close(self) -> None:
        self.standby.close()
        self.primary.close()
