"""A private pgbouncer in transaction mode in front of a PostgreSQL."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from .ports import free_port
from .postgres import Postgres


class Pooler:
    """Every database of the server, through few connections that are lent for one transaction at a time."""

    def __init__(self, postgres: Postgres, size: int = 2):
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="quizmania-pgb-", dir="/tmp"))
        server = conninfo_to_dict(postgres.conninfo("postgres"))
        behind = " ".join(f"{key}={server[key]}" for key in ("host", "port", "user") if key in server)
        if postgres.password is not None:
            behind += f" password={postgres.password}"
        (self._home / "pgbouncer.ini").write_text(
            f"[databases]\n* = {behind}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {size}\n"
            f"logfile = {self._home}/log\n")
        # It does not run as root.
        words = ["setpriv", "--pdeathsig", "KILL"]
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            for path in (self._home, self._home / "pgbouncer.ini"):
                os.chown(path, entry.pw_uid, entry.pw_gid)
            words += [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
        self._process = subprocess.Popen([*words, "pgbouncer", self._home / "pgbouncer.ini"], cwd="/",
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                self.show("VERSION")
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise TimeoutError("pgbouncer did not answer for 10 s")

    def conninfo(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def show(self, what: str) -> list[dict]:
        """What its console says, a row each."""
        with psycopg.connect(self.conninfo("pgbouncer"), autocommit=True) as connection:
            found = connection.execute(f"SHOW {what}".encode())
            names = [column.name for column in found.description or []]
            return [dict(zip(names, row)) for row in found]

    def transactions(self, database: str) -> int:
        return sum(int(row["total_xact_count"]) for row in self.show("STATS") if row["database"] == database)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)
