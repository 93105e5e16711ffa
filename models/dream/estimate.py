"""What a dream will take, from its recipe and the picture's size alone: memory, steps and time. Plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from models.dream.course import course
from models.dream.recipe import DreamRecipe
from models.errors import UsageError
from models.vision.backbones import catalog
from models.vision.pyramid import Size
from models.vision.tiles import canvas, tiles

TILE_BYTES = 600_000_000
"""What the network may take at once, where the recipe leaves the tiles to the memory."""
PICTURE_BYTES = 55
"""Bytes that a pixel of the picture takes beside the network: itself and its gradient in 32 bits, the original, the
result and what a checkpoint holds."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a pixel costs in a backbone, about: `size` in bytes of activations and gradients, `seconds` on two CPU
    cores. `halo` and `stride` of its usual layers in pixels; `weights` in bytes."""

    size: int
    seconds: float
    halo: int
    stride: int
    weights: int


COSTS = {
    "lite0": Cost(560, 4.5e-7, 201, 32, 20_000_000),
    "mobilenet_v2": Cost(600, 4.5e-7, 133, 16, 14_000_000),
    "resnet50": Cost(850, 1.3e-6, 97, 16, 98_000_000),
    "inception_v3": Cost(700, 1.1e-6, 271, 16, 92_000_000),
    "vgg16": Cost(1350, 6e-6, 82, 16, 58_000_000),
    "vgg19": Cost(1450, 8e-6, 94, 16, 80_000_000),
}
HALOS = {
    "lite0": dict(
        zip(
            [f"block{index}" for index in range(16)],
            (3, 5, 9, 17, 33, 41, 57, 73, 105, 137, 169, 201, 265, 329, 393, 425),
            strict=True,
        )
    )
    | {"stem": 1, "head": 425},
}
"""How far a value of a layer sees around its middle, in pixels, where it is known without the network."""
UNKNOWN = Cost(2000, 3e-6, 256, 32, 100_000_000)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`size` of the result, (height, width) in pixels, `octaves` that it is large enough for, `steps` in all, `tiles`
    a step at full size; `memory` in bytes beyond TensorFlow itself; `seconds`, about. `measured` says that the time is
    taken from an earlier run.
    """

    size: Size
    octaves: int
    steps: int
    tiles: int
    memory: int
    seconds: float
    measured: bool = False


def fitted(size: Size, side: int) -> Size:
    """The size of a picture of `size` once its longer side is at most `side` (0: as it is)."""
    if not side or max(size) <= side:
        return size
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def window(recipe: DreamRecipe, halo: int) -> int:
    """The side of the squares in which larger pictures go through the network, in pixels.

    What they cost in memory is bounded, unless layers see so far (`halo` pixels) that hardly a core would be left.
    """
    return recipe.tile or max(int((TILE_BYTES / cost(recipe).size) ** 0.5), 3 * halo)


def halo_of(recipe: DreamRecipe) -> int:
    """About how far the layers of a recipe see, in pixels."""
    known = HALOS.get(recipe.backbone, {})
    layers = [term.layer.partition(".")[0] for term in recipe.terms()] + ["head"] * bool(recipe.target_class)
    return max((known.get(layer, cost(recipe).halo) for layer in layers), default=cost(recipe).halo)


def cost(recipe: DreamRecipe) -> Cost:
    return COSTS.get(recipe.backbone, UNKNOWN)


def estimate(recipe: DreamRecipe, size: Size, *, known: tuple[DreamRecipe, Size, float] | None = None) -> Estimate:
    """What `recipe` will take with a picture of `size`, (height, width), as it lies on the disk.

    `known` is the recipe of an earlier run on this machine, the size of its result and the seconds it took. Raises
    UsageError if the picture is too small for the backbone.
    """
    each = cost(recipe)
    full = fitted(size, recipe.side)
    known_backbone = catalog.BACKBONES.get(recipe.backbone)
    planned = course(recipe, full, known_backbone.minimum if known_backbone else 1)
    halo = halo_of(recipe)
    found = tiles(canvas(full, recipe.jitter, each.stride), window(recipe, halo), halo, each.stride)
    seen = found[0].rows.window * found[0].columns.window
    area = full[0] * full[1]
    memory = each.weights + each.size * seen + area * (PICTURE_BYTES + 6 * recipe.zoom_frames)
    seconds = each.seconds * planned.work() * len(found) * seen / area
    if known is not None:
        other, other_size, took = known
        guessed = estimate(other.changed(side=0), other_size).seconds
        seconds *= took / guessed if guessed else 1.0
    return Estimate(full, planned.legal, planned.total, len(found), memory, seconds, known is not None)


def check_memory(recipe: DreamRecipe, size: Size) -> None:
    """Raises UsageError, with the way out, if a dream on a picture of `size` needs more memory than there is."""
    found = estimate(recipe, size)
    free = int(psutil.virtual_memory().available)
    if found.memory > free:
        ways = "fewer zoom_frames or a smaller side" if recipe.zoom_frames else "a smaller side or tile"
        raise UsageError(
            f"side: {found.size[1]}x{found.size[0]} needs about {found.memory / 1e9:.1f} GB of memory, "
            f"{free / 1e9:.1f} GB are free; choose {ways}"
        )
