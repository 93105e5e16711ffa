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
    """Asks for a letter; None for going back. `only_taken` refuses a letter that stands for nothing."""

    DEFAULT_CSS = """
    Letters { align: center middle; background: $background 60%; }
    Letters > Vertical { width: 64; max-width: 96%; height: auto; background: $panel; padding: 1 2; }
    Letters .title { text-style: bold; }
    Letters .detail { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
    ]

    def __init__(self, title: str, taken: Sequence[str], *, offered: str = "", only_taken: bool = False) -> None:
        super().__init__()
        self.heading, self.taken, self.offered, self.only_taken = title, tuple(taken), offered, only_taken

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            yield Static(Content(f"Marked: {' '.join(self.taken) or 'nothing yet'}"), classes="detail")
            enter = f"Enter takes {self.offered}   " if self.offered else ""
            yield Static(Content(f"A to Z chooses   {enter}Esc back"), classes="detail")

    def on_key(self, event: Key) -> None:
        """A letter answers."""
        letter = self.offered if event.key == "enter" else (event.character or "").upper()
        if len(letter) == 1 and letter.isascii() and letter.isalpha():
            event.stop()
            if not self.only_taken or letter in self.taken:
                self.dismiss(letter)
