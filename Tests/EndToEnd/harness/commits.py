"""What a bare commit costs on a PostgreSQL while something else goes on, measured beside it."""

import threading
import time

from .postgres import Postgres


class CommitProbe:
    """Inserts one row after the other, each a transaction, in a thread of its own and a table of its own."""

    def __init__(self, postgres: Postgres, database: str, pause: float = 0.01):
        self._pause = pause
        self._seconds: list[float] = []
        self._ends = threading.Event()
        self._connection = postgres.connect(database)
        self._connection.execute("CREATE TABLE IF NOT EXISTS drill_commit (number int8, bytes bytea)")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ends.wait(self._pause):
            began = time.monotonic()
            self._connection.execute("INSERT INTO drill_commit VALUES (%s, %s)", (number, b"x" * 100))
            self._seconds.append(time.monotonic() - began)
            number += 1

    def stop(self) -> list[float]:
        """Ends it, and gives the seconds each commit took."""
        self._ends.set()
        self._thread.join(10)
        self._connection.execute("DROP TABLE drill_commit")
        self._connection.close()
        return self._seconds
