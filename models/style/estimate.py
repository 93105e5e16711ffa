"""What a style transfer will take, from its recipe and the picture's size alone: memory, steps and time."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from models.errors import UsageError
from models.style.recipe import StyleRecipe
from models.vision.backbones import catalog
from models.vision.pictures import fitted
from models.vision.pyramid import Size, sizes


@dataclass(frozen=True, slots=True)
class Cost:
    """What a pixel costs in a backbone, about: `size` in bytes of activations and gradients, `seconds` on two CPU
    cores; `weights` in bytes."""

    size: int
    seconds: float
    weights: int


COSTS = {
    "lite0": Cost(1500, 6e-7, 20_000_000),
    "mobilenet_v2": Cost(1900, 7e-7, 14_000_000),
    "resnet50": Cost(2800, 3e-6, 98_000_000),
    "inception_v3": Cost(2200, 2.5e-6, 92_000_000),
    "vgg16": Cost(3600, 6.5e-6, 58_000_000),
    "vgg19": Cost(3800, 7.5e-6, 80_000_000),
}
UNKNOWN = Cost(3000, 3e-6, 100_000_000)
PICTURE_BYTES = 80
"""Bytes that a pixel takes beside the network: the picture, its gradient, what Adam keeps, the content, the result."""
LBFGS_BYTES = 260
"""The same for the memory of L-BFGS."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`size` of the result, (height, width) in pixels; `steps` in all; `memory` in bytes beyond TensorFlow itself;
    `seconds`, about."""

    size: Size
    steps: int
    memory: int
    seconds: float


def stages(recipe: StyleRecipe, full: Size) -> list[Size]:
    """The sizes that are painted at, smallest first. Raises UsageError if the picture is too small for the backbone."""
    known = catalog.BACKBONES.get(recipe.backbone)
    minimum = known.minimum if known is not None else 1
    found = sizes(full, recipe.scales, recipe.scale, minimum)
    if not found:
        raise UsageError(f"content: {full[1]}x{full[0]} is too small for {recipe.backbone}: {minimum} pixels a side")
    return found


def estimate(recipe: StyleRecipe, size: Size) -> Estimate:
    """What `recipe` will take with a content of `size`, (height, width), as it lies on the disk. Raises UsageError."""
    width, height = fitted(size[1], size[0], recipe.side)
    full = (height, width)
    cost = COSTS.get(recipe.backbone, UNKNOWN)
    planned = stages(recipe, full)
    each = PICTURE_BYTES + (LBFGS_BYTES if recipe.optimiser == "lbfgs" else 0)
    # The targets of a style that is larger than the content are worked out at its own size.
    seen = height * width * max(1.0, recipe.style_scale**2 * 0.5)
    memory = cost.weights + int(cost.size * seen) + each * height * width
    seconds = sum(cost.seconds * area[0] * area[1] * recipe.steps for area in planned)
    return Estimate(full, recipe.steps * len(planned), memory, seconds)


def check_memory(recipe: StyleRecipe, size: Size) -> None:
    """Raises UsageError, with the way out, if a content of `size` needs more memory than there is."""
    found = estimate(recipe, size)
    free = int(psutil.virtual_memory().available)
    if found.memory > free:
        raise UsageError(
            f"side: {found.size[1]}x{found.size[0]} needs about {found.memory / 1e9:.1f} GB of memory, "
            f"{free / 1e9:.1f} GB are free; choose a smaller side"
        )
