"""How the networks of a VAE are laid out for a size: arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass

from models.vae.recipe import VaeRecipe

KERNEL = 4
"""A kernel that the stride of 2 divides: a transposed convolution then treats all pixels alike."""
SMALLEST = 7
"""Pixels a side at which halving ends, at most."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The layers for pictures of `size` (height, width) and `channels`.

    The networks work at `padded`, the next size that can be halved `levels` times, down to `inner`; what is padded is
    cut off again. `widths` are the channels after each halving.
    """

    size: tuple[int, int]
    channels: int
    padded: tuple[int, int]
    inner: tuple[int, int]
    widths: tuple[int, ...]

    @classmethod
    def of(cls, recipe: VaeRecipe, size: tuple[int, int], channels: int) -> Shape:
        side, levels = min(size), 0
        while side > SMALLEST:
            side, levels = -(-side // 2), levels + 1
        step = 2**levels
        inner = (-(-size[0] // step), -(-size[1] // step))
        widths = tuple(min(recipe.most, recipe.width * 2**level) for level in range(levels))
        return cls(size, channels, (inner[0] * step, inner[1] * step), inner, widths)

    @property
    def last(self) -> int:
        """Channels of the decoder at the full size."""
        return max(8, self.widths[0] // 2)

    @property
    def margins(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """What is padded above and below, left and right."""
        rows, columns = self.padded[0] - self.size[0], self.padded[1] - self.size[1]
        return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)
