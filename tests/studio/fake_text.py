"""The studio, app and commands, with a text family that trains nothing and needs no TensorFlow.

It is started as `python -m tests.studio.fake_text ARGS`.

What it does is set by the environment: FAKE_PAUSE (seconds a step), FAKE_FAIL_AT and FAKE_NAN_AT (steps), FAKE_DEAF
(does not answer a stop).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import ModuleType

from models.checkpoint import Checkpoint
from models.errors import DivergedError
from models.events import Note, Run, Snapshot, Step, Stop, Text
from models.families import FAMILIES, Family
from models.text.recipe import TextRecipe
from tests.support import tiny_checkpoint

HOSTILE = "a\x1b[2Jb\x07 [/red] wörld\nsecond line"


def checkpoint(recipe: TextRecipe, step: int) -> Checkpoint:
    """What a run keeps: a model that can write."""
    found = tiny_checkpoint(step=step)
    return Checkpoint({**found.meta, "resume": {"step": step}}, found.arrays)


def run(
    recipe: TextRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    extend: bool = False,
    device: str = "auto",
) -> Run:
    """Count to `recipe.steps`."""
    os.write(2, b"noise of native code\n")
    step = int(resume.meta["resume"]["step"]) if resume is not None else 0
    commands = [(yield Note(told(step, device, base, extend, recipe)))]
    total = recipe.steps or 10
    while step < total and not any(isinstance(command, Stop) for command in commands):
        time.sleep(float(os.environ.get("FAKE_PAUSE", "0")))
        step += 1
        if step == int(os.environ.get("FAKE_FAIL_AT", "-1")):
            raise DivergedError(f"non-finite loss at step {step}")
        loss = float("nan") if step == int(os.environ.get("FAKE_NAN_AT", "-1")) else 2.0 / step
        figures = {"loss": loss, "val_loss": 1.625}
        commands = [(yield Step(step, total, figures, step / 2, step / 4, 8.0, remaining=1.0))]
        while "FAKE_DEAF" in os.environ:
            time.sleep(0.05)
        if step % 5 == 0:
            commands.append((yield Text(HOSTILE, "T=0.5")))
            commands.append((yield Snapshot(checkpoint(recipe, step), "timed")))
    yield Snapshot(checkpoint(recipe, step), "final")


def told(step: int, device: str, base: Checkpoint | None, extend: bool, recipe: TextRecipe) -> str:
    """What the run was started with."""
    return f"from step {step} on {device}, base {base is not None}, extend {extend}, corpus {recipe.corpus[0]}"


def main() -> None:
    """The command line, with the family and the devices exchanged."""
    FAMILIES["text"] = Family("text", "models.text.recipe:TextRecipe", "tests.studio.fake_text:run")
    devices = ModuleType("models.devices")
    vars(devices)["names"] = lambda: ["CPU:0"]
    vars(devices)["resolve"] = lambda device: ["CPU:0" if device == "auto" else device]
    sys.modules["models.devices"] = devices
    from studio.__main__ import main

    main()


if __name__ == "__main__":
    main()
