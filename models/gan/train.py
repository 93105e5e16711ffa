"""Training a GAN, as a run."""

from __future__ import annotations

from pathlib import Path

from models.checkpoint import Checkpoint
from models.data.beginning import begin, told
from models.devices import Placement, resolve
from models.errors import UsageError
from models.events import Run
from models.gan.judge import Judge
from models.gan.recipe import GanRecipe
from models.gan.task import GanTask
from models.pace import Plan
from models.training import train

KEPT = ("latent", "mapping", "width", "most", "size", "spectral_norm")
"""Knobs that a model which training starts from has settled."""


def run(
    recipe: GanRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Train a GAN. `folder` is the data folder, where downloaded sets are kept.

    `resume` goes on from a run's checkpoint as if it had never stopped; `recipe` may then set another end. `base`
    starts from a model's networks. `device` is as `models.devices.resolve` takes it; several share each batch.

    Yields Notes of what is read and trained, then as `models.training.train` does, with the measures of `GanTask`
    and `frechet`, the Fréchet distance in the features of EfficientNet-Lite0, and a Picture of fixed points every
    few seconds. Raises UserError kin: the pictures cannot be read, the checkpoint does not fit, a loss is no longer
    finite.
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
    if pictures.count < 2:
        raise UsageError(f"{pictures.name}: a GAN needs two pictures at least, there is {pictures.count}")
    with place.scope():
        judge = None
        if recipe.frechet_every is not None:
            judge = Judge(pictures, recipe.frechet_count, recipe.latent, recipe.seed, folder)
        task = GanTask(recipe, pictures, place, {"data": pictures.about()}, judge)
        if base is not None and resume is None:
            task.start_from(base.arrays)
    count = sum(int(variable.shape.num_elements()) for variable in [*task.game.generating, *task.game.judging])
    if (yield from told(pictures, count, task.steps_per_epoch, place.title)):
        yield from train(task, plan(recipe), place, resume)


def plan(recipe: GanRecipe) -> Plan:
    """When the training that a recipe describes ends, measures, shows and saves."""
    return Plan(
        {"generator_rate": recipe.generator_rate, "discriminator_rate": recipe.discriminator_rate},
        seed=recipe.seed,
        epochs=recipe.epochs,
        steps=recipe.steps,
        seconds=recipe.seconds,
        schedule=recipe.schedule,
        validate_every=recipe.frechet_every or 60.0,
        save_every=recipe.save_every,
        show_every=recipe.grid_every,
    )
