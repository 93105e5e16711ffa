"""What the drawn styles share: coordinates, noise, colours, light. Fields are float32 of shape (height, width)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]
Colours = NDArray[np.float32]
"""Shape (..., 3), sRGB, 0..1."""


def grid(height: int, width: int) -> tuple[Field, Field]:
    """The y and x of each pixel's middle: 0 in the middle of the picture, the short side is 1 long, y points down."""
    short = min(height, width)
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / short
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / short
    return np.repeat(y[:, None], width, 1), np.repeat(x[None], height, 0)


def noise(
    shape: tuple[int, ...], cells: float, random: np.random.Generator, octaves: int = 1, stretch: float = 1.0
) -> Field:
    """Smooth noise of (height, width), about -1 to 1, with `cells` bumps along the short side, each `stretch` times as
    wide as high. Each octave adds bumps of half the size and half the height.
    """
    height, width = shape
    total = np.zeros((height, width), np.float32)
    short, weight, sums = min(height, width), 1.0, 0.0
    for _ in range(octaves):
        size = (max(2, round(width / short * cells / stretch) + 1), max(2, round(height / short * cells) + 1))
        lattice = Image.fromarray(random.uniform(-1, 1, size[::-1]).astype(np.float32))
        total += weight * np.asarray(lattice.resize((width, height), Image.Resampling.BICUBIC))
        sums += weight**2
        cells, weight = cells * 2, weight / 2
    return total * np.float32(1.3 / np.sqrt(sums))


def hexed(*codes: str) -> Colours:
    """Colours written as `f0c020`, shape (n, 3)."""
    return np.array([[int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)] for code in codes], np.float32)


def ramp(values: NDArray[Any], colours: Colours, stops: Sequence[float] | None = None) -> Colours:
    """The colours at `values` along a ramp, whose colours stand at `stops` (evenly from 0 to 1 if None)."""
    at = np.linspace(0, 1, len(colours)) if stops is None else stops
    found = np.empty((*values.shape, 3), np.float32)
    for channel in range(3):
        found[..., channel] = np.interp(values, at, colours[:, channel])
    return found


def step(values: NDArray[Any], low: float | NDArray[Any], high: float | NDArray[Any]) -> Field:
    """0 below `low`, 1 above `high`, smooth between them; the other way round if `low` is above `high`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def mixed(below: Colours, above: Colours, share: NDArray[Any]) -> Colours:
    """`above` laid over `below`, as opaque as `share` (height, width) says, 0..1."""
    return np.asarray(below + (above - below) * np.asarray(share)[..., None], np.float32)


def hashed(ids: NDArray[Any], salt: int = 0) -> Field:
    """A number for each id that looks random, 0..1, the same wherever the id comes again."""
    mix = np.asarray(ids).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt * 0x632BE5AB + 1)
    mix ^= mix >> np.uint64(31)
    mix *= np.uint64(0xBF58476D1CE4E5B9)
    mix ^= mix >> np.uint64(29)
    return ((mix >> np.uint64(40)).astype(np.float32)) / np.float32(2**24)


def relief(heights: NDArray[Any], depth: float) -> Field:
    """Light on a surface, from the upper left: 0 for a flat place, about -1 to 1; `depth` scales the heights."""
    down, right = np.gradient(heights * np.float32(depth))
    return np.asarray((down + right) / np.sqrt(1 + down**2 + right**2), np.float32)


def pixels(colours: Colours) -> NDArray[np.uint8]:
    """Colours as uint8, 0..255."""
    return np.asarray(np.clip(np.rint(colours * 255), 0, 255), np.uint8)


def shrunk(colours: Colours, height: int, width: int) -> NDArray[np.uint8]:
    """Colours drawn larger than the picture, as the picture."""
    found = Image.fromarray(pixels(colours)).resize((width, height), Image.Resampling.LANCZOS)
    return np.array(found)
