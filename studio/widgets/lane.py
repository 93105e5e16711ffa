"""A lane's text as it streams: only lines that changed are drawn again, and nothing above the last line moves."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from studio.figures import count
from studio.widgets.flow import Flow, cells, drawn
from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.streaming import Change

PROMPT = 6
"""The level of a prompt's characters; those below are levels of surprise, 0 the most surprising."""
STYLES = (*(f"lane--surprise-{level}" for level in range(PROMPT)), "lane--prompt", "")
UNCOLOURED = bytes(PROMPT if level == PROMPT else PROMPT + 1 for level in range(256))
WHEEL = 3


class LaneView(Widget):
    """The last 20,000 characters or more of one lane. Follows the end of the text unless someone scrolls back.

    `caret` is the state that the caret shows: `writing`, `paused`, or anything else for none.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lane--prompt", "lane--caret", "lane--waiting", "lane--below", "lane--surprise-0", "lane--surprise-1",
        "lane--surprise-2", "lane--surprise-3", "lane--surprise-4", "lane--surprise-5",
    }  # fmt: skip
    DEFAULT_CSS = """
    LaneView {
        height: 1fr; width: 1fr; color: $foreground;
        & > .lane--prompt { color: $family-text; text-style: italic; }
        & > .lane--caret { background: $family-text; color: $background; }
        & > .lane--waiting { background: $text-muted; color: $background; }
        & > .lane--below { background: $panel; color: $text-muted; }
        & > .lane--surprise-0 { color: $text-error; text-style: bold reverse; }
        & > .lane--surprise-1 { color: $text-error; text-style: bold; }
        & > .lane--surprise-2 { color: $text-error; }
        & > .lane--surprise-3 { color: $text-warning; }
        & > .lane--surprise-4 { color: $foreground; }
        & > .lane--surprise-5 { color: $text-muted; }
        &:nocolor > .lane--below { text-style: reverse; }
        &:nocolor > .lane--surprise-1 { text-style: bold underline; }
        &:nocolor > .lane--surprise-2 { text-style: underline; }
        &:nocolor > .lane--surprise-3 { text-style: bold; }
        &:nocolor > .lane--surprise-5 { text-style: dim; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.flow = Flow(24)
        self.caret = ""
        self._surprise = False
        self._top: int | None = None
        self._anchor = 0
        self._strips: dict[int, Strip] = {}
        self._styles_by_name: dict[str, Style] = {}
        self._frame = (0, 0, 0)

    # What the page tells it

    def apply(self, change: Change) -> None:
        """Take in new text."""
        flow = self.flow
        top, last = self.top, flow.last
        if change.anew or change.place < flow.base:
            flow.clear(0 if change.anew else change.place)
            flow.append(change.text, change.levels)
            self._top = None
            self._forget(0)
            self.refresh()
            return
        first = min(flow.cut(change.place), flow.append(change.text, change.levels))
        self._forget(first)
        if self._top is not None:
            self._top = max(self._top, flow.first)
        if self.top != top:
            self.refresh()
        else:
            self._refresh_lines(first, max(last, flow.last))
        if self._top is not None:
            self._refresh_lines(self._top + self.size.height - 1, self._top + self.size.height - 1)

    def show_caret(self, caret: str) -> None:
        """Show another state at the end of the text."""
        if caret != self.caret:
            self.caret = caret
            self._forget(self.flow.last)
            self._refresh_lines(self.flow.last, self.flow.last)

    def show_surprise(self, on: bool) -> None:
        """Colour each character by its surprise, or not."""
        if on != self._surprise:
            self._surprise = on
            self._forget(0)
            self.refresh()

    # Scrolling

    @property
    def top(self) -> int:
        """The number of the first line in sight."""
        if self._top is not None:
            return self._top
        return max(self.flow.first, self.flow.last - max(1, self.size.height) + 1)

    @property
    def is_following(self) -> bool:
        """Whether the end of the text stays in sight."""
        return self._top is None

    def scroll_lines(self, lines: int) -> None:
        """Show lines further down, or further up if negative; at the end it follows again."""
        flow = self.flow
        end = max(flow.first, flow.last - max(1, self.size.height) + 1)
        top = max(flow.first, self.top + lines)
        self._top = None if top >= end else top
        self._anchor = flow.start_of(top)
        self.refresh()

    def scroll_pages(self, pages: int) -> None:
        """Show pages further down, or further up if negative; 1000 of them reach either end."""
        self.scroll_lines(pages * max(1, self.size.height - 2))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(WHEEL)

    def on_resize(self, event: Resize) -> None:
        """Wrap to the new width; the last column is the caret's. Who has scrolled back stays at the same text."""
        width = max(2, event.size.width - 1)
        if width != self.flow.width:
            self.flow.resize(width)
            if self._top is not None:
                self._top = self.flow.line_at(self._anchor)
            self._forget(0)
        self.refresh()

    # Drawing

    def notify_style_update(self) -> None:
        """Themes bring other colours."""
        super().notify_style_update()
        self._styles_by_name.clear()
        self._forget(0)

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        self._forget(0)
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under the selection, as it was written: lines that were only wrapped are joined."""
        flow, parts = self.flow, []
        for number in range(flow.first, flow.last + 1):
            span = selection.get_span(number)
            if span is not None:
                start, end = span
                line = drawn(flow.line(number)[0])
                parts.append(line[start:] if end == -1 else line[start:end])
                parts.append(flow.gap_after(number) if end == -1 else "")
        return ("".join(parts), "\n") if parts else None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`, with the app's filters applied.

        Textual's own cache goes by the place on the screen, so a text that scrolls would be styled anew line by line.
        Here a line is kept by its number, and the strip itself remembers what filters and compositor made of it.
        """
        self._frame = (self.top, *self.size)
        filters, background = self.get_line_filters(), self.background_colors[1]
        start, end = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop(start, end))
        return strips

    def render_line(self, y: int) -> Strip:
        top, width, height = self._frame
        if self._top is not None and y == height - 1:
            return self._below(width)
        number = top + y
        strip = self._strips.get(number)
        if strip is None:
            strip = self._strips[number] = self._strip(number, width)
        return strip

    def _below(self, width: int) -> Strip:
        hidden = self.flow.last - self.top - self.size.height + 2
        return Strip([Segment(fit(f" ▼ {count(hidden)} more below: End", width), self._style("lane--below"))], width)

    def _strip(self, number: int, width: int) -> Strip:
        base = self._style("")
        if not self.flow.first <= number <= self.flow.last:
            return Strip.blank(width, base)
        text, levels = self.flow.line(number)
        segments = [
            Segment(drawn(piece), self._style(STYLES[level])) for piece, level in runs(text, self._shown(levels))
        ]
        if number == self.flow.last and self.caret in ("writing", "paused"):
            segments.append(Segment(" ", self._style("lane--caret" if self.caret == "writing" else "lane--waiting")))
        strip = Strip(segments).adjust_cell_length(width, base)
        selection = self.text_selection
        span = None if selection is None else selection.get_span(number)
        if span is not None:
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, number)

    def _shown(self, levels: bytes) -> bytes:
        return levels if self._surprise else levels.translate(UNCOLOURED)

    def _style(self, name: str) -> Style:
        """The style of a component, or, for an empty name, of the widget itself."""
        style = self._styles_by_name.get(name)
        if style is None:
            style = self.get_component_rich_style(name) if name else self.rich_style
            self._styles_by_name[name] = style
        return style

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        text = strip.text
        left = cell_len(text[:start])
        right = strip.cell_length if end == -1 else cell_len(text[:end])
        before, inside, after = strip.divide([left, right, strip.cell_length])[:3]
        return Strip.join(
            [before, inside.apply_style(self.screen.get_component_rich_style("screen--selection")), after]
        )

    def _forget(self, first: int) -> None:
        """Drop what was drawn of the lines from `first` on, and of those that are gone."""
        oldest = self.flow.first
        self._strips = {number: strip for number, strip in self._strips.items() if oldest <= number < first}

    def _refresh_lines(self, first: int, last: int) -> None:
        top = self.top
        start, end = max(0, first - top), min(self.size.height - 1, last - top)
        if start <= end:
            self.refresh(Region(0, start, self.size.width, end - start + 1))


def runs(text: str, levels: bytes) -> list[tuple[str, int]]:
    """`text` in pieces of one level; a combining mark takes the level of its base."""
    if not text.isascii():
        owned = bytearray(levels)
        for place in range(1, len(text)):
            if not cells(text[place]):
                owned[place] = owned[place - 1]
        levels = bytes(owned)
    pieces, start = [], 0
    for level, same in groupby(levels):
        end = start + sum(1 for _ in same)
        pieces.append((text[start:end], level))
        start = end
    return pieces
