"""The lanes side by side: as many columns as can be read, further lanes below, or one lane alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from studio.widgets.candidates import Candidates
from studio.widgets.lane import LaneView
from studio.widgets.lane_header import Heading, LaneHeader, shown_settings

if TYPE_CHECKING:
    from studio.streaming import Channel, Reader

NARROWEST = 24
LOWEST = 6


class LanePane(Vertical):
    """One lane: its header, its text, and under it the candidates when they are asked for."""

    DEFAULT_CSS = "LanePane { width: 1fr; height: 1fr; }"

    class Touched(Message):
        """The lane was clicked."""

        def __init__(self, pane: LanePane) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, channel: Channel, reader: Reader) -> None:
        super().__init__()
        self.channel = channel
        self.reader = reader
        self.header = LaneHeader()
        self.view = LaneView()
        self.candidates = Candidates()

    def compose(self) -> ComposeResult:
        """Header, text, candidates."""
        yield self.header
        yield self.view
        yield self.candidates

    def pull(self) -> None:
        """Bring the text up to date."""
        change = self.reader.pull()
        if change is not None:
            self.view.apply(change)
        self.view.show_caret(self.channel.state)
        if self.candidates.display:
            self.candidates.show(self.channel.candidates)

    def head(self, number: int, unit: str) -> None:
        """Bring the figures up to date."""
        channel = self.channel
        settings = channel.lane.settings
        extras = shown_settings(settings)
        self.header.heading = Heading(
            number,
            settings.temperature,
            channel.state,
            channel.lane.seed,
            channel.rate,
            unit,
            channel.surprise,
            extras,
        )

    def look_ahead(self, on: bool) -> None:
        """Show the candidates, or not."""
        self.channel.watched = on
        self.candidates.display = on

    def on_click(self) -> None:
        """Tell that this lane is meant."""
        self.post_message(self.Touched(self))


class Lanes(Container):
    """One to six lane panes in a grid."""

    DEFAULT_CSS: ClassVar[str] = """
    Lanes { layout: grid; grid-gutter: 0 1; width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.zoomed = False
        self.chosen: LanePane | None = None

    @property
    def panes(self) -> list[LanePane]:
        return [child for child in self.children if isinstance(child, LanePane)]

    def arrange_panes(self) -> None:
        """Lay the panes out for the present size; where not even two fit, only the chosen one shows."""
        panes = self.panes
        if not panes:
            return
        columns, rows = shape(len(panes), self.size.width, self.size.height)
        alone = self.zoomed or columns * rows < len(panes)
        if alone:
            columns, rows = 1, 1
        for pane in panes:
            pane.display = not alone or pane is self.chosen
            pane.styles.column_span = 1
        if not alone:
            panes[-1].styles.column_span = columns * rows - len(panes) + 1
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows

    def on_resize(self) -> None:
        """Another size, another shape."""
        self.arrange_panes()


def shape(lanes: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows for so many lanes in a space of this size; fewer places than lanes if they cannot all show."""
    most = max(1, (width + 1) // (NARROWEST + 1))
    rows = -(-lanes // min(most, lanes))
    columns = -(-lanes // rows)
    return (columns, rows) if height >= rows * LOWEST else (1, 1)
