"""What a training on pictures will take, from the size of its networks and the work of a step. Plain arithmetic.

Times are rules of thumb, unless the time of a step of a similar run on the same machine is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.data.recipe import PicturesRecipe

SPEED = 5.0e10
"""Floating-point operations a second of two CPU cores in a step of convolutions."""
USUAL = 20_000
"""Pictures of a set that nobody has looked at yet."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the networks: how many `parameters`, the multiplications of a `step`, and the bytes that it holds at once."""

    parameters: int
    step: float
    held: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """`parameters` of the networks; `model` and `memory` in bytes: the model's file, and what training needs beyond
    TensorFlow itself. `steps` and `seconds` until the first of the recipe's ends (patience aside); `passes` over the
    pictures by then; None where nothing sets them. `measured` says that the time of a step is taken from an earlier
    run.
    """

    parameters: int
    model: int
    memory: int
    step_seconds: float
    steps: int | None
    seconds: float | None
    passes: float | None
    measured: bool = False


def estimate(
    recipe: PicturesRecipe, cost: Cost, *, per_step: int, pictures: int | None, picture: int,
    known: tuple[Cost, float] | None = None,
) -> Estimate:  # fmt: skip
    """What a training takes that looks at `per_step` of `pictures`, each of `picture` bytes, in a step.

    `known` is the cost of an earlier run on this machine and the seconds that a step of it took.
    """
    each = 2.0 * cost.step / SPEED
    if known is not None:
        each = known[1] * cost.step / known[0].step
    once = max(1, -(-(pictures or USUAL) // per_step))
    ends = [
        recipe.steps,
        max(1, int(recipe.seconds / each)) if recipe.seconds is not None else None,
        recipe.epochs * once if recipe.epochs is not None else None,
    ]
    steps = min((end for end in ends if end is not None), default=None)
    return Estimate(
        parameters=cost.parameters,
        model=4 * cost.parameters,
        memory=16 * cost.parameters + cost.held + picture * (pictures or USUAL),
        step_seconds=each,
        steps=steps,
        seconds=None if steps is None else steps * each,
        passes=None if steps is None else steps / once,
        measured=known is not None,
    )
