"""What an app says to the person: lines shown to the letter, and errors as lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from textual.app import App

from models.errors import UserError
from studio.visible import visible

Severity = Literal["information", "warning", "error"]
QUIET = 5.0
"""Seconds for which the same line is not said again."""


class TellingApp(App[int]):
    """An app in which an error that a person can do something about is a line on the screen, and nothing worse."""

    _said: tuple[str, float] = ("", float("-inf"))

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn an error that a person can do something about into one line on the screen."""
        try:
            yield
        except UserError as error:
            self.tell(str(error), "error")

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Say one line. It is shown to the letter; the same line is not said twice within seconds."""
        last, at = self._said
        now = time.monotonic()
        if text == last and now - at < QUIET:
            return
        self._said = (text, now)
        self.notify(visible(text), severity=severity, markup=False)

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        """Run an action; an error that a person can do something about is said, and the studio stays up."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except UserError as error:
            self.tell(str(error), "error")
            return True
