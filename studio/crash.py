"""What breaks that must not: all of it to the log, one line of it to the person."""

from __future__ import annotations

import contextlib
import faulthandler
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from studio.config import private
from studio.visible import visible

LOG = "studio.log"
"""What the log is called in the studio's folder."""
LONGEST = 200
"""Characters of a reason."""


def logged(error: BaseException, log: Path) -> str:
    """Write an error with its traceback to the log; one line: why, and where the log is."""
    inner = getattr(error, "error", None)  # Textual's workers wrap what was raised in them
    error = inner if isinstance(inner, BaseException) else error
    reason = " ".join(str(error).split())[:LONGEST]
    told = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    try:
        with open(log, "a", encoding="utf-8", errors="replace", opener=private) as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError as problem:  # a full disk must not make it worse
        return visible(f"{told}; its traceback could not be written to {log}: {problem.strerror}")
    return visible(f"{told}; the log is {log}")


@contextlib.contextmanager
def native_to(handle: int) -> Iterator[None]:
    """Have a crash of native code write to a file, by its descriptor, what every thread was at.

    Where that is set up already, by Python's own option or by a test, it stays as it is.
    """
    if faulthandler.is_enabled():
        yield
        return
    faulthandler.enable(handle)
    try:
        yield
    finally:
        faulthandler.disable()


@contextlib.contextmanager
def threads_to(told: Callable[[BaseException], None]) -> Iterator[None]:
    """Tell of each thread that ends by an error nobody has caught."""
    before = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            told(arguments.exc_value)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
