"""How many pictures a recipe learns from, and how large they are, as far as that can be told without reading them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.data.recipe import PicturesRecipe

USUAL = 64
"""Pixels a side of pictures that nobody has looked at yet."""
FILES = 10_000
"""Files of a folder that are counted."""

KNOWN = {
    "faces": (20_000, 64, 3),
    "glyphs": (20_000, 32, 1),
    "mnist": (60_000, 28, 1),
    "fashion-mnist": (60_000, 28, 1),
    "cifar10": (50_000, 32, 3),
}
"""Pictures, pixels a side and channels of the sets that have a name."""


@dataclass(frozen=True, slots=True)
class Extent:
    """`count` pictures (None: not known) of `size` (height, width) with `channels`."""

    count: int | None
    size: tuple[int, int]
    channels: int


def extent(recipe: PicturesRecipe) -> Extent:
    """What a recipe will learn from; a folder's files stand for its pictures, which are taken for coloured ones."""
    there, side, channels = KNOWN.get(recipe.data, (None, USUAL, 3))
    count = _files(recipe.data) if there is None else there
    drawn = recipe.data in ("faces", "glyphs")
    if recipe.count is not None:
        count = recipe.count if drawn or count is None else min(count, recipe.count)
    side = recipe.size or side
    channels = {"auto": channels, "grey": 1, "rgb": 3}[recipe.channels]
    return Extent(count, (side, side), channels)


def _files(source: str) -> int | None:
    """The files in a folder; None where it is none, or holds more than can be counted at once."""
    try:
        place = Path(source).expanduser()
        if not place.is_dir():
            return None
        count = 0
        for file in place.rglob("*"):
            count += file.suffix != ""
            if count > FILES:
                return None
    except (OSError, RuntimeError, ValueError):
        return None
    return count or None
