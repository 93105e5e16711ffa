"""The newest pictures of a family side by side, small, with one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from studio.visible import visible
from studio.widgets.picture import Thumbnail
from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.registry import PictureEntry, Registry

WIDTH = 14
"""Cells that one picture takes, its margin included."""
MOST = 16


class Frame(Vertical):
    """One small picture over its name."""

    def __init__(self) -> None:
        super().__init__()
        self.entry: PictureEntry | None = None

    def compose(self) -> ComposeResult:
        yield Thumbnail()
        yield Static("", markup=False)

    def show(self, entry: PictureEntry, registry: Registry) -> None:
        """Show this picture."""
        if entry != self.entry:
            self.entry = entry
            self.query_one(Thumbnail).show(registry.thumbnail(entry.id))
            self.query_one(Static).update(Content(fit(visible(entry.name), WIDTH - 2)), layout=False)

    def on_click(self, event: Click) -> None:
        event.stop()
        if self.entry is not None:
            self.post_message(Strip.Chosen(self.entry))


class Strip(Horizontal):
    """As many of the newest pictures as there is room for, the newest at the left."""

    DEFAULT_CSS = f"""
    Strip {{ height: 6; padding: 0 1; overflow: hidden hidden; }}
    Strip Frame {{ width: {WIDTH}; height: 6; padding-right: 2; }}
    Strip Frame Thumbnail {{ width: {WIDTH - 2}; height: 5; }}
    Strip Frame Static {{ height: 1; color: $text-muted; text-wrap: nowrap; }}
    Strip Frame.-chosen Static {{ color: $family-text; text-style: bold reverse; }}
    Strip.-none {{ height: 1; }}
    Strip .none {{ width: 1fr; height: 1; color: $text-muted; }}
    """

    class Chosen(Message):
        """A picture was chosen with the mouse."""

        def __init__(self, entry: PictureEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, nothing: str) -> None:
        super().__init__()
        self.nothing = nothing
        self.entries: Sequence[PictureEntry] = ()
        self.chosen: str = ""

    def compose(self) -> ComposeResult:
        yield Static(Content(self.nothing), classes="none")

    def on_mount(self) -> None:
        """Take no room before there is something to show."""
        self.set_class(True, "-none")

    @property
    def room(self) -> int:
        """How many pictures fit."""
        return max(1, min(MOST, (self.size.width - 2) // WIDTH))

    def show(self, entries: Sequence[PictureEntry], registry: Registry) -> None:
        """Show these, the chosen one kept in sight."""
        self.entries = entries
        places = [entry.id for entry in entries]
        place = places.index(self.chosen) if self.chosen in places else 0
        first = max(0, place - self.room + 1)
        seen = entries[first : first + self.room]
        frames = list(self.query(Frame))
        while len(frames) < len(seen):
            frame = Frame()
            self.mount(frame)
            frames.append(frame)
        self.query_one(".none").display = not seen
        self.set_class(not seen, "-none")
        for number, frame in enumerate(frames):
            frame.display = number < len(seen)
            if frame.display:
                self.call_after_refresh(frame.show, seen[number], registry)
                frame.set_class(seen[number].id == self.chosen, "-chosen")

    def step(self, by: int) -> PictureEntry | None:
        """Choose the next picture, or the one before; it is returned, None where there are none."""
        if not self.entries:
            return None
        places = [entry.id for entry in self.entries]
        place = places.index(self.chosen) + by if self.chosen in places else 0
        entry = self.entries[min(max(0, place), len(places) - 1)]
        self.chosen = entry.id
        return entry
