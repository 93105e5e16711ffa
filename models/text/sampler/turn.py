"""Taking turns with a thread that steps all the time."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from threading import Lock, RLock
from types import TracebackType
from typing import Any

PATIENCE = 0.0002
"""Seconds between two looks at whether those who wait had their turn."""


class Turn:
    """A lock that the stepping thread hands over between two symbols whenever another thread wants something.

    A plain lock would do for safety, but a thread that releases it only to take it again starves the others.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._count = Lock()
        self.waiting = 0
        """How many threads want a turn."""

    def __enter__(self) -> None:
        with self._count:
            self.waiting += 1
        try:
            self._lock.acquire()
        finally:
            with self._count:
                self.waiting -= 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lock.release()

    def step(self) -> AbstractContextManager[Any]:
        """The lock for some steps, once nobody else wants a turn."""
        while self.waiting:
            time.sleep(PATIENCE)
        return self._lock
