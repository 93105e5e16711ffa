"""What a lane may write next: the most probable symbols, with their probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from studio.widgets.flow import drawn
from studio.widgets.status import fit

if TYPE_CHECKING:
    from models.text.sampler import Candidate

SYMBOL_CELLS = 3
HALF = 0.5
"""A bar is as long as the row for this probability, or for that of the first one if it is higher."""
NAMES = {" ": "␣", "\n": "⏎", "\t": "⇥"}
BLOCKS = " ▏▎▍▌▋▊▉█"


class Candidates(Widget, can_focus=True):
    """A row a symbol; Enter writes the one under the cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"candidates--bar", "candidates--symbol", "candidates--cursor"}
    DEFAULT_CSS = """
    Candidates {
        height: 10; max-height: 60%; width: 1fr; background: $surface; color: $text-muted; display: none;
        & > .candidates--bar { color: $family-text; }
        & > .candidates--symbol { color: $foreground; text-style: bold; }
        & > .candidates--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        &:ansi > .candidates--cursor, &:nocolor > .candidates--cursor { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick", "Write it", id="candidates.pick"),
        Binding("up", "move(-1)", "Up", id="candidates.up", show=False),
        Binding("down", "move(1)", "Down", id="candidates.down", show=False),
        Binding("escape,c", "close", "Close", id="candidates.close"),
    ]

    class Picked(Message):
        """A symbol was picked."""

        def __init__(self, candidates: Candidates, symbol: str) -> None:
            super().__init__()
            self.candidates, self.symbol = candidates, symbol

    class Choosing(Message):
        """Someone has begun to choose: the symbols should stay."""

    class Closed(Message):
        """No more candidates are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.candidates: Sequence[Candidate] = ()
        self.cursor = 0

    def show(self, candidates: Sequence[Candidate]) -> None:
        """Show these; the cursor goes to the first one."""
        if candidates != self.candidates:
            self.candidates = candidates
            self.cursor = 0
            self.refresh()

    def action_move(self, by: int) -> None:
        self.post_message(self.Choosing())
        rows = min(len(self.candidates), max(1, self.size.height))
        self.cursor = min(max(0, self.cursor + by), max(0, rows - 1))
        self.refresh()

    def action_pick(self) -> None:
        if self.cursor < len(self.candidates):
            self.post_message(self.Picked(self, self.candidates[self.cursor].symbol))

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def on_click(self, event: Click) -> None:
        """A click picks."""
        if event.y < len(self.candidates):
            self.cursor = event.y
            self.action_pick()

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.size.width
        if y >= len(self.candidates):
            return Strip.blank(width, base)
        candidate = self.candidates[y]
        figure = f" {candidate.probability:5.3f} "
        widest = max(cell_len(symbol_name(each.symbol)) for each in self.candidates)
        symbol = f" {fit(symbol_name(candidate.symbol), min(max(SYMBOL_CELLS, widest), width // 3))} "
        room = max(1, width - cell_len(symbol) - len(figure))
        if y == self.cursor and self.has_focus:
            base += self.get_component_rich_style("candidates--cursor", partial=True)
        bar, strong = (self.get_component_rich_style(f"candidates--{part}", partial=True) for part in ("bar", "symbol"))
        segments = [
            Segment(symbol, base + strong),
            Segment(bar_of(candidate.probability / max(HALF, self.candidates[0].probability), room), base + bar),
            Segment(figure, base),
        ]
        return Strip(segments).adjust_cell_length(width, base)


def symbol_name(symbol: str) -> str:
    """A symbol to be seen: blanks and what has no shape have names, a combining mark stands on a circle."""
    return NAMES.get(symbol) or drawn(symbol) or f"U+{ord(symbol[0]):04X}"


def bar_of(part: float, width: int) -> str:
    """A bar of `width` cells, filled from the left in eighths of a cell."""
    eighths = min(8 * width, max(0, round(part * width * 8)))
    full, rest = divmod(eighths, 8)
    return ("█" * full + (BLOCKS[rest] if rest else "")).ljust(width)
