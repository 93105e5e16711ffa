"""A small picture of half-blocks, for lists and grids: it is in every terminal, and many of them cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from studio.widgets.picture.half import Line, half_blocks
from studio.widgets.picture.layout import laid_out
from studio.widgets.picture.output import filters, means_of

if TYPE_CHECKING:
    from textual.filter import LineFilter

    from studio.widgets.picture.half import Pixels


class Thumbnail(Widget):
    """One small picture, uint8 (height, width, 3), in the middle of its room."""

    ALLOW_SELECT = False

    def __init__(self, pixels: Pixels | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._pixels = pixels
        self._lines: list[Line] = []
        self._fits: Size | None = None

    def show(self, pixels: Pixels | None) -> None:
        """Show another picture; None clears it."""
        if pixels is not self._pixels:
            self._pixels, self._fits = pixels, None
            self.refresh()

    def get_line_filters(self) -> list[LineFilter]:
        return filters(super().get_line_filters())

    def render_line(self, y: int) -> Strip:
        """A row of the picture, or nothing beside it."""
        width, height = self.size
        if self._fits != self.size:
            self._fits, self._lines = self.size, []
            if self._pixels is not None and width and height:
                tall, wide = self._pixels.shape[:2]
                found = laid_out((wide, tall), (width, height), means_of(self.app).cell)
                self._lines = half_blocks(self._pixels, found.columns, found.rows)
        top = (height - len(self._lines)) // 2
        if not top <= y < top + len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[y - top]
        used = sum(len(segment.text) for segment in line)
        left = (width - used) // 2
        blank = self.rich_style
        return Strip([Segment(" " * left, blank), *line, Segment(" " * (width - left - used), blank)], width)
