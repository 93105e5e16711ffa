"""What the one run that a thread executes is asked to do, from any thread and at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal

Wish = Literal["resume", "pause", "stop", "discard", "lost"]
RANK: dict[Wish, int] = {"resume": 0, "pause": 0, "stop": 1, "discard": 2, "lost": 3}


class Control:
    """The newest wish: a stop is not undone by a pause, nor a discard by a stop.

    `lost` says that the run belongs to another process by now, or to none: it ends without another word.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wish: Wish = "resume"
        self._changes: dict[str, Any] = {}
        self.last_step: int | None = None
        """The step after which the run is to stop and keep; None for its own end."""

    @property
    def wish(self) -> Wish:
        """What is wanted now; `resume` means to go on."""
        return self._wish

    def ask(self, wish: Wish) -> None:
        """Ask for something. May be called from any thread, and from a signal handler."""
        with self._changed:
            if RANK[wish] >= RANK[self._wish]:
                self._wish = wish
                self._changed.notify_all()

    def tune(self, changes: Mapping[str, Any]) -> None:
        """Ask for other values of knobs; of several for one knob the newest counts."""
        with self._changed:
            self._changes |= changes

    def changes(self) -> dict[str, Any]:
        """The changes that were asked for since the last call."""
        with self._changed:
            taken, self._changes = self._changes, {}
        return taken

    def wait_while_paused(self, timeout: float) -> bool:
        """Wait until something other than a pause is wanted; whether that is so within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._wish != "pause", timeout)
