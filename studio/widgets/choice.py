"""A choice between a few words, all in one line: arrows, space or the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """One of `options`. All of them are shown where there is room, else the chosen one between two arrows."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice--chosen", "choice--other"}
    DEFAULT_CSS = """
    Choice {
        height: 1; width: 1fr; color: $foreground;
        & > .choice--chosen { color: $family-text; text-style: bold; }
        & > .choice--other { color: $text-muted; }
        &:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
        &:focus > .choice--chosen { color: $block-cursor-foreground; text-style: bold underline; }
        &:focus > .choice--other { color: $block-cursor-foreground; }
        &:nocolor:focus, &:ansi:focus { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "turn(-1)", "The one before", id="choice.previous", show=False),
        Binding("right,l,space", "turn(1)", "The next one", id="choice.next", show=False),
    ]
    value: reactive[str] = reactive("", init=False)

    class Changed(Message):
        """Another option was chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice, self.value = choice, value

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, options: Sequence[str], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.options = list(options)
        self.set_reactive(Choice.value, value)

    def watch_value(self, value: str) -> None:
        self.post_message(self.Changed(self, value))

    def action_turn(self, by: int) -> None:
        self.value = self.options[(self.options.index(self.value) + by) % len(self.options)]

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """The cells that all options take side by side."""
        return sum(len(option) + 2 for option in self.options)

    def spots(self) -> list[tuple[str, str]]:
        """What is drawn, and the option that a click on it chooses."""
        spots = [(f"●{option} " if option == self.value else f" {option} ", option) for option in self.options]
        if sum(len(text) for text, _ in spots) <= self.size.width:
            return spots
        place = self.options.index(self.value)
        before, after = self.options[place - 1], self.options[(place + 1) % len(self.options)]
        return [("‹ ", before), (self.value, self.value), (" ›", after)]

    def render(self) -> Content:
        chosen, other = (self.get_visual_style(f"choice--{part}", partial=True) for part in ("chosen", "other"))
        return Content("").join(
            Content.styled(text, chosen if option == self.value else other) for text, option in self.spots()
        )

    def on_click(self, event: Click) -> None:
        left = 0
        for text, option in self.spots():
            if left <= event.x < left + len(text):
                self.value = option
                return
            left += len(text)
