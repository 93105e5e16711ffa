"""Training a VAE, as a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.checkpoint import Checkpoint
from models.data.beginning import begin, told
from models.data.sets import split
from models.devices import Placement, resolve
from models.errors import UsageError
from models.events import Run
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
    if place.workers is not None:
        recipe, resume, base = place.workers.begin(recipe, resume, base)
    begun = yield from begin(recipe, KEPT, folder=folder, replicas=place.replicas, resume=resume, base=base)
    if begun is None:
        return
    recipe, pictures = begun.recipe, begun.pictures
    if place.workers is not None:
        place.workers.check_same(pictures.identity)
    if min(pictures.size) < 8:
        raise UsageError(f"{pictures.name}: pictures of {pictures.size[1]}x{pictures.size[0]} pixels are too small")
    learnt, held = split(pictures.count, recipe.validation, recipe.seed)
    with place.scope():
        task = VaeTask(recipe, pictures, learnt, held, place, {"data": pictures.about()})
        if base is not None and resume is None:
            task.nets.put(base.arrays)
    count = sum(int(np.prod(variable.shape)) for variable in task.nets.trained.values())
    if (yield from told(pictures, count, task.steps_per_epoch, place.title)):
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
