"""How every training on pictures begins: what is settled, which set is read, and what is told before the first step."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from models.checkpoint import Checkpoint
from models.data.recipe import PicturesRecipe
from models.data.sets import PictureSet, used
from models.data.waiting import opened
from models.errors import UsageError, shown
from models.events import Command, Event, Note, Stop

Kind = TypeVar("Kind", bound=PicturesRecipe)
Telling = Generator[Event, Command | None, bool]
"""Yields Notes; returns whether the run is still wanted."""


@dataclass(frozen=True, slots=True)
class Beginning(Generic[Kind]):
    """The recipe with what its origin has settled, and the set it learns from."""

    recipe: Kind
    pictures: PictureSet


def begin(
    recipe: Kind,
    kept: Sequence[str],
    *,
    folder: Path,
    replicas: int,
    resume: Checkpoint | None,
    base: Checkpoint | None,
) -> Generator[Event, Command | None, Beginning[Kind] | None]:
    """Open the set of a recipe; None if `Stop` was sent. `kept` names the knobs that a checkpoint has settled.

    Raises UsageError where `replicas` devices cannot share a batch, and where the checkpoint is of another family,
    of other pictures (`resume`), or of pictures of another shape; else as `models.data.opening.open_set` does.
    """
    if isinstance((yield Note(f"reading {shown(recipe.data)}")), Stop):
        return None
    origin = resume or base
    if origin is not None:
        recipe = _settled(recipe, origin, kept)
    if recipe.batch % replicas:
        raise UsageError(f"batch: {recipe.batch} pictures cannot be shared by {replicas} devices")
    pictures = yield from opened(recipe, folder)
    if pictures is None:
        return None
    if resume is not None and resume.meta["data"]["identity"] != pictures.identity:
        raise UsageError(f"{pictures.name} no longer has the pictures this run began with; start a new run")
    if origin is not None:
        _check_shape(origin, pictures)
    return Beginning(recipe, pictures)


def told(pictures: PictureSet, weights: int, steps_per_epoch: int, devices: str) -> Telling:
    """Say which files were skipped, and what is trained on what."""
    if pictures.skipped and isinstance((yield Note(used(pictures), "warning")), Stop):
        return False
    height, width = pictures.size
    note = Note(
        f"{pictures.count:,} pictures of {width}x{height}; {weights:,} weights; {steps_per_epoch:,} steps an epoch, "
        f"on {devices}"
    )
    return not isinstance((yield note), Stop)


def _settled(recipe: Kind, origin: Checkpoint, kept: Sequence[str]) -> Kind:
    if origin.meta.get("family") != recipe.family:
        raise UsageError(f"this is a {origin.meta.get('family')} model, not a {recipe.family} model")
    before = type(recipe).checked(origin.meta["recipe"]).model_dump()
    return recipe.changed(**{name: before[name] for name in kept})


def _check_shape(origin: Checkpoint, pictures: PictureSet) -> None:
    data = origin.meta["data"]
    if tuple(data["size"]) != pictures.size or data["channels"] != pictures.channels:
        before = f"{data['size'][1]}x{data['size'][0]} pixels and {data['channels']} channels"
        raise UsageError(f"the model to start from makes pictures of {before}, which {pictures.name} does not have")
