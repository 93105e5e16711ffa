"""How wide the networks of a GAN are: arithmetic alone."""

from __future__ import annotations

from models.gan.recipe import GanRecipe

FIRST = 4
"""Pixels a side where the generator begins and the discriminator ends."""


def channels(recipe: GanRecipe, side: int) -> int:
    """Channels where the picture has `side` pixels a side."""
    return max(4, min(recipe.most, recipe.width * 32 // side))


def fine_channels(recipe: GanRecipe) -> int:
    """Channels with which the discriminator looks at the full size."""
    assert recipe.size is not None
    return max(4, channels(recipe, recipe.size) // 2)
