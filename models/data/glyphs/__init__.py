"""Drawn letters and digits in many fonts, white on black, each with its attributes; as `models.data.faces`.

pixels, table = sample(1000, seed=1)
labels = table["character"]
draw(Glyph(character="G", font="nib", slant=0.5), size=32)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.data.attributes import Table, schema
from models.data.glyphs.fonts import FONTS, inked
from models.data.glyphs.glyph import Glyph
from models.data.glyphs.letters import CHARACTERS, skeleton
from models.errors import UsageError

__all__ = ["CHARACTERS", "FONTS", "SCHEMA", "SIZE", "SIZES", "Glyph", "batches", "draw", "render", "sample"]

Pixels = NDArray[np.uint8]

SIZE = 28
SIZES = (16, 128)
"""The least and the most pixels a side."""

SLANT = np.tan(np.radians(17))
TURN = np.radians(10)
WIDEST = 0.80
"""How much of the picture a letter may be wide; wider ones are condensed."""

SCHEMA = schema(Glyph)


def draw(glyph: Glyph, size: int = SIZE) -> Pixels:
    """One glyph as uint8 (size, size), 0 for the ground. Raises UsageError for a size that is not 16..128."""
    return np.asarray(render(Table.of(Glyph, [glyph]), size)[0])


def sample(count: int, seed: int = 0, *, start: int = 0, size: int = SIZE) -> tuple[Pixels, Table[Glyph]]:
    """The glyphs `start` to `start + count` of a seed: uint8 (count, size, size), and their attributes."""
    table = Table.drawn(Glyph, range(start, start + count), seed)
    return render(table, size), table


def batches(
    batch: int, seed: int = 0, *, count: int | None = None, start: int = 0, size: int = SIZE
) -> Iterator[tuple[Pixels, Table[Glyph]]]:
    """Glyphs as they are needed, `batch` at a time, the last one shorter; without end if `count` is None."""
    done = 0
    while count is None or done < count:
        many = batch if count is None else min(batch, count - done)
        yield sample(many, seed, start=start + done, size=size)
        done += many


def render(table: Table[Glyph], size: int = SIZE) -> Pixels:
    """The glyphs of a table, uint8 (n, size, size). Raises UsageError for a size that is not 16..128."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise UsageError(f"glyphs are drawn at {SIZES[0]} to {SIZES[1]} pixels a side, not {size}")
    found = np.empty((len(table), size, size), np.uint8)
    for number in range(len(table)):
        found[number] = _drawn(table.row(number), size)
    return found


def _drawn(glyph: Glyph, size: int) -> Pixels:
    height = 0.50 + 0.25 * glyph.size
    broad = 1 + 0.22 * glyph.width
    own = (skeleton(glyph.character).width + 2 * FONTS[glyph.font].serif) * broad + 0.15
    broad *= min(1.0, WIDEST / (own * height))
    at = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5).astype(np.float32)
    right, down = (at[None, :] - 0.1 * glyph.x) / height, (at[:, None] - 0.1 * glyph.y) / height
    sine, cosine = np.float32(np.sin(TURN * glyph.turn)), np.float32(np.cos(TURN * glyph.turn))
    x, y = cosine * right + sine * down, cosine * down - sine * right
    x = (x + np.float32(SLANT * glyph.slant) * y) / np.float32(broad)
    pixel = 1 / (size * height)
    ink = inked(glyph.font, glyph.character, x, y, glyph.weight, pixel)
    if glyph.font == "shadow":
        behind = inked(glyph.font, glyph.character, x - np.float32(0.09), y - np.float32(0.09), glyph.weight, pixel)
        ink = np.maximum(ink, 0.42 * behind)
    return np.asarray(np.clip(ink * np.float32(255 * glyph.ink) + np.float32(0.5), 0, 255), np.uint8)
