"""A terminal at the end of a slow line: it takes so many bytes a second, and answers what it is asked when it has read
the question."""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from tests.terminal.line import Line

RATE = 150_000
TURN = 0.005
ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;4c", b"\x1b[16t": b"\x1b[6;16;8t"}
"""Where the cursor is, what the terminal is, and how large a cell."""
QUESTIONS = re.compile(b"|".join(map(re.escape, ANSWERS)))


class SlowLine(Line):
    """A program whose terminal takes `rate` bytes a second; a thread reads. `taken` is what it has read."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 100,
        rows: int = 30,
        rate: float = RATE,
        answers: bool = True,
    ) -> None:
        super().__init__(command, environment, columns, rows)
        self.taken = bytearray()
        self.rate, self.answers = rate, answers
        self._answered = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(5)
        super().__exit__(kind, error, trace)

    def _take(self) -> None:
        owed, last = 0.0, time.monotonic()
        while not self._closing.is_set():
            time.sleep(TURN)
            now = time.monotonic()
            owed, last = min(owed + (now - last) * self.rate, self.rate * 0.05), now
            if owed < 1 or not select.select([self._ours], [], [], 0)[0]:
                continue
            try:
                data = os.read(self._ours or 0, int(owed))
            except OSError:
                return
            owed -= len(data)
            self.taken += data
            if self.answers:
                self._answer()

    def _answer(self) -> None:
        """Answer the questions that have come whole by now."""
        start = end = self._answered
        for found in QUESTIONS.finditer(self.taken[start:]):
            end = start + found.end()
            with contextlib.suppress(OSError):
                os.write(self._ours or 0, ANSWERS[found[0]])
        self._answered = end

    def until(self, pattern: bytes, since: int = 0, seconds: float = 30.0) -> int:
        """Wait for a regular expression among what was read after the first `since` bytes; where it ends."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if found := re.search(pattern, self.taken[since:], re.DOTALL):
                return since + found.end()
            time.sleep(0.002)
        raise AssertionError(f"{pattern!r} was not written; this was, last: {self.taken[-500:]!r}")

    def press(self, key: bytes, pattern: bytes, seconds: float = 30.0) -> tuple[int, float]:
        """Press a key, and wait for its answer: how many bytes the far end has read by then, and after how long."""
        since, began = len(self.taken), time.monotonic()
        self.type(key)
        return self.until(pattern, since, seconds) - since, time.monotonic() - began

    def left_after_end(self, seconds: float = 30.0) -> int:
        """Wait for the end of the program: how many bytes the far end had still to read then."""
        give_up = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < give_up, "the program did not end"
            time.sleep(0.002)
        before = len(self.taken)
        self._thread.join(seconds)
        return len(self.taken) - before
