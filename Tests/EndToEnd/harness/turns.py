"""Tests run two at a time, most of them waiting; those that need the whole machine wait until it is free."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(folder: Path, alone: bool) -> Iterator[None]:
    """Holds the machine, with others or alone. Whoever asks first comes first, so that nobody waits forever.

    - folder: the same one for all processes that share the machine.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "queue").open("w") as queue, (folder / "machine").open("w") as machine:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield
