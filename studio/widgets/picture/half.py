"""Pictures as half-blocks: two pixels a cell, the upper one in the foreground, the lower one in the background."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.color import ColorSystem

    Pixels = NDArray[np.uint8]

UPPER = "▀"
Line = list[Segment]


def scaled(pixels: Pixels, width: int, height: int, *, edges: bool = False) -> Pixels:
    """`pixels` at another size; with `edges`, those of what is enlarged a lot stay sharp."""
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if picture.size == (width, height):
        return pixels
    grows = min(width / picture.width, height / picture.height)
    how = Image.Resampling.NEAREST if edges and grows >= 3 else Image.Resampling.LANCZOS
    return np.asarray(picture.resize((width, height), how))


def half_blocks(pixels: Pixels, columns: int, rows: int) -> list[Line]:
    """The picture, uint8 (height, width, 3), on `columns` x `rows` cells: a list of segments a row.

    Neighbours of one look are one segment, so that flat pictures take few bytes.
    """
    small = scaled(pixels, columns, rows * 2, edges=True).astype("int32")
    packed = small[..., 0] << 16 | small[..., 1] << 8 | small[..., 2]
    lines = []
    for upper, lower in zip(packed[0::2].tolist(), packed[1::2].tolist(), strict=True):
        line: Line = []
        before, count = (upper[0], lower[0]), 0
        for pair in zip(upper, lower, strict=True):
            if pair == before:
                count += 1
            else:
                line.append(Segment(UPPER * count, look(*before)))
                before, count = pair, 1
        line.append(Segment(UPPER * count, look(*before)))
        lines.append(line)
    return lines


@lru_cache(maxsize=16_384)
def look(upper: int, lower: int) -> Style:
    """The style of a cell with these colours (0xrrggbb)."""
    return Style(color=colour(upper), bgcolor=colour(lower))


@lru_cache(maxsize=16_384)
def colour(packed: int) -> Color:
    return Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)


def work_out(lines: list[Line], system: ColorSystem | None) -> None:
    """Have the codes of all styles worked out: the styles keep them, so that drawing on the event loop is quick."""
    if system is None:
        return
    for line in lines:
        for segment in line:
            if segment.style is not None:
                segment.style.render(" ", color_system=system)  # an empty text would leave at once
