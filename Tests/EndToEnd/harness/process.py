"""Other processes, as the kernel tells about them."""

from pathlib import Path


def state(pid: int) -> str | None:
    """R or S while it lives, T while it is stopped, Z when only its parent has not noticed; None: there is none."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def is_gone(pid: int) -> bool:
    return state(pid) in (None, "Z", "X")
