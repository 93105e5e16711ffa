"""Pictures side by side, small, in as many columns as there is room for: only those in sight are drawn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from models.errors import UserError
from studio.pictures import CELL
from studio.visible import visible
from studio.widgets.picture.half import Line, half_blocks
from studio.widgets.picture.layout import laid_out
from studio.widgets.picture.painting import PAINTER
from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.registry import PictureEntry
    from studio.widgets.picture.half import Pixels

Key = tuple[str, str, int]
WIDE, HIGH = 22, 10
"""Cells of a tile, at least so wide: the picture, its name under it, and a gap."""
KEPT = 400
"""Drawn pictures that are remembered."""


class PictureGrid(ScrollView, can_focus=True, inherit_bindings=False):
    """Tiles with a cursor, which stays on its picture while others come and go."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--name", "grid--cursor", "grid--blurred", "grid--bad"}
    DEFAULT_CSS = """
    PictureGrid {
        height: 1fr; width: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden;
        & > .grid--name { color: $text-muted; }
        & > .grid--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
        & > .grid--blurred { background: $block-cursor-blurred-background; text-style: bold; }
        & > .grid--bad { color: $text-error; }
        &:ansi > .grid--cursor, &:nocolor > .grid--cursor { text-style: bold reverse; }
        &:nocolor > .grid--blurred { text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1, 0)", "Left", id="grid.left", show=False),
        Binding("right", "move(1, 0)", "Right", id="grid.right", show=False),
        Binding("up", "move(0, -1)", "Up", id="grid.up", show=False),
        Binding("down", "move(0, 1)", "Down", id="grid.down", show=False),
        Binding("pageup", "page(-1)", "A page up", id="grid.page_up", show=False),
        Binding("pagedown", "page(1)", "A page down", id="grid.page_down", show=False),
        Binding("home", "to(0)", "First", id="grid.first", show=False),
        Binding("end", "to(-1)", "Last", id="grid.last", show=False),
    ]
    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor is on another picture, or on none (None)."""

        def __init__(self, entry: PictureEntry | None) -> None:
            super().__init__()
            self.entry = entry

    class Chosen(Moved):
        """A picture was clicked twice."""

    class Drawn(Message):
        """A tile can be drawn; posted by the thread that made it ready."""

    def __init__(self, thumbnail: Callable[[str], Pixels | None]) -> None:
        """`thumbnail` gives the small copy of a picture by its id, on the painter's thread."""
        super().__init__()
        self.thumbnail = thumbnail
        self.entries: Sequence[PictureEntry] = ()
        self._on = ""
        self._tiles: OrderedDict[Key, list[Line]] = OrderedDict()
        self._asked: set[Key] = set()

    @property
    def columns(self) -> int:
        """How many tiles stand side by side."""
        return max(1, (self.size.width - 1) // WIDE)

    @property
    def wide(self) -> int:
        """Cells of a tile across: all of the width is shared out."""
        return max(WIDE, (self.size.width - 1) // self.columns)

    @property
    def entry(self) -> PictureEntry | None:
        """The picture under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def show(self, entries: Sequence[PictureEntry]) -> None:
        """Show these. The cursor follows its picture; if that is gone, it stays at its place."""
        self.entries = entries
        places = [entry.id for entry in entries]
        place = places.index(self._on) if self._on in places else min(self.cursor, max(0, len(places) - 1))
        self._fit()
        if place != self.cursor:
            self.cursor = place
        else:
            self._tell()
        self.refresh()

    def _fit(self) -> None:
        rows = -(-len(self.entries) // self.columns)
        self.virtual_size = Size(self.size.width, rows * HIGH)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        self._fit()
        self._into_sight()

    def watch_cursor(self) -> None:
        self._into_sight()
        self._tell()
        self.refresh()

    def _into_sight(self) -> None:
        row = self.cursor // self.columns
        self.scroll_to_region(Region(0, row * HIGH, 1, HIGH), animate=False, force=True)

    def _tell(self) -> None:
        entry = self.entry
        self._on = "" if entry is None else entry.id
        if self.is_attached:
            self.post_message(self.Moved(entry))

    def action_move(self, across: int, down: int) -> None:
        wanted = self.cursor + across + down * self.columns
        if 0 <= wanted < len(self.entries):
            self.cursor = wanted

    def action_page(self, way: int) -> None:
        rows = max(1, self.size.height // HIGH)
        self.cursor = min(max(0, self.cursor + way * rows * self.columns), max(0, len(self.entries) - 1))

    def action_to(self, place: int) -> None:
        self.cursor = 0 if place == 0 else max(0, len(self.entries) - 1)

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is; a second click chooses the picture."""
        column, row = event.x // self.wide, (event.y + round(self.scroll_y)) // HIGH
        place = row * self.columns + column
        if column < self.columns and place < len(self.entries):
            self.cursor = place
            if event.chain == 2:
                self.post_message(self.Chosen(self.entry))

    def on_picture_grid_drawn(self, event: Drawn) -> None:
        event.stop()
        self.refresh()

    def _tile(self, entry: PictureEntry) -> list[Line]:
        """The picture's lines; none as long as they are being made."""
        key = entry.id, entry.sha256, self.wide
        lines = self._tiles.get(key)
        if lines is None and key not in self._asked:
            self._asked.add(key)
            PAINTER.ask((id(self), *key), lambda: self._draw(key))
        return lines or []

    def _draw(self, key: Key) -> None:
        """On the painter's thread."""
        try:
            small = self.thumbnail(key[0])
        except UserError:  # the registry is busy: the page says so, and a later drawing asks again
            self._asked.discard(key)
            return
        lines: list[Line] = []
        if small is not None:
            found = laid_out((small.shape[1], small.shape[0]), (key[2] - 2, HIGH - 2), CELL)
            lines = half_blocks(small, found.columns, found.rows)
        self._tiles[key] = lines
        while len(self._tiles) > KEPT:
            self._asked.discard(self._tiles.popitem(last=False)[0])
        if self.is_attached:
            self.post_message(self.Drawn())

    def render_line(self, y: int) -> Strip:
        """One line of all the tiles in a row."""
        width, blank = self.size.width, self.rich_style
        row, line = divmod(y + round(self.scroll_y), HIGH)
        segments = []
        for place in range(row * self.columns, min((row + 1) * self.columns, len(self.entries))):
            segments += self._line(self.entries[place], line, chosen=place == self.cursor)
        return Strip(segments).adjust_cell_length(width, blank)

    def _line(self, entry: PictureEntry, line: int, *, chosen: bool) -> list[Segment]:
        """One line of a tile."""
        blank, wide = self.rich_style, self.wide
        inner = wide - 2
        if line == HIGH - 2:
            name = "grid--bad" if entry.problem else "grid--name"
            if chosen:
                name = "grid--cursor" if self.has_focus else "grid--blurred"
            style = blank + self.get_component_rich_style(name, partial=True)
            mark = "▸" if chosen else " "
            text = f"{mark}{visible(entry.problem or '')}{': ' if entry.problem else ''}{visible(entry.name)}"
            return [Segment(" ", blank), Segment(fit(text, inner), style), Segment(" ", blank)]
        lines = self._tile(entry)
        top = max(0, HIGH - 2 - len(lines))
        if line == HIGH - 1 or not top <= line < top + len(lines):
            return [Segment(" " * wide, blank)]
        found = lines[line - top]
        used = sum(len(segment.text) for segment in found)
        left = (inner - used) // 2 + 1
        return [Segment(" " * left, blank), *found, Segment(" " * (wide - left - used), blank)]
