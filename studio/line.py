"""The line to the person: a thread hears the signals, and sees a terminal that goes away, without ever waking up."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIMIT = 4.8
"""Seconds after SIGINT or SIGTERM in which the program is out, whatever still holds it up."""
AS_IT_WAS = b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h"
"""Ends what the screen asked of the terminal: mouse, paste, focus, keys, wrapping, the other screen, no cursor."""


class Line:
    """While it is entered, by the main thread, `told` is called on a thread of this line's own with each signal that
    comes; SIGHUP also stands for a terminal that is gone.

    A signal that the program was started to ignore (`nohup`) stays ignored; a terminal that goes away is still seen.
    A second SIGINT or SIGTERM ends the program at once, and the first does after LIMIT seconds; `last` is called then.
    """

    def __init__(
        self, told: Callable[[int], None], terminal: int | None, last: Callable[[], None] = lambda: None
    ) -> None:
        self.number = 0
        """The first of SIGINT and SIGTERM that came, else SIGHUP where the terminal is gone, else 0."""
        self._told, self._terminal, self._last = told, terminal, last
        self._before: dict[signal.Signals, Any] = {}
        self._attributes: list[Any] | None = None
        self._hears, self._speaks = os.pipe()

    def __enter__(self) -> Self:
        if self._terminal is not None:
            with contextlib.suppress(termios.error):
                self._attributes = termios.tcgetattr(self._terminal)
        os.set_blocking(self._speaks, False)
        for number in HEARD:
            if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, self._came)
        threading.Thread(target=self._listen, name="line", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        os.close(self._speaks)

    @property
    def is_to_end(self) -> bool:
        """Whether a signal has come that ends the program."""
        return self.number in (signal.SIGINT, signal.SIGTERM)

    def _came(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        with contextlib.suppress(BlockingIOError):
            os.write(self._speaks, bytes([number]))

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._hears, select.POLLIN)
        if self._terminal is not None:
            poll.register(self._terminal, 0)  # what is typed is not asked for: only that it hangs up
        while True:
            for file, _ in poll.poll():
                if file == self._terminal:
                    poll.unregister(file)
                    if not os.isatty(file):  # macOS cannot poll a terminal, and says so at once
                        self._hear(signal.SIGHUP)
                    continue
                numbers = os.read(self._hears, 64)
                if not numbers:
                    os.close(self._hears)
                    return
                for number in numbers:
                    self._hear(number)

    def _hear(self, number: int) -> None:
        if self.is_to_end:
            if number != signal.SIGHUP:
                self._force()
            return
        if number == self.number:
            return
        self.number = number
        if self.is_to_end:
            timer = threading.Timer(LIMIT, self._force)
            timer.daemon = True
            timer.start()
        self._told(number)

    def _force(self) -> None:
        """End at once; a terminal that still takes something is left as it was found."""
        if self._terminal is not None and self._attributes is not None:
            with contextlib.suppress(OSError, termios.error):
                os.set_blocking(self._terminal, False)
                os.write(self._terminal, AS_IT_WAS)
                termios.tcsetattr(self._terminal, termios.TCSANOW, self._attributes)
                os.set_blocking(self._terminal, True)
        self._last()
        os._exit(128 + self.number)
