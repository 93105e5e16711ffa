"""What training a GAN will take, from the recipe alone. The count of parameters is exact."""

from __future__ import annotations

from models.data import estimate as pictures
from models.data.estimate import Cost, Estimate
from models.gan.recipe import GanRecipe
from models.gan.shape import FIRST, channels, fine_channels


def cost(recipe: GanRecipe, colours: int) -> Cost:
    """The parameters of both networks (of the generator once), and the work and memory of a step."""
    assert recipe.size is not None
    latent, width = recipe.latent, channels(recipe, FIRST)
    generator = recipe.mapping * latent * (latent + 1) + FIRST**2 * width * (latent + 1)
    makes, keeps, side = float(generator), FIRST**2 * width, FIRST
    while side < recipe.size:
        side *= 2
        wide = channels(recipe, side)
        taps = 9 if side == recipe.size else 1
        for inputs in (width, wide):
            generator += 9 * inputs * wide + wide + (latent + 1) * inputs
        generator += taps * wide * colours + colours
        makes += side**2 * (9 * width * wide / 4 + 9 * wide * wide + taps * wide * colours)
        keeps += side**2 * (width // 4 + 4 * wide)
        width = wide
    fine = fine_channels(recipe)
    discriminator = 9 * colours * fine + fine
    judges, inputs = float(side**2 * discriminator), fine
    keeps += 2 * side**2 * fine
    while side > FIRST:
        side //= 2
        filters = channels(recipe, side)
        discriminator += 16 * inputs * filters + filters
        judges += side**2 * 16 * inputs * filters
        keeps += 2 * side**2 * filters
        inputs = filters
    last = 9 * (inputs + 1) * inputs + inputs
    dense = FIRST**2 * inputs * inputs + inputs + inputs + 1
    discriminator += last + dense
    judges += FIRST**2 * last + dense
    rounds = recipe.discriminator_steps
    penalty = 3.0 if recipe.gradient_penalty else 3.0 / recipe.r1_every if recipe.r1 else 0.0
    step = recipe.batch * (rounds * (makes + (6.0 + penalty) * judges) + 3.0 * makes + 3.0 * judges)
    return Cost(generator + discriminator, step, 8 * recipe.batch * keeps)


def estimate(
    recipe: GanRecipe,
    count: int | None,
    size: tuple[int, int],
    channels: int,
    known: tuple[GanRecipe, float] | None = None,
) -> Estimate:
    """What `recipe` will take on `count` pictures of `size` (height, width) and `channels`.

    `known` is the recipe of an earlier run on this machine and the seconds that a step of it took.
    """
    before = None if known is None else (cost(known[0], channels), known[1])
    per_step = recipe.batch * recipe.discriminator_steps
    return pictures.estimate(
        recipe, cost(recipe, channels), per_step=per_step, pictures=count, picture=size[0] * size[1] * channels,
        known=before,
    )  # fmt: skip
