"""A second, tiny process that gives the terminal back where the app cannot: killed, or ended by a crash of native code.

It is forked before there are threads, waits on a pipe for the app's last word, and does nothing else. What no code of
a crashed process can be trusted with is so done by one that is whole.
"""

from __future__ import annotations

import contextlib
import os
import signal
import termios
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.line import AS_IT_WAS
from studio.visible import visible

DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN)

HANDLES = 256
"""No file is open beyond so many where the app begins."""


class Guard:
    """While it is entered, a terminal is watched over; None is no terminal, and needs no guard."""

    def __init__(self, terminal: int | None, log: Path) -> None:
        self.terminal = terminal
        """What it guards: a file descriptor, or None."""
        self._log = log
        self._attributes: list[Any] | None = None
        self._speaks = self._process = self._screen = -1

    def __enter__(self) -> Self:
        if self.terminal is None:
            return self
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(self.terminal)
        self._screen = os.dup(2)  # while the app runs, standard error is its log
        hears, self._speaks = os.pipe()
        with contextlib.suppress(OSError):  # no room for another process: then there is no guard
            self._process = os.fork()
        if self._process == 0:
            try:
                self._watch(hears)
            finally:
                os._exit(0)
        os.close(hears)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()
        if self._process > 0:
            with contextlib.suppress(OSError):
                os.waitpid(self._process, 0)
        if self._speaks >= 0:
            os.close(self._speaks)
            os.close(self._screen)
            self._speaks = self._screen = -1

    def dismiss(self) -> None:
        """Say the last word: the terminal is as it was, or will be. From any thread, more than once."""
        if self._speaks >= 0:
            with contextlib.suppress(OSError):
                os.write(self._speaks, b".")

    def restore(self) -> None:
        """Give the terminal back; of this or of the second process. A terminal that is gone takes nothing."""
        if self.terminal is not None:
            with contextlib.suppress(OSError, termios.error):
                os.write(self._screen, AS_IT_WAS)
                if self._attributes is not None:
                    termios.tcsetattr(self.terminal, termios.TCSANOW, self._attributes)

    def _watch(self, hears: int) -> None:
        """All that the second process does."""
        for number in DEAF_TO:
            signal.signal(number, signal.SIG_IGN)
        assert self.terminal is not None
        os.closerange(3, hears)
        os.closerange(hears + 1, HANDLES)  # its own end of the pipe among them: else the pipe would never end
        if os.read(hears, 1):
            return
        told = f"studio: it was killed, or it crashed; the log is {self._log}"
        with contextlib.suppress(OSError, termios.error):
            os.write(2, AS_IT_WAS)
            # A shell that has taken its terminal back has set it for its own ends: those attributes are its own.
            if self._attributes is not None and os.tcgetpgrp(self.terminal) == os.getpgrp():
                termios.tcsetattr(self.terminal, termios.TCSANOW, self._attributes)
            os.write(2, f"\r\n{visible(told)}\r\n".encode("utf-8", "replace"))
