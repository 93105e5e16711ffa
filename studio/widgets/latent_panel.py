"""Beside the picture of a latent space: what the arrows do, a slider for each concept, the marks as small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from models.latent.groups import group_of
from studio.visible import visible
from studio.widgets.picture import Thumbnail
from studio.widgets.rows import Cell, Column, RowList

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

BAR = 13
"""Cells of a slider, unless there is room for more."""
GROUPS = ("", "expression", "wear", "identity", "setting")
"""The order in which groups are listed; a person's own concepts come first."""


@dataclass(frozen=True, slots=True)
class Slider:
    """A concept: its name, its group (`own` for a person's), and how strong it is, -3 to 3."""

    name: str
    group: str
    strength: float


def sliders(names: Sequence[str], strengths: Mapping[str, float]) -> list[Slider]:
    """The concepts, group by group, each group in its order."""
    found = [Slider(name, group_of(name) or "own", strengths.get(name, 0.0)) for name in names]
    order = {name or "own": place for place, name in enumerate(GROUPS)}
    return sorted(found, key=lambda slider: order.get(slider.group, 9))


def bar(strength: float, cells: int = BAR, strongest: float = 3.0) -> str:
    """A slider in an odd number of cells: the middle is marked, and filled from there to where it stands."""
    middle = cells // 2
    place = middle + round(strength / strongest * middle)
    low, high = min(place, middle), max(place, middle)
    found = ["━" if low <= cell <= high and strength else "─" for cell in range(middle * 2 + 1)]
    found[middle] = "┼"
    if strength or place != middle:
        found[place] = "●"
    return "".join(found)


class LatentPanel(Vertical):
    """All that is said beside the picture."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"panel--key"}
    DEFAULT_CSS = """
    LatentPanel { width: 44; padding: 0 1; background: $surface; }
    LatentPanel > .panel--key { color: $family-vae; text-style: bold; }
    LatentPanel #axes { height: auto; }
    LatentPanel #filter { height: 1; background: transparent; margin-top: 1; }
    LatentPanel RowList { height: 1fr; min-height: 3; background: $surface; }
    LatentPanel #none { height: 1fr; color: $text-muted; display: none; margin-top: 1; }
    LatentPanel.-none RowList, LatentPanel.-none #filter { display: none; }
    LatentPanel.-none #none { display: block; }
    LatentPanel #marks { height: auto; }
    LatentPanel #shots { height: auto; layout: grid; grid-gutter: 0 1; grid-rows: 6; display: none; }
    LatentPanel.-shots #shots { display: block; layout: grid; }
    LatentPanel #shots Vertical { height: 6; }
    LatentPanel #shots Thumbnail { height: 5; }
    LatentPanel #shots Static { height: 1; text-align: center; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[Slider] | None = None
        self._said: dict[str, Content] = {}

    def compose(self) -> ComposeResult:
        yield Static("", id="axes", markup=False)
        yield Input(placeholder="concepts: / filters by name or group", compact=True, id="filter")
        columns = (Column("concept"), Column(""), Column("", 5, right=True), Column("group", 10, shows_from=60))
        yield RowList(columns, self.cells, lambda slider: slider.name, id="concepts")
        yield Static("", id="none", markup=False)
        yield Static("", id="marks", markup=False)
        yield Container(id="shots")

    @property
    def rows(self) -> RowList[Slider]:
        return self.query_one("#concepts", RowList)

    @property
    def chosen(self) -> str:
        """The concept under the cursor; empty if there is none."""
        item = self.rows.item
        return item.name if item is not None else ""

    def cells(self, slider: Slider) -> Sequence[Cell]:
        """A concept's row."""
        tone = "accent" if slider.strength else ""
        value = f"{slider.strength:+.2g}" if slider.strength else "0"
        room = next(size for place, _, size in self.rows.layout_of(self.rows.size.width) if place == 1)
        line = bar(slider.strength, room - 1 + room % 2)
        return (slider.name, tone), (line, tone or "dim"), (value, tone or "dim"), (slider.group, "dim")  # type: ignore[return-value]

    def say(self, axes: Content, marks: Content) -> None:
        """What the arrows do, and what is marked."""
        for place, content in (("#axes", axes), ("#marks", marks)):
            if self._said.get(place) != content:
                self._said[place] = content
                self.query_one(place, Static).update(content)

    def show(self, found: Sequence[Slider]) -> None:
        """List these concepts; nothing is drawn where nothing has changed, for the picture has to follow."""
        if found == self._all:
            return
        self._all = found
        self.set_class(not found, "-none")
        self.query_one("#none", Static).update(
            Content(
                "This model knows no concepts. Make one: a adds the picture to those with it, "
                "A to those without, n names it."
            )
        )
        self.filter()

    @on(Input.Changed, "#filter")
    def filter(self) -> None:
        """Show those whose name or group holds what is typed."""
        wanted = self.query_one("#filter", Input).value.strip().casefold()
        self.rows.show([each for each in self._all or () if wanted in each.name.casefold() or wanted in each.group])

    @on(Input.Submitted, "#filter")
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    def show_marks(self, pictures: Mapping[str, Pixels]) -> None:
        """The marked pictures, small, where there is room for them."""
        place = self.query_one("#shots")
        place.remove_children()
        per_row = max(1, (self.size.width - 2) // 11)
        rows = max(0, (self.size.height - 24) // 6)
        shown = list(pictures.items())[: per_row * min(rows, 3)]
        self.set_class(bool(shown), "-shots")
        if shown:
            place.styles.grid_size_columns = per_row
            place.mount(
                *(Vertical(Thumbnail(pixels), Static(visible(letter), markup=False)) for letter, pixels in shown)
            )
