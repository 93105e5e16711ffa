"""A program on a pseudo-terminal whose far end is the test: what it writes is kept, and answered as the test likes."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from types import TracebackType
from typing import Self

import pytest

ROOM = 1 << 16
OF_ITS_OWN = (
    sys.executable, "-c",
    "import fcntl, os, signal, sys, termios; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.setsid(); "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])",
)  # fmt: skip
"""Makes the terminal that of the program that follows, as a login does: a hang-up reaches it as a signal."""


class Line:
    """One terminal of `columns` x `rows` cells, with a program in it. Leaving the context ends the program."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self.written = b""
        self._ours: int | None
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        told = {key: value for key, value in os.environ.items() if key not in ("TMUX", "STY", "NO_COLOR")}
        self.process = subprocess.Popen(
            [*OF_ITS_OWN, *command], stdin=theirs, stdout=theirs, stderr=theirs, env=told | environment
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Let the terminal go away, as when a connection is lost."""
        if self._ours is not None:
            os.close(self._ours)
            self._ours = None

    def type(self, data: bytes) -> None:
        """Send keys, or answers."""
        os.write(self._ours, data)

    def read(self, seconds: float) -> bool:
        """Take what the program writes within a while; False once it writes no more for ever."""
        if select.select([self._ours], [], [], seconds)[0]:
            try:
                data = os.read(self._ours, ROOM)
            except OSError:
                return False
            self.written += data
        return True

    def wait(self, pattern: bytes, seconds: float = 30.0) -> re.Match[bytes]:
        """Wait until a regular expression is found in what was written."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := re.search(pattern, self.written, re.DOTALL):
                return found
            if not self.read(0.05):
                break
        pytest.fail(f"{pattern!r} was not written; this was, last: {self.written[-2000:]!r}")

    def end(self, seconds: float = 30.0) -> int:
        """Read until the program has ended; its exit code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            self.read(0.05)
        while self.read(0.05) and select.select([self._ours], [], [], 0.05)[0]:
            pass
        return self.process.wait(1)
