"""How a picture is looked at: how near, and which part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.widgets.picture.half import Pixels

FACTOR = 1.5
MOST = 32.0
PAN = 0.25
"""The part of what is in sight that a step to the side moves by."""
SAME_SHAPE = 0.03


@dataclass(frozen=True, slots=True)
class Look:
    """At `zoom` 1 all of the picture shows. `centre` is the middle of what shows, 0..1 across and down."""

    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)

    def nearer(self, steps: int) -> Look:
        """So many steps nearer, or farther below 0; never beyond all of it."""
        zoom = min(MOST, max(1.0, self.zoom * FACTOR**steps))
        return Look() if zoom < 1.01 else replace(self, zoom=zoom).moved(0, 0)

    def moved(self, across: int, down: int) -> Look:
        """So many steps to the side, as far as the picture goes."""
        step, half = PAN / self.zoom, 0.5 / self.zoom
        x, y = self.centre[0] + across * step, self.centre[1] + down * step
        return replace(self, centre=(min(max(half, x), 1 - half), min(max(half, y), 1 - half)))


def same_shape(one: Pixels | None, other: Pixels | None) -> bool:
    """Whether two pictures may well be the same at other sizes, as those of the octaves of a dream are."""
    if one is None or other is None:
        return False
    ratio: float = one.shape[0] * other.shape[1] / (one.shape[1] * other.shape[0])
    return abs(ratio - 1) < SAME_SHAPE


def captioned(name: str, size: str, width: int) -> str:
    """A name and what follows it, on `width` cells; of a long path only its last part, and of that as much as fits."""
    room = width - cell_len(size) - 3
    if cell_len(name) > room:
        name = name.rpartition("/")[2]
    return f" {fit(name, min(cell_len(name), room))}  {size}" if name and room > 0 else f" {size}"
