"""A pane of plain text with a heading that can be scrolled; a log stays at its end while it grows."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static


class Tail(Vertical):
    """A heading and a text under it. With `follow` the end of the text is in sight unless it was scrolled away."""

    DEFAULT_CSS = """
    Tail { width: 1fr; height: 1fr; }
    Tail .heading { height: 1; color: $text-muted; text-style: bold; }
    Tail VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    Tail VerticalScroll:focus { background-tint: $foreground 4%; }
    Tail .text { height: auto; }
    """

    def __init__(self, heading: str, *, id: str, follow: bool = False) -> None:
        super().__init__(id=id)
        self.heading, self.follow = heading, follow
        self.shown: Content | None = None

    def compose(self) -> ComposeResult:
        """The heading over the text."""
        yield Static(Content(self.heading), classes="heading")
        with VerticalScroll():
            yield Static("", classes="text", markup=False)

    def show(self, text: Content) -> None:
        """Show this text. Nothing is drawn while it stays the same."""
        if text == self.shown:
            return
        self.shown = text
        scroll = self.query_one(VerticalScroll)
        at_end = scroll.scroll_offset.y >= scroll.max_scroll_y
        self.query_one(".text", Static).update(text)
        if self.follow and at_end:
            self.call_after_refresh(scroll.scroll_end, animate=False)
