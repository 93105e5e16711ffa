"""A list of rows in columns that draws only the rows in sight: ten thousand cost no more than ten."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from studio.visible import visible
from studio.widgets.status import fit

Item = TypeVar("Item")
Tone = Literal["", "good", "bad", "warn", "dim", "accent", "strong"]
Cell = str | tuple[str, Tone]
"""A cell is plain text, or plain text with a tone. It is never markup."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its width in cells (0: shares what is left), and the list's width from which it shows."""

    title: str
    width: int = 0
    right: bool = False
    shows_from: int = 0


class RowList(ScrollView, Generic[Item], can_focus=True, inherit_bindings=False):
    """Rows with a cursor. `columns` are fixed; `cells` gives the texts of one item, when it is in sight.

    The cursor stays on its item while items come, go and change their order: `key` tells which is which.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--header", "rows--cursor", "rows--blurred", "rows--good", "rows--bad", "rows--warn", "rows--dim",
        "rows--accent", "rows--strong",
    }  # fmt: skip
    DEFAULT_CSS = """
    RowList {
        height: 1fr; width: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden;
        & > .rows--header { color: $text-muted; }
        & > .rows--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
        & > .rows--blurred { background: $block-cursor-blurred-background; }
        & > .rows--good { color: $text-success; }
        & > .rows--bad { color: $text-error; }
        & > .rows--warn { color: $text-warning; }
        & > .rows--dim { color: $text-muted; }
        & > .rows--accent { color: $family-text; }
        & > .rows--strong { text-style: bold; }
        &:ansi > .rows--cursor { text-style: bold reverse; }
        &:nocolor > .rows--cursor { text-style: bold reverse; }
        &:nocolor > .rows--blurred { text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="list.up", show=False),
        Binding("down,j", "move(1)", "Down", id="list.down", show=False),
        Binding("pageup", "page(-1)", "A page up", id="list.page_up", show=False),
        Binding("pagedown", "page(1)", "A page down", id="list.page_down", show=False),
        Binding("home", "to(0)", "First", id="list.first", show=False),
        Binding("end", "to(-1)", "Last", id="list.last", show=False),
    ]
    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor is on another item, or on none (None)."""

        def __init__(self, rows: RowList[Any], item: Any) -> None:
            super().__init__()
            self.rows, self.item = rows, item

        @property
        def control(self) -> RowList[Any]:
            return self.rows

    class Chosen(Moved):
        """An item was clicked twice."""

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[Item], Sequence[Cell]],
        key: Callable[[Item], Hashable],
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns, self.cells, self.key = columns, cells, key
        self.items: Sequence[Item] = ()
        self._on: Hashable = None

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def show(self, items: Sequence[Item]) -> None:
        """Show these items. The cursor follows its item; if it is gone, it stays at its place."""
        self.items = items
        self.virtual_size = Size(self.size.width, len(items) + 1)
        keys = [self.key(item) for item in items]
        place = keys.index(self._on) if self._on in keys else min(self.cursor, max(0, len(items) - 1))
        if place != self.cursor:
            self.cursor = place
        else:
            self._tell()
        self.refresh()

    def select(self, key: Hashable) -> None:
        """Put the cursor on the item with this key, if it is there, now or with the next `show`."""
        self._on = key
        for place, item in enumerate(self.items):
            if self.key(item) == key:
                self.cursor = place
                self._tell()

    def watch_cursor(self) -> None:
        """Keep the cursor in sight and tell where it is."""
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True)
        self._tell()
        self.refresh()

    def _tell(self) -> None:
        item = self.item
        self._on = None if item is None else self.key(item)
        if self.is_attached:
            self.post_message(self.Moved(self, item))

    def action_move(self, by: int) -> None:
        self.cursor = min(max(0, self.cursor + by), max(0, len(self.items) - 1))

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 2))

    def action_to(self, place: int) -> None:
        self.cursor = max(0, len(self.items) - 1) if place < 0 else 0

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is; a second click chooses the item."""
        place = event.y - 1 + round(self.scroll_y)
        if event.y > 0 and 0 <= place < len(self.items):
            self.cursor = place
            if event.chain == 2:
                self.post_message(self.Chosen(self, self.items[place]))

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(event.size.width, len(self.items) + 1)
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def layout_of(self, width: int) -> list[tuple[int, Column, int]]:
        """The columns that show in `width` cells: place in a row, column, width."""
        shown = [(place, column) for place, column in enumerate(self.columns) if column.shows_from <= width]
        free = width - 3 - sum(column.width for _, column in shown) - 2 * (len(shown) - 1)
        shares = sum(1 for _, column in shown if column.width == 0)
        return [(place, column, column.width or max(4, free // shares)) for place, column in shown]

    def render_line(self, y: int) -> Strip:
        """The header, a row, or nothing."""
        width = self.size.width
        place = y - 1 + round(self.scroll_y)
        if y == 0:
            style = self.get_component_rich_style("rows--header")
            texts = [
                (column.title.rjust(size) if column.right else fit(column.title, size), style)
                for _, column, size in self.layout_of(width)
            ]
            return self._strip(" ", texts, self.rich_style, width)
        if not 0 <= place < len(self.items):
            return Strip.blank(width, self.rich_style)
        base = self.rich_style
        if place == self.cursor:
            base += self.get_component_rich_style("rows--cursor" if self.has_focus else "rows--blurred", partial=True)
        cells = self.cells(self.items[place])
        texts = []
        for index, column, size in self.layout_of(width):
            cell = cells[index]
            text, tone = (cell, "") if isinstance(cell, str) else cell
            text = visible(text)
            if column.right:
                text = " " * (size - cell_len(text)) + text
            style = base
            if tone and not (place == self.cursor and self.has_focus):
                style = base + self.get_component_rich_style(f"rows--{tone}", partial=True)
            texts.append((fit(text, size), style))
        return self._strip("▸" if place == self.cursor else " ", texts, base, width)

    @staticmethod
    def _strip(mark: str, texts: Sequence[tuple[str, Style]], base: Style, width: int) -> Strip:
        segments = [Segment(f"{mark} ", base)]
        for place, (text, style) in enumerate(texts):
            if place:
                segments.append(Segment("  ", base))
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)
