"""Making the pictures of a recipe: each again, equal to the pixel, from the model and the points."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from models import checkpoint as checkpoints
from models.checkpoint import Checkpoint
from models.errors import CorruptFileError, UsageError, shown
from models.events import Note, Picture, Run, Snapshot, Step, Stop
from models.latent.load import open_model
from models.latent.model import LatentModel, Latents, Pixels, Style, made
from models.latent.paths import middle_of, through
from models.latent.recipe import LatentRecipe
from models.latent.sheet import coloured, enlarged, sheet, table

AT_ONCE = 16
"""Pictures that are made between two looks at what is wished for."""


def pictures(recipe: LatentRecipe, model: LatentModel) -> Iterator[Pixels]:
    """The pictures of a recipe one by one, uint8 (height, width, 3): the frames of a film, or a sheet.

    Raises UsageError if its points are of another space, or it mixes styles and the model has none.
    """
    points, styles = recipe.at(), recipe.styles()
    if recipe.latent != model.latent:
        raise UsageError(f"these points have {recipe.latent} numbers, those of this model {model.latent}")
    if recipe.table and styles is not None:
        mixed = np.stack([_all(model, points, Style(each, recipe.layers)) for each in styles], axis=1)
        yield enlarged(table(_all(model, points), _all(model, styles), mixed, recipe.gap), recipe.enlarge)
        return
    style = None if styles is None else Style(styles[0], recipe.layers)
    if recipe.frames == 1:
        yield enlarged(sheet(_all(model, points, style), recipe.columns, recipe.gap), recipe.enlarge)
        return
    path = through(
        points, recipe.frames, recipe.path, closed=recipe.closed, ease=recipe.ease, middle=middle_of(model)
    )  # fmt: skip
    for at in range(0, len(path), AT_ONCE):
        for picture in made(model, path[at : at + AT_ONCE], style):
            yield enlarged(coloured(picture), recipe.enlarge)


def _all(model: LatentModel, points: Latents, style: Style | None = None) -> Pixels:
    return np.concatenate([made(model, points[at : at + AT_ONCE], style) for at in range(0, len(points), AT_ONCE)])


def about(recipe: LatentRecipe) -> dict[str, Any]:
    """What the file of such a picture says of how it was made."""
    return {
        "version": version("latent-studio"),
        "family": recipe.family,
        "recipe": recipe.model_dump(mode="json"),
        "sources": [],
        "step": recipe.frames,
    }


def open_file(recipe: LatentRecipe, folder: Path) -> LatentModel:
    """The model of a recipe; `folder` is the data folder.

    Raises UsageError if the file is gone, CorruptFileError if it is not what it was.
    """
    try:
        found = checkpoints.load(folder / recipe.model, recipe.sha256 or None)
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"the model {shown(recipe.model)} is gone: it was deleted, or trained further") from None
    except OSError as error:
        raise CorruptFileError(f"the model {shown(recipe.model)} cannot be read: {error.strerror}") from None
    return open_model(found)


def run(
    recipe: LatentRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,  # noqa: ARG001  # it takes seconds: begun again rather than resumed
    base: Checkpoint | None = None,  # noqa: ARG001
    device: str = "auto",  # noqa: ARG001  # a decoder is small
) -> Run:
    """Make the pictures; `folder` is the data folder. Raises as `open_file` and `pictures` do."""
    recipe.at()
    if isinstance((yield Note("loading the model")), Stop):
        return
    model = open_file(recipe, folder)
    began, frames = time.perf_counter(), []
    for number, picture in enumerate(pictures(recipe, model), 1):
        frames.append(picture)
        seconds = time.perf_counter() - began
        rate = number / max(seconds, 1e-9)
        command = yield Step(number, recipe.frames, {}, seconds, rate=rate, remaining=(recipe.frames - number) / rate)
        if isinstance(command, Stop):
            break
        if number % AT_ONCE == 1:
            yield Picture(picture, recipe.how)
    yield Snapshot(Checkpoint(_meta(recipe, len(frames)), _arrays(frames)), "final")


def _meta(recipe: LatentRecipe, frames: int) -> Mapping[str, Any]:
    return {**about(recipe), "step": frames, "metrics": {}}


def _arrays(frames: list[Pixels]) -> dict[str, Any]:
    found = {"picture": frames[-1]}
    if len(frames) > 1:
        found |= {f"frames/{number:06}": frame for number, frame in enumerate(frames)}
    return found
