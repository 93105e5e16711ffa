"""What a run will take, in words for the pages."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, Any

from studio import figures

if TYPE_CHECKING:
    from models.data.recipe import PicturesRecipe
    from models.recipe import Recipe
    from models.text.recipe import TextRecipe
    from studio.registry import Registry

CHECKS = {"dream": "models.dream.checks:check"}
"""What tells, without TensorFlow, whether a family's recipe fits its network."""


def text(recipe: TextRecipe, registry: Registry) -> str:
    """Two lines: the size of the network and its memory; the time, the steps and the passes over the corpus."""
    from models.text.estimate import estimate, size_of

    characters, symbols = size_of(recipe)
    return said(estimate(recipe, characters=characters, symbols=symbols, known=measured(registry, "text")), recipe)


def pictures(recipe: PicturesRecipe, registry: Registry) -> str:
    """Two lines on learning from pictures: network and memory; time, steps and passes."""
    from models.data.extent import extent

    seen = extent(recipe)
    estimate = pkgutil.resolve_name(f"models.{recipe.family}.estimate:estimate")
    return said(estimate(recipe, seen.count, seen.size, seen.channels, known=measured(registry, recipe.family)), recipe)


def said(found: Any, recipe: Recipe) -> str:
    """An estimate in two lines."""
    patience = getattr(recipe, "patience", None)
    first = (
        f"About {figures.count(found.parameters)} parameters, {figures.size(found.model)}; "
        f"{figures.size(found.memory)} of memory to train"
    )
    if found.steps is None or found.seconds is None:
        return f"{first}\nIt ends when {patience} validations in a row bring no gain"
    limit = "At most" if patience is not None else "About"
    passes = "" if found.passes is None else f", {found.passes:.1f} passes"
    source = "measured" if found.measured else "a guess"
    second = (
        f"{limit} {figures.spoken(found.seconds)}: {figures.count(found.steps)} steps{passes} "
        f"({figures.rate(1 / found.step_seconds)}, {source})"
    )
    return f"{first}\n{second}"


def picture(family: str, recipe: Recipe) -> str:
    """Two lines: the picture's size and the memory its making takes; the steps and the time. Raises UserError."""
    from models.vision.sources import size_of

    width, height = size_of(recipe.content)  # type: ignore[attr-defined]
    estimate = pkgutil.resolve_name(f"models.{family}.estimate:estimate")
    found = estimate(recipe, (height, width))
    high, wide = found.size
    first = f"{wide}x{high} pixels; {figures.size(found.memory)} of memory"
    return f"{first}\nAbout {figures.spoken(found.seconds)}: {figures.count(found.steps)} steps (a guess)"


def check(recipe: Recipe) -> None:
    """Raises UsageError for a recipe that does not fit its network, where that can be told without loading it."""
    if recipe.family in CHECKS:
        pkgutil.resolve_name(CHECKS[recipe.family])(recipe)


def measured(registry: Registry, family: str) -> tuple[Any, float] | None:
    """The newest run of a family that tells how fast this machine is: its recipe, and the seconds of a step."""
    from models.errors import UsageError
    from models.families import FAMILIES

    for run in registry.runs(("running", "done", "stopped"), limit=20):
        if run.family == family and run.step >= 50 and run.seconds > 0:
            try:
                return FAMILIES[family].recipe_class().checked(run.recipe), run.seconds / run.step
            except UsageError:
                continue
    return None
