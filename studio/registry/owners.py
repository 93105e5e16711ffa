"""Who executes a run: a process, named so that others can tell whether it still lives."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path

SELF = Path("/proc/self/stat")


def this_process() -> str:
    """This process as an owner: `host/pid/start`, where `start` tells it from a later process with the same pid."""
    return f"{host()}/{os.getpid()}/{started(os.getpid()) or ''}"


@functools.cache
def host() -> str:
    return platform.node().replace("/", "_") or "localhost"


def is_here(owner: str) -> bool:
    """Whether the owner is, or was, a process of this machine."""
    return owner.partition("/")[0] == host()


def is_alive(owner: str) -> bool:
    """Whether a process of this machine still runs; one that cannot be looked at counts as alive."""
    _, _, rest = owner.partition("/")
    number, _, start = rest.partition("/")
    if not number.isdigit():
        return False
    now = started(int(number))
    return now is not None and (not start or now == start)


def started(pid: int) -> str | None:
    """When a process was started, as a word to compare; None if there is no such process, or only its corpse."""
    if SELF.exists():
        try:
            parts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if parts[0] in (b"Z", b"X") else parts[19].decode()
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(round(process.create_time()))
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return ""
