"""Pictures at several scales: the sizes of the octaves, and exact-size scaling of float pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
"""Height and width in pixels, as arrays have them."""
Floats = NDArray[np.float32]
BAND = 1 << 16
"""About how many numbers `bands` gives at once."""


def sizes(full: Size, octaves: int, scale: float, minimum: int) -> list[Size]:
    """The sizes of the octaves, smallest first and `full` last; each is the next one divided by `scale`.

    Sizes with a side under `minimum` pixels are left out, so that there may be fewer than `octaves`; there is none
    at all if `full` itself is too small.
    """
    found = [(round(full[0] / scale**k), round(full[1] / scale**k)) for k in reversed(range(octaves))]
    return [size for size in dict.fromkeys(found) if min(size) >= minimum]


def resized(picture: Floats, size: Size) -> Floats:
    """`picture`, (height, width, channels) float32, scaled to `size` (bicubic, averaging where it shrinks).

    Values may leave their range by a little where edges are sharp.
    """
    if picture.shape[:2] == size:
        return picture.copy()
    found = np.zeros((*size, picture.shape[2]), np.float32)
    add_resized(found, picture)
    return found


def add_resized(total: Floats, picture: Floats, weight: float = 1.0) -> None:
    """Add `weight` times `picture`, scaled to the size of `total`, to `total`: channel by channel, in little memory."""
    height, width, channels = total.shape
    for channel in range(channels):
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        scaled_plane = np.array(plane.resize((width, height), Image.Resampling.BICUBIC))
        scaled_plane *= np.float32(weight)
        total[..., channel] += scaled_plane


def scaled(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """`pixels`, uint8 (height, width, 3), scaled to `size` the same way."""
    if pixels.shape[:2] == size:
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def levels(picture: Floats) -> NDArray[np.uint8]:
    """A float picture of 0..255 as uint8, rounded and kept in range."""
    found = np.empty(picture.shape, np.uint8)
    for rows in bands(picture):
        found[rows] = np.clip(np.rint(picture[rows]), 0, 255)
    return found


def bands(picture: NDArray[Any]) -> Iterator[slice]:
    """Slices of rows that cover a picture, for work in place: what it needs beside the picture stays small, and in
    the processor's cache."""
    height, each = picture.shape[0], max(1, BAND // (picture.shape[1] * picture.shape[2]))
    return (slice(top, min(top + each, height)) for top in range(0, height, each))
