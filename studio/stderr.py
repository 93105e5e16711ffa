"""While the screen is up, what native code writes to file descriptor 2 goes to the log file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.config import private
from studio.crash import native_to

BIGGEST = 5_000_000
"""A log above this many bytes is put aside as `.1` at the next start."""


@contextmanager
def stderr_to(log: Path) -> Iterator[None]:
    """Send file descriptor 2 to `log`, and give Textual the terminal that was there.

    Textual draws on `sys.__stderr__`: it becomes a file of its own on the same terminal, in UTF-8 whatever the locale
    says, so that a name in any script can be drawn. Where the log cannot be written, output goes nowhere. A crash of
    native code leaves there what every thread was at.
    """
    target = open_log(log)
    terminal = os.dup(2)
    drawn, python = sys.__stderr__, sys.stderr
    screen = open(terminal, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    os.dup2(target, 2)
    os.close(target)
    sys.__stderr__ = screen  # type: ignore[misc]
    try:
        with native_to(2):
            yield
    finally:
        python.flush()
        os.dup2(terminal, 2)
        sys.__stderr__ = drawn  # type: ignore[misc]
        with suppress(OSError):  # a terminal that is gone takes no last words
            screen.close()
        os.close(terminal)


def open_log(log: Path) -> int:
    """A file descriptor that appends to `log`; the null device where that cannot be."""
    try:
        if log.exists() and log.stat().st_size > BIGGEST:
            log.replace(log.with_name(f"{log.name}.1"))
        return private(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
