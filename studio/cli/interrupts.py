"""SIGINT, SIGTERM and SIGHUP: the first asks to stop and keep, a second one ends the program at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOW_CURSOR = "\x1b[?25h"


class Interrupts:
    """While it is entered, `number` is the first signal that came, or 0.

    A signal that the program was started to ignore (`nohup`, a background job) stays ignored.
    """

    def __init__(self) -> None:
        self.number = 0
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

    @property
    def code(self) -> int:
        """The exit code that says which signal ended the program."""
        return 128 + self.number

    def _came(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if not self.number:
            self.number = number
            return
        if sys.stdout.isatty():  # a progress bar hides the cursor
            with contextlib.suppress(OSError):
                os.write(sys.stdout.fileno(), SHOW_CURSOR.encode())
        os._exit(128 + number)
