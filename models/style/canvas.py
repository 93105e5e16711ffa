"""The pictures of a style transfer at the size that is painted at, and the result as people are to see it. NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.style.recipe import StyleRecipe
from models.vision.colour import luminance, matched, with_luminance
from models.vision.pyramid import Floats, Size, levels, resized, scaled

Pixels = NDArray[np.uint8]
NOISE = 40.0
"""The spread of the noise that a search may begin with, in levels around grey."""


class Canvas:
    """`content` and `styles` are uint8 (height, width, 3), the content at its full size; `masks`, float32 (height,
    width) of 0..1, one a style or none; `first`, uint8 of any size, is what the search begins with, where it is not
    what the recipe's `start` says."""

    def __init__(
        self,
        recipe: StyleRecipe,
        content: Pixels,
        styles: Sequence[Pixels],
        masks: Sequence[Floats] = (),
        first: Pixels | None = None,
    ) -> None:
        self.recipe, self.content, self.masks, self.first = recipe, content, list(masks), first
        self.styles = [matched(style, content) for style in styles] if recipe.colour == "match" else list(styles)
        self.full: Size = (content.shape[0], content.shape[1])

    def content_at(self, size: Size) -> Floats:
        """The content at a size, float32."""
        return scaled(self.content, size).astype(np.float32)

    def styles_at(self, size: Size, least: int) -> list[Floats]:
        """The styles beside a content of `size`: the longer side in `style_scale` parts of the content's, no side
        under `least` pixels."""
        found = []
        for style in self.styles:
            factor = self.recipe.style_scale * max(size) / max(style.shape[:2])
            factor = max(factor, least / min(style.shape[:2]))
            height, width = (max(least, round(side * factor)) for side in style.shape[:2])
            found.append(scaled(style, (height, width)).astype(np.float32))
        return found

    def masks_at(self, size: Size) -> list[Floats]:
        return [np.clip(resized(mask[..., None], size)[..., 0], 0, 1) for mask in self.masks]

    def start(self, size: Size) -> Floats:
        """What the search begins with."""
        if self.first is not None:
            return scaled(self.first, size).astype(np.float32)
        if self.recipe.start == "content":
            return self.content_at(size)
        noise = np.random.default_rng(self.recipe.seed).normal(128, NOISE, (*size, 3))
        return np.clip(noise, 0, 255).astype(np.float32)

    def result(self, picture: Floats) -> Pixels:
        """A picture of any of the sizes as the result: at full size, in the colours that are wanted."""
        return self.coloured(levels(picture if picture.shape[:2] == self.full else resized(picture, self.full)))

    def preview(self, picture: Floats) -> Pixels:
        """The same at the size that is painted at."""
        return self.coloured(levels(picture))

    def coloured(self, pixels: Pixels) -> Pixels:
        if self.recipe.colour != "keep":
            return pixels
        size = (pixels.shape[0], pixels.shape[1])
        return with_luminance(scaled(self.content, size), luminance(pixels))
