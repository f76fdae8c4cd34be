"""Other processes, as the kernel tells about them."""

import asyncio
import time
from pathlib import Path


def state(pid: int) -> str | None:
    """R or S while it lives, T while it is stopped, Z when only its parent has not noticed; None: there is none."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def is_gone(pid: int) -> bool:
    return state(pid) in (None, "Z", "X")


async def ended(pid: int, seconds: float = 5) -> bool:
    """Waits until it is gone; False: it still is there."""
    deadline = time.monotonic() + seconds
    while not is_gone(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return is_gone(pid)
