"""A letter to choose, A to Z: one key, and those that are taken in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static


class Letters(ModalScreen[str | None]):
    """Asks for a letter; None for going back. `only_taken` refuses a letter that stands for nothing.

    Enter takes the letter `offered`, or `otherwise` what is said there in words, for which the answer is empty.
    """

    DEFAULT_CSS = """
    Letters { align: center middle; background: $background 60%; }
    Letters > Vertical { width: 64; max-width: 96%; height: auto; background: $panel; padding: 1 2; }
    Letters .title { text-style: bold; }
    Letters .detail { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
    ]

    def __init__(
        self, title: str, taken: Sequence[str], *, offered: str = "", only_taken: bool = False, otherwise: str = ""
    ) -> None:
        super().__init__()
        self.otherwise = otherwise
        self.heading, self.taken, self.offered, self.only_taken = title, tuple(taken), offered, only_taken

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            yield Static(Content(f"Marked: {' '.join(self.taken) or 'nothing yet'}"), classes="detail")
            answer = self.offered or self.otherwise
            enter = f"Enter takes {answer}   " if answer else ""
            yield Static(Content(f"A to Z chooses   {enter}Esc back"), classes="detail")

    def on_key(self, event: Key) -> None:
        """A letter answers."""
        if self.otherwise and event.key == "enter":
            event.stop()
            self.dismiss("")
            return
        letter = self.offered if event.key == "enter" else (event.character or "").upper()
        if len(letter) == 1 and letter.isascii() and letter.isalpha():
            event.stop()
            if not self.only_taken or letter in self.taken:
                self.dismiss(letter)
