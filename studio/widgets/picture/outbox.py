"""Sends what is long in parts, each when the terminal has room for it: a key's answer never stands behind all of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from studio.flow import has_room
from studio.widgets.picture.output import write

if TYPE_CHECKING:
    from textual.app import App

WAIT = 0.01
"""Seconds between two looks whether there is room."""


@dataclass
class Sending:
    """What is still to be written for `sender`; `then` follows it, `undo` is written if it is broken off half-way."""

    sender: Hashable
    parts: deque[str]
    then: Callable[[], None]
    undo: str
    begun: bool = False


class Outbox:
    """The long writings of one app, one after the other. For the app's own thread."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Sending] = deque()
        self._is_timed = False

    def send(
        self, sender: Hashable, parts: Sequence[str], then: Callable[[], None] = lambda: None, undo: str = ""
    ) -> None:
        """Write `parts`, now where the terminal has room for all of them; in place of what `sender` has not sent yet.

        A part has to leave the terminal in a state in which others may write.
        """
        self.drop(sender)
        self._waiting.append(Sending(sender, deque(parts), then, undo))
        self._go_on()

    def drop(self, sender: Hashable) -> None:
        """Write no more for this sender."""
        for sending in [each for each in self._waiting if each.sender == sender]:
            self._waiting.remove(sending)
            if sending.begun and sending.undo:
                write(self._app, sending.undo)

    def has(self, sender: Hashable) -> bool:
        """Whether something of this sender's is still to be written."""
        return any(each.sender == sender for each in self._waiting)

    def _go_on(self) -> None:
        if getattr(self._app._driver, "is_stopped", False):  # it would land on the screen of the shell
            self._waiting.clear()
        while self._waiting and has_room(self._app):
            sending = self._waiting[0]
            if sending.parts:
                sending.begun = True
                write(self._app, sending.parts.popleft())
            if not sending.parts:
                self._waiting.popleft()
                sending.then()
        if self._waiting and not self._is_timed and self._app.is_running:
            self._is_timed = True
            self._app.set_timer(WAIT, self._timed)

    def _timed(self) -> None:
        self._is_timed = False
        self._go_on()


_outboxes: WeakKeyDictionary[App[Any], Outbox] = WeakKeyDictionary()


def outbox(app: App[Any]) -> Outbox:
    """The outbox of an app."""
    if app not in _outboxes:
        _outboxes[app] = Outbox(app)
    return _outboxes[app]
