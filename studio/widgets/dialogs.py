"""Dialogs: a question with a few answers, and a line to fill in. Outside text is shown to the letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from models.errors import UserError
from studio.visible import visible

CSS = """
Question, Prompt { align: center middle; background: $background 60%; }
Question > Vertical, Prompt > Vertical {
    width: 64; max-width: 90%; height: auto; max-height: 90%; background: $panel; padding: 1 2;
}
Question .title, Prompt .title { text-style: bold; }
Question .detail, Prompt .detail { color: $text-muted; }
Question OptionList {
    height: auto; background: transparent; border: none; padding: 0; margin-top: 1;
    &:nocolor > .option-list--option-highlighted { text-style: reverse; }
}
Prompt Input { margin-top: 1; background: $background; }
Prompt #problem { color: $text-error; height: 1; }
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question: the key that gives it, what it says, and its value."""

    key: str
    label: str
    value: str


class Question(ModalScreen[str | None]):
    """Asks; the result is the value of the answer, None for going back.

    The cursor is on the first answer; on going back where the answer must be given with care.
    """

    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
    ]

    def __init__(self, title: str, detail: str, answers: Sequence[Answer], *, careful: bool = False) -> None:
        super().__init__()
        self.careful = careful
        self.question, self.detail = visible(title), visible(detail, lines=True)
        self.answers = (*answers, Answer("esc", "Go back", ""))

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical():
            yield Static(Content(self.question), classes="title")
            if self.detail:
                yield Static(Content(self.detail), classes="detail")
            yield OptionList(
                *(Option(Content(f"{answer.key:>4}  {visible(answer.label)}")) for answer in self.answers), compact=True
            )

    def on_mount(self) -> None:
        """Put the cursor where Enter does no harm."""
        self.query_one(OptionList).highlighted = len(self.answers) - 1 if self.careful else 0

    def on_key(self, event: Key) -> None:
        """An answer's own key gives it at once."""
        for answer in self.answers:
            if event.key == answer.key or event.character == answer.key:
                event.stop()
                self.dismiss(answer.value or None)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.answers[event.option_index].value or None)


class Prompt(ModalScreen[str | None]):
    """Asks for a line of text; None for going back. `check` returns the value that is kept, or raises UserError."""

    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
    ]

    def __init__(self, title: str, value: str = "", *, detail: str = "", check: Callable[[str], str] = str) -> None:
        super().__init__()
        self.question, self.detail, self.value, self.check = visible(title), visible(detail, lines=True), value, check

    def compose(self) -> ComposeResult:
        """The line to fill in, and under it what is wrong with it."""
        with Vertical():
            yield Static(Content(self.question), classes="title")
            if self.detail:
                yield Static(Content(self.detail), classes="detail")
            yield Input(self.value, compact=True)
            yield Static("", id="problem", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.checked(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        value = self.checked(event.value)
        if value is not None:
            self.dismiss(value)

    def checked(self, text: str) -> str | None:
        """The checked value; None, with the reason on show, where it will not do."""
        problem, value = "", None
        try:
            value = self.check(text)
        except UserError as error:
            problem = str(error)
        self.query_one("#problem", Static).update(Content(visible(problem)))
        return value
