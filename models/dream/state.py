"""The picture of a dream as it stands: at the size of its octave, and as people are to see it. NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.dream.ascent import packed, settled, unpacked
from models.dream.course import Course, Stage
from models.dream.recipe import DreamRecipe
from models.dream.zoom import steadied, zoomed
from models.errors import UsageError
from models.vision.pyramid import Floats, Size, bands, levels, resized, scaled

PREVIEW_SIDE = 1280
"""Previews are made no larger: they go to a terminal."""


class State:
    """`picture`, float32 (height, width, 3) of 0..255, at the size of `stage`; and the `frames` made so far, uint8.

    `pixels` is the picture that is dreamed on, uint8 (height, width, 3).
    """

    def __init__(self, pixels: NDArray[np.uint8], course: Course) -> None:
        self.pixels, self.course = pixels, course
        self._original = pixels
        self.stage = course.stages[0]
        self.picture: Floats = self.original(self.stage.size).astype(np.float32)
        self.frames: list[NDArray[np.uint8]] = []

    def enter(self, stage: Stage, now: DreamRecipe) -> None:
        """Make the picture ready for `stage`, if it is not there yet."""
        if stage is self.stage:
            return
        if stage.kind == "octave":
            self.picture = self._grown(stage.size, now)
        else:
            self.picture = settled(steadied(zoomed(self.picture, now.zoom, now.rotate), self.frames[0]))
        self.stage = stage

    def keep_frame(self, now: DreamRecipe) -> None:
        self.frames.append(self.result(now))

    def original(self, size: Size) -> NDArray[np.uint8]:
        """The picture that is dreamed on, at another size."""
        if self._original.shape[:2] != size:
            self._original = scaled(self.pixels, size)
        return self._original

    def result(self, now: DreamRecipe) -> NDArray[np.uint8]:
        """The dream at its full size, uint8."""
        is_full = self.stage.size == self.course.full
        return self._coloured(levels(self.picture if is_full else self._grown(self.course.full, now)), now)

    def preview(self, now: DreamRecipe) -> NDArray[np.uint8]:
        """The dream as it stands at its octave, uint8, no larger than a terminal can show."""
        found = self._coloured(levels(self.picture), now)
        factor = -(-max(self.stage.size) // PREVIEW_SIDE)
        return found if factor == 1 else np.asarray(Image.fromarray(found).reduce(factor))

    def _grown(self, size: Size, now: DreamRecipe) -> Floats:
        """The picture at the size of a later octave: the dream scaled up, with the detail that it could not hold."""
        small = self.original(self.stage.size)
        found = self.picture - small
        if now.detail != 1:
            found += np.float32(1 - now.detail) * small
        found = resized(found, size)
        original = self.original(size)
        for rows in bands(found):
            found[rows] += np.float32(now.detail) * original[rows]
        return settled(found)

    def _coloured(self, pixels: NDArray[np.uint8], now: DreamRecipe) -> NDArray[np.uint8]:
        """`pixels`, or where colours are kept, those of the picture itself with the light and dark of `pixels`."""
        if not now.keep_colour:
            return pixels
        colours = self.original(self.stage.size if pixels.shape[:2] == self.stage.size else self.course.full)
        if self.stage.kind == "frame":
            turns = self.stage.index
            colours = levels(zoomed(colours.astype(np.float32), now.zoom**turns, now.rotate * turns))
        return lit(colours, pixels)

    # -- checkpoints

    def arrays(self, now: DreamRecipe) -> dict[str, NDArray[Any]]:
        """The result, the frames, and what resuming needs. Copies."""
        frames = {f"frames/{index:05}": frame for index, frame in enumerate(self.frames)}
        return {"picture": self.result(now), **frames, "resume/picture": packed(self.picture)}

    def put(self, arrays: Mapping[str, NDArray[Any]], step: int) -> None:
        """Go on from `arrays` after so many steps. Raises UsageError if they do not fit."""
        self.stage = self.course.at(max(0, step - 1))
        picture = arrays.get("resume/picture")
        if picture is None or picture.shape[:2] != self.stage.size or picture.dtype != np.uint16:
            raise UsageError("this checkpoint does not fit the recipe: start a new dream from its picture")
        self.picture = unpacked(picture)
        self.frames = [arrays[name] for name in sorted(arrays) if name.startswith("frames/")]


def lit(colours: NDArray[np.uint8], light: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The chroma of `colours` with the luminance of `light` (Rec. 601), both uint8 (height, width, 3)."""
    parts = [Image.fromarray(np.ascontiguousarray(each)).convert("YCbCr").split() for each in (light, colours)]
    return np.asarray(Image.merge("YCbCr", (parts[0][0], *parts[1][1:])).convert("RGB"))
