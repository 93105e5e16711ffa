"""How far a terminal is behind what was written to it, so that a slow line is given no more than it carries.

The kernel, SSH and the network between hold hundreds of kilobytes before a write waits, and a key's answer stands
behind all of it. So the terminal is asked where its cursor is every few kilobytes: when it answers, it has taken what
came before. How much may be under way follows from how long that takes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

QUESTION = "\x1b[6n"
"""DSR 6: every terminal answers it with the cursor's place."""
STEP = 4096
"""Bytes from one question to the next."""
LEAST, FIRST, MOST = 1 << 13, 1 << 14, 1 << 20
"""Bytes under way: at least, at first, at most."""
AIM = 0.1
"""Seconds that what is under way may take, beyond the way to the terminal and back."""
PATIENCE = 10.0
"""Seconds after which an answer no longer comes."""
LATELY = 60.0
"""Seconds for which a line counts as slow after something had to wait on it."""
HOPE = 0.5
"""Seconds to wait for the first answer before going on: a terminal that answers nothing must not seem stuck."""


class Flow:
    """What was written to one terminal, and what it has taken. One thread writes, another one hears the answers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.written = 0
        """Bytes, from the start."""
        self.window = FIRST
        """Bytes that may be under way."""
        self._taken = self._asked = 0
        self._questions: deque[tuple[int, float]] = deque()
        self._answers = self._silent = self._closed = False
        self._quickest = float("inf")
        self._late_at = float("-inf")
        self._changed_at = 0

    def given(self, text: str) -> str:
        """What is to be written, with a question behind it where one is due."""
        self.written += len(text.encode("utf-8", "replace"))
        if self._closed or self._silent or self.written - self._asked < STEP or (self._questions and not self._answers):
            return text
        self._asked = self.written
        self._questions.append((self.written, self._clock()))
        return text + QUESTION

    def answered(self) -> None:
        """The terminal has answered the oldest question."""
        if not self._questions:
            return
        place, asked = self._questions.popleft()
        self._answers = True
        waited = self._clock() - asked
        self._quickest = min(self._quickest, waited)
        self._adapt(waited - self._quickest, place)
        self._taken = place

    def _adapt(self, late: float, place: int) -> None:
        """Let more be under way where that makes nothing wait, and less where it does: at most once a window."""
        if late > AIM:
            self._late_at = self._clock()
        if place <= self._changed_at:
            return
        if late > AIM:
            self.window = max(LEAST, int(self.window * 0.7))
        elif late < AIM / 2 and self.written - self._taken > self.window // 2:
            self.window = min(MOST, int(self.window * 1.25))
        else:
            return
        self._changed_at = self.written

    @property
    def is_slow(self) -> bool:
        """Whether something had to wait on the line not long ago."""
        return self._clock() - self._late_at < LATELY

    @property
    def is_known(self) -> bool:
        """Whether the terminal answers."""
        return self._answers

    @property
    def under_way(self) -> int:
        """Bytes that the terminal has not taken yet, as far as can be told; 0 for one that does not answer."""
        if self._questions and self._clock() - self._questions[0][1] > PATIENCE:
            self._questions.clear()
            self._silent, self._taken = not self._answers, self.written
        return self.written - self._taken if self.is_waited_for else 0

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has as much to take as it should have."""
        return self.under_way >= self.window

    @property
    def is_waited_for(self) -> bool:
        """Whether an answer is to come, by a terminal that does answer or may still do so."""
        if not self._questions or self._silent:
            return False
        return self._answers or self._clock() - self._questions[0][1] < HOPE

    def open(self) -> None:
        """Ask from now on."""
        self._closed = False

    def close(self) -> None:
        """Ask no more: whoever reads the keys next could not tell an answer from them."""
        self._closed = True


def is_busy(app: App[Any]) -> bool:
    """Whether the terminal, or the line to it, has yet to take what was written."""
    thread, flow = getattr(app._driver, "_writer_thread", None), flow_of(app)
    return (flow is not None and flow.is_behind) or (thread is not None and thread._queue.qsize() > 0)


def has_room(app: App[Any]) -> bool:
    """Whether the line to the terminal has room for more; so it is where that cannot be told."""
    flow = flow_of(app)
    return flow is None or not flow.is_behind


def is_slow(app: App[Any]) -> bool:
    """Whether the line to the terminal is a slow one, as far as can be told."""
    flow = flow_of(app)
    return flow is not None and flow.is_slow


def room(app: App[Any]) -> int | None:
    """Bytes that the line has room for; None where that cannot be told."""
    flow = flow_of(app)
    return None if flow is None or not flow.is_known else max(0, flow.window - flow.under_way)


def flow_of(app: App[Any]) -> Flow | None:
    """How far the terminal is behind; None where that cannot be told."""
    found = getattr(app._driver, "flow", None)
    return found if isinstance(found, Flow) else None
