"""SIGINT, SIGTERM and SIGHUP: the first asks to stop and keep, a second one ends the program at once.

SIGHUP, and a terminal that takes nothing more, may also mean to go on without one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 4.0
"""Seconds that runs get to stop and keep what they have, after a signal that no person at the keyboard gives."""
SHOW_CURSOR = "\x1b[?25h"


class Interrupts:
    """While it is entered, `number` is the first signal that came, or 0.

    A signal that the program was started to ignore (`nohup`, a background job) stays ignored. With `keeps` a terminal
    that goes away is let go, and counts as no signal.
    """

    def __init__(self, *, keeps: bool = False) -> None:
        self.number = 0
        self._keeps = keeps
        self._is_alone = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in ASKING:
                if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._came)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    def insist(self) -> None:
        """Hear the signals again that a library has taken for itself, as TensorFlow does when it joins machines."""
        for number in self._before:
            signal.signal(number, self._came)

    @property
    def code(self) -> int:
        """The exit code that says which signal ended the program."""
        return 128 + self.number

    @property
    def is_hurried(self) -> bool:
        """Whether the end was asked for by something that does not wait long, such as systemd."""
        return self.number not in (0, signal.SIGINT)

    @contextlib.contextmanager
    def bearing(self) -> Iterator[None]:
        """Write to a terminal that may be gone by now, and with it a reader such as `tee`."""
        try:
            yield
        except OSError as error:
            if not (self._keeps and (error.errno == errno.EIO or (error.errno == errno.EPIPE and self._is_alone))):
                raise
            let_go(1)

    def _came(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if number == signal.SIGHUP and self._keeps:
            self._is_alone = True
            let_go()
            return
        if not self.number:
            self.number = number
            return
        if sys.stdout.isatty():  # a progress bar hides the cursor
            with contextlib.suppress(OSError):
                os.write(sys.stdout.fileno(), SHOW_CURSOR.encode())
        os._exit(128 + number)


def let_go(*files: int) -> None:
    """Let what would go to a terminal, or to these files, go nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        if file in files or os.isatty(file) or gone(file):
            os.dup2(nowhere, file)
    os.close(nowhere)


def gone(file: int) -> bool:
    """Whether a file is a terminal that has hung up."""
    try:
        termios.tcgetattr(file)
    except termios.error as error:
        return bool(error.args and error.args[0] == errno.EIO)
    return False
