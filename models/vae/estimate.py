"""What training a VAE will take, from the recipe alone. The count of parameters is exact."""

from __future__ import annotations

from models.data import estimate as pictures
from models.data.estimate import Cost, Estimate
from models.vae.recipe import VaeRecipe
from models.vae.shape import KERNEL, Shape


def cost(recipe: VaeRecipe, size: tuple[int, int], channels: int) -> Cost:
    """The parameters of both networks, and the work and memory of a step."""
    shape = Shape.of(recipe, size, channels)
    taps, inputs, place = KERNEL**2, channels, shape.padded
    parameters, work, keeps = 0, 0, 0
    for width in shape.widths:
        place = (place[0] // 2, place[1] // 2)
        parameters += taps * inputs * width + width
        work += place[0] * place[1] * taps * inputs * width
        keeps += place[0] * place[1] * width
        inputs = width
    flat = shape.inner[0] * shape.inner[1] * shape.widths[-1]
    hidden, latent = recipe.hidden, recipe.latent
    wide = hidden or flat
    dense = (flat + 1) * hidden + 2 * (wide + 1) * latent
    dense += (latent + 1) * hidden + ((hidden or latent) + 1) * flat
    parameters += dense
    for width in (*reversed(shape.widths[:-1]), shape.last):
        parameters += taps * inputs * width + width
        work += place[0] * place[1] * taps * inputs * width
        place = (place[0] * 2, place[1] * 2)
        keeps += place[0] * place[1] * width
        inputs = width
    parameters += 9 * inputs * channels + channels
    work += place[0] * place[1] * 9 * inputs * channels
    return Cost(parameters, 3.0 * recipe.batch * (work + dense), 8 * recipe.batch * keeps)


def estimate(
    recipe: VaeRecipe,
    count: int | None,
    size: tuple[int, int],
    channels: int,
    known: tuple[VaeRecipe, float] | None = None,
) -> Estimate:
    """What `recipe` will take on `count` pictures of `size` (height, width) and `channels`.

    `known` is the recipe of an earlier run on this machine and the seconds that a step of it took.
    """
    before = None
    if known is not None:
        side = known[0].size
        before = (cost(known[0], size if side is None else (side, side), channels), known[1])
    return pictures.estimate(
        recipe, cost(recipe, size, channels), per_step=recipe.batch, pictures=count,
        picture=size[0] * size[1] * channels, known=before,
    )  # fmt: skip
