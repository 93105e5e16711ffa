"""The top line: one tab a page, with its number key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studio.pages import PageInfo


class PageTabs(Widget):
    """All pages in one line; the visible one stands out by reverse or colour and by its weight."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--key", "tabs--current", "tabs--brand"}
    DEFAULT_CSS = """
    PageTabs {
        height: 1; width: 1fr; background: $panel; color: $foreground;
        & > .tabs--key { color: $text-muted; }
        & > .tabs--current { color: $family-text; background: $background; text-style: bold; }
        & > .tabs--brand { color: $text-muted; }
        &:ansi > .tabs--current { text-style: bold reverse; }
        &:nocolor > .tabs--current { text-style: bold reverse; }
    }
    """
    current: reactive[str] = reactive("")

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, pages: Sequence[PageInfo]) -> None:
        super().__init__()
        self.pages = pages

    def labels(self) -> list[str]:
        """The text of each tab, with its padding."""
        return [f" {info.key} {info.title} " for info in self.pages]

    def render(self) -> Content:
        key, current, brand = (
            self.get_visual_style(f"tabs--{part}", partial=True) for part in ("key", "current", "brand")
        )
        tabs = []
        for info, label in zip(self.pages, self.labels(), strict=True):
            if info.name == self.current:
                tabs.append(Content.styled(label, current))
            else:
                tabs.append(Content(label).stylize(key, 1, 2))
        line = Content("").join(tabs)
        name = "Latent Studio "
        room = self.size.width - line.cell_length - len(name)
        return line if room < 2 else Content.assemble(line, " " * room, (name, brand))

    def on_click(self, event: Click) -> None:
        """Tell which tab was clicked."""
        left = 0
        for info, label in zip(self.pages, self.labels(), strict=True):
            if left <= event.x < left + len(label):
                self.post_message(self.Chosen(info.name))
            left += len(label)
