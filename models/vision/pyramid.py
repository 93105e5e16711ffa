"""Pictures at several scales: the sizes of the octaves, and exact-size scaling of float pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
"""Height and width in pixels, as arrays have them."""
Floats = NDArray[np.float32]


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
    found = np.empty((*size, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        found[..., channel] = np.asarray(plane.resize((size[1], size[0]), Image.Resampling.BICUBIC))
    return found


def scaled(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """`pixels`, uint8 (height, width, 3), scaled to `size` the same way."""
    if pixels.shape[:2] == size:
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def levels(picture: Floats) -> NDArray[np.uint8]:
    """A float picture of 0..255 as uint8, rounded and kept in range."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
