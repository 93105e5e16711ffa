"""Style pictures that are drawn here, from noise and geometry, so that a style needs no download.

Each is a module with `draw(height, width, seed)`; the same seed gives the same picture.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError

SIZE = (512, 512)


@dataclass(frozen=True, slots=True)
class Style:
    """A drawn style: its name, a title for people, and the module here that draws it."""

    name: str
    title: str
    module: str


STYLES = {
    style.name: style
    for style in (
        Style("stained-glass", "Stained glass: a sun over hills and water", "stained_glass"),
        Style("waves", "Waves: a woodblock print of the sea", "waves"),
        Style("mosaic", "Mosaic: a star of tiles on a ground of fans", "mosaic"),
        Style("brush-strokes", "Brush strokes: a night of whirling stars", "brush_strokes"),
        Style("hatching", "Hatching: mountains in lines of ink", "hatching"),
        Style("pointillism", "Pointillism: a river at sunset in dots", "pointillism"),
        Style("watercolour", "Watercolour: flowers before misty hills", "watercolour"),
        Style("circles", "Circles: an abstract composition", "circles"),
        Style("gilded", "Gilded: a tree of spirals in gold leaf", "gilded"),
        Style("marble", "Marbled paper: combed and swirled inks", "marble"),
    )
}
"""By name."""


def draw(name: str, size: tuple[int, int] = SIZE, seed: int = 0) -> NDArray[np.uint8]:
    """The style `name` at `size`, (height, width) in pixels: uint8 (height, width, 3), sRGB.

    Takes a second or so at the usual size. Raises UsageError, with the names there are, for an unknown one.
    """
    if name not in STYLES:
        raise UsageError(f"there is no drawn style {name!r}; there are {', '.join(STYLES)}")
    return _drawn(STYLES[name].module, *size, seed).copy()


@functools.lru_cache(maxsize=8)
def _drawn(module: str, height: int, width: int, seed: int) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = importlib.import_module(f"{__name__}.{module}").draw(height, width, seed)
    found.flags.writeable = False
    return found
