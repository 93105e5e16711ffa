"""Training a VAE, as a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.checkpoint import Checkpoint
from models.data.sets import split, used
from models.data.waiting import opened
from models.devices import Placement, resolve
from models.errors import UsageError, shown
from models.events import Note, Run, Stop
from models.pace import Plan
from models.training import train
from models.vae.recipe import VaeRecipe
from models.vae.task import VaeTask

KEPT = ("latent", "width", "most", "hidden", "likelihood", "size")
"""Knobs that a model which training starts from has settled."""


def run(
    recipe: VaeRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Train a VAE. `folder` is the data folder, where downloaded sets are kept.

    `resume` goes on from a run's checkpoint as if it had never stopped; `recipe` may then set another end. `base`
    starts from a model's networks. `device` is as `models.devices.resolve` takes it; several share each batch.

    Yields Notes of what is read and trained, then as `models.training.train` does, with the measures of `VaeTask`, and
    a Picture every few seconds. Raises UserError kin: the pictures cannot be read, the checkpoint does not fit, a loss
    is no longer finite.
    """
    place = Placement(resolve(device))
    if isinstance((yield Note(f"reading {shown(recipe.data)}")), Stop):
        return
    origin = resume or base
    if origin is not None:
        recipe = _settled(recipe, origin)
    if recipe.batch % place.replicas:
        raise UsageError(f"batch: {recipe.batch} pictures cannot be shared by {place.replicas} devices")
    pictures = yield from opened(recipe, folder)
    if pictures is None:
        return
    if min(pictures.size) < 8:
        raise UsageError(f"{pictures.name}: pictures of {pictures.size[1]}x{pictures.size[0]} pixels are too small")
    if resume is not None and resume.meta["data"]["identity"] != pictures.identity:
        raise UsageError(f"{pictures.name} no longer has the pictures this run began with; start a new run")
    if origin is not None:
        _check_shape(origin, pictures.size, pictures.channels, pictures.name)
    learnt, held = split(pictures.count, recipe.validation, recipe.seed)
    with place.scope():
        task = VaeTask(recipe, pictures, learnt, held, place, {"data": pictures.about()})
        if base is not None and resume is None:
            task.nets.put(base.arrays)
    if pictures.skipped and isinstance((yield Note(used(pictures), "warning")), Stop):
        return
    count = sum(int(np.prod(variable.shape)) for variable in task.nets.trained.values())
    height, width = pictures.size
    about_to_train = Note(
        f"{pictures.count:,} pictures of {width}x{height}"
        + f"; {count:,} weights; {task.steps_per_epoch:,} steps an epoch, on {' '.join(place.devices)}"
    )
    if isinstance((yield about_to_train), Stop):
        return
    yield from train(task, plan(recipe), place, resume)


def plan(recipe: VaeRecipe) -> Plan:
    """When the training that a recipe describes ends, measures, shows and saves."""
    return Plan(
        {"learning_rate": recipe.learning_rate},
        seed=recipe.seed,
        epochs=recipe.epochs,
        steps=recipe.steps,
        seconds=recipe.seconds,
        patience=recipe.patience,
        schedule=recipe.schedule,
        warmup=100,
        validate_every=recipe.validate_every,
        save_every=recipe.save_every,
        show_every=recipe.grid_every,
    )


def _settled(recipe: VaeRecipe, origin: Checkpoint) -> VaeRecipe:
    """The recipe with the knobs that the checkpoint has settled."""
    if origin.meta.get("family") != "vae":
        raise UsageError(f"this is a {origin.meta.get('family')} model; training a VAE needs a VAE")
    before = VaeRecipe.checked(origin.meta["recipe"]).model_dump()
    return recipe.changed(**{name: before[name] for name in KEPT})


def _check_shape(origin: Checkpoint, size: tuple[int, int], channels: int, name: str) -> None:
    data = origin.meta["data"]
    if tuple(data["size"]) != size or data["channels"] != channels:
        before = f"{data['size'][1]}x{data['size'][0]} pixels and {data['channels']} channels"
        raise UsageError(f"the model to start from makes pictures of {before}, which {name} does not have")
