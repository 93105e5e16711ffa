"""The studio with a family that learns from pictures, trains nothing and needs no TensorFlow.

It is started as `python -m tests.studio.fake_set ARGS`, or put in the place of `gan` by a test.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from models.checkpoint import Checkpoint
from models.data.recipe import PicturesRecipe
from models.data.sets import PictureSet
from models.events import Note, Picture, Run, Snapshot, Step, Stop
from models.families import FAMILIES, Family
from models.recipe import knob

FIGURES = {"generator_loss": 1.25, "discriminator_loss": 0.5, "diversity": 0.75, "frechet": 12.5}


class SetRecipe(PicturesRecipe):
    """The knobs of looking at pictures."""

    family: ClassVar[str] = "gan"
    default_preset: ClassVar[str] = "plain"
    presets: ClassVar = {"plain": {}, "small": {"size": 32}}

    latent: int = knob(8, "Numbers of a point.", group="networks", ge=2)
    batch: int = knob(4, "Pictures a step.", group="training", ge=1)
    rate: float = knob(0.1, "Step size.", group="training", gt=0)
    seconds: float | None = knob(60.0, "Stop after so long.", group="stop", unit="s", gt=0)
    patience: int | None = knob(None, "Stop after so many misses.", group="stop", ge=1)


FAMILY = Family("gan", "tests.studio.fake_set:SetRecipe", "tests.studio.fake_set:run")


def checkpoint(recipe: SetRecipe, step: int) -> Checkpoint:
    """What a run keeps."""
    meta = {
        "family": "gan",
        "recipe": recipe.model_dump(mode="json"),
        "data": {"name": recipe.data, "size": [32, 32], "channels": 3},
        "step": step,
        "metrics": FIGURES,
        "seconds": step / 2,
        "resume": {"step": step},
    }
    return Checkpoint(meta, {"weights/nothing": np.zeros(3, np.float32)})


def run(
    recipe: SetRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Count to `recipe.steps`, with a picture on the way."""
    step = int(resume.meta["resume"]["step"]) if resume is not None else 0
    commands = [(yield Note(f"from step {step}, base {base is not None}, data {recipe.data}"))]
    total = recipe.steps or 10
    while step < total and not any(isinstance(command, Stop) for command in commands):
        time.sleep(float(os.environ.get("FAKE_PAUSE", "0")))
        step += 1
        commands = [(yield Step(step, total, {**FIGURES, "generator_loss": 1 / step}, step / 2, step / 4, 8.0))]
        commands.append((yield Picture(np.full((24, 24, 3), step, np.uint8))))
    yield Snapshot(checkpoint(recipe, step), "final")


def estimate(
    recipe: SetRecipe, count: int | None, size: tuple[int, int], channels: int, known: Any = None
) -> SimpleNamespace:
    """An estimate that tells what it was asked."""
    return SimpleNamespace(
        parameters=1000 * channels, model=4000, memory=size[0] * 10**6, step_seconds=0.1, steps=count, seconds=60.0,
        passes=2.0, measured=known is not None,
    )  # fmt: skip


def evaluate(checkpoint: Checkpoint, pictures: PictureSet, *, folder: Path, importance: int = 0) -> Mapping[str, float]:
    """Measures that tell what there was to measure."""
    pixels = pictures.read(np.arange(pictures.count))
    return {"frechet": float(len(pixels)), "side": float(pixels.shape[1]), "importance": float(importance)}


def main() -> None:
    """The command line, with the family and the devices exchanged."""
    FAMILIES["gan"] = FAMILY
    devices = ModuleType("models.devices")
    vars(devices)["names"] = lambda: ["CPU:0"]
    vars(devices)["resolve"] = lambda device: ["CPU:0" if device == "auto" else device]
    sys.modules["models.devices"] = devices
    from studio.cli import evaluate as command

    command.EVALUATED["gan"] = "tests.studio.fake_set:evaluate"
    from studio.__main__ import main

    main()


if __name__ == "__main__":
    main()
