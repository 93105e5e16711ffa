"""A picture cut into windows that a network can take one at a time, with nothing lost at the seams.

A window is what the network sees, its core what counts: cores share the picture between them without overlap, and a
window reaches beyond its core by a halo, at least the radius of what one activation sees. Each activation of a core
is then the same as in the whole picture, and so is the sum of the gradients that all windows bring.

All begins and lengths are multiples of the network's stride, so that its grid falls the same way in each window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.vision.pyramid import Floats, Size


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: where the window begins, how long it is, and the core in it (`first` to `last`, of the
    whole axis); in pixels. `length` is the whole axis.
    """

    begin: int
    window: int
    first: int
    last: int
    length: int

    def indices(self, stride: int, middle: int) -> tuple[int, int]:
        """Which of a window's activations belong to the core: from one index, up to another.

        Activation `i` stands at pixel `middle + i * stride` of the window. At the ends of the axis all belong.
        """
        first, last = self.first - self.begin - middle, self.last - self.begin - middle
        return (
            0 if self.first == 0 else max(0, -(-first // stride)),
            self.window if self.last == self.length else max(0, -(-last // stride)),
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """One window over a picture and its core."""

    rows: Span
    columns: Span


def spans(length: int, window: int, halo: int, stride: int) -> list[Span]:
    """Windows of equal length along an axis. `length` must be a multiple of `stride`.

    Windows are at most `window` long where the halo leaves a core in it, else as short as they can be. They are
    made as short as their number allows, so that as little as possible is seen twice.
    """
    halo = -(-halo // stride) * stride
    window = max(window // stride * stride, 2 * halo + stride)
    if length <= window:
        return [Span(0, length, 0, length, length)]
    between = length - 2 * halo
    core = -(-between // (-(-between // (window - 2 * halo)) * stride)) * stride
    count = -(-between // core)
    window = core + 2 * halo
    found = []
    for index in range(count):
        begin = min(index * core, length - window)
        first = 0 if index == 0 else index * core + halo
        last = length if index == count - 1 else (index + 1) * core + halo
        found.append(Span(begin, window, first, last, length))
    return found


def tiles(size: Size, window: int, halo: int, stride: int) -> list[Tile]:
    """The tiles of a picture of `size`, row by row. Their windows all have the same size: `window` squared or a little
    less; along a picture that is narrower than that, they are longer by as much.
    """
    high, wide = (max(window, window**2 // min(window, across)) for across in (size[1], size[0]))
    columns = spans(size[1], wide, halo, stride)
    return [Tile(row, column) for row in spans(size[0], high, halo, stride) for column in columns]


def canvas(size: Size, jitter: int, stride: int) -> Size:
    """The size on which a picture of `size` may be shifted by up to `jitter` pixels: a multiple of `stride`."""
    height, width = (-(-(side + jitter) // stride) * stride for side in size)
    return height, width


def mirrored(begin: int, end: int, length: int) -> NDArray[np.intp]:
    """The places from `begin` up to `end` of an axis that goes on as in a mirror beyond its ends."""
    places = np.arange(begin, end)
    if length == 1:
        return np.zeros_like(places)
    places = places % (2 * length - 2)
    return np.where(places < length, places, 2 * length - 2 - places)


def cut(picture: Floats, tile: Tile, shift: Size) -> Floats:
    """What the window of `tile` shows of a canvas on which `picture` begins at `shift`, mirrored all around.

    Takes (height, width, channels), gives a new array of the window's size.
    """
    (rows, inner_rows), (columns, inner_columns) = _inside(picture, tile, shift)
    all_rows, all_columns = (
        mirrored(begin, begin + span.window, length)
        for begin, span, length in zip(_begins(tile, shift), (tile.rows, tile.columns), picture.shape[:2], strict=True)
    )
    found = np.empty((all_rows.size, all_columns.size, picture.shape[2]), np.float32)
    found[inner_rows, inner_columns] = picture[rows, columns]
    for band in (slice(0, inner_columns.start), slice(inner_columns.stop, None)):
        found[inner_rows, band] = picture[rows, all_columns[band]]
    for band in (slice(0, inner_rows.start), slice(inner_rows.stop, None)):
        found[band] = picture[all_rows[band]][:, all_columns]
    return found


def add(total: Floats, found: Floats, tile: Tile, shift: Size) -> None:
    """Add what a window found to `total`, of the size that `cut` was given; what lies beyond its ends is dropped."""
    (rows, inner_rows), (columns, inner_columns) = _inside(total, tile, shift)
    total[rows, columns] += found[inner_rows, inner_columns]


def _begins(tile: Tile, shift: Size) -> Size:
    """Where a window begins in the picture: it may be outside of it."""
    return tile.rows.begin - shift[0], tile.columns.begin - shift[1]


def _inside(picture: Floats, tile: Tile, shift: Size) -> list[tuple[slice, slice]]:
    """Along each axis, what of the picture a window shows, and where in the window it is."""
    found = []
    for begin, span, length in zip(_begins(tile, shift), (tile.rows, tile.columns), picture.shape[:2], strict=True):
        first = min(max(begin, 0), length)
        last = min(max(begin + span.window, first), length)
        inner = max(0, first - begin) if first < last else 0
        found.append((slice(first, last), slice(inner, inner + last - first)))
    return found
