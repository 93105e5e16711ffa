"""A family without TensorFlow: it counts. The fixture `fake` puts it into `models.families.FAMILIES`."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.errors import DivergedError
from models.events import Note, Picture, Run, Snapshot, Step, Stop, Text, Tune
from models.families import Family
from models.recipe import Recipe, knob

IMPORTING = threading.Event()
"""Set once an import begins; `IMPORTED` lets it end."""
IMPORTED = threading.Event()
IMPORTED.set()
GATE = threading.Semaphore(0)
"""With `gated`: one step for each release."""


class FakeRecipe(Recipe):
    """The knobs of counting."""

    family: ClassVar[str] = "fake"
    default_preset: ClassVar[str] = "plain"
    presets: ClassVar = {"plain": {}}

    steps: int = knob(10, "Steps to count.", ge=1)
    pause: float = knob(0.0, "Seconds a step takes.", ge=0)
    best_at: tuple[int, ...] = knob((), "Steps with a best snapshot.")
    save_every: int = knob(0, "Steps between two timed snapshots; 0 is never.", ge=0)
    fail_at: int = knob(0, "The step that fails; 0 is none.", ge=0)
    failure: str = knob("diverged", "How it fails.")
    infinite_at: int = knob(0, "The step whose loss is infinite.", ge=0)
    gated: bool = knob(False, "Wait for the test before each step.")
    size: int = knob(4, "Numbers in the weights.", ge=1)


def checkpoint(recipe: FakeRecipe, step: int) -> Checkpoint:
    """What a run of this recipe keeps at a step."""
    meta = {
        "family": "fake",
        "recipe": recipe.model_dump(mode="json"),
        "step": step,
        "metrics": {"loss": 1 / (1 + step)},
        "seconds": step * 0.5,
        "resume": {"step": step},
    }
    weights = np.full(recipe.size, step, np.float32)
    return Checkpoint(meta, {"weights/count": weights, "optimizer/count": weights})


def run(
    recipe: FakeRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
    greeting: str = "",
) -> Run:
    """Count to `recipe.steps`."""
    step = int(resume.meta["resume"]["step"]) if resume is not None else 0
    yield Note(f"from {step} on {device}{greeting}" + ("" if base is None else f" over {base.meta['step']}"))
    while step < recipe.steps:
        if recipe.gated:
            GATE.acquire()
        time.sleep(recipe.pause)
        step += 1
        if step == recipe.fail_at:
            fail(recipe.failure, step)
        loss = np.float32(np.inf if step == recipe.infinite_at else 1 / (1 + step))
        command = yield Step(step, recipe.steps, {"loss": loss}, seconds=step * 0.5, epoch=step / 10, rate=2.0)
        if isinstance(command, Stop):
            break
        if isinstance(command, Tune):
            yield Note(f"tuned at {step}: {dict(command.changes)}")
        if step in recipe.best_at:
            yield Snapshot(checkpoint(recipe, step), "best")
        if recipe.save_every and step % recipe.save_every == 0:
            yield Text(f"text of {step}", "T=1")
            yield Snapshot(checkpoint(recipe, step), "timed")
    yield Snapshot(checkpoint(recipe, step), "final")


def fail(how: str, step: int) -> None:
    """Fail in one of the ways that runs fail."""
    if how == "diverged":
        raise DivergedError(f"non-finite loss at step {step}")
    if how == "memory":
        raise MemoryError
    if how == "interrupt":
        raise KeyboardInterrupt
    raise ZeroDivisionError(f"{how}\nmore lines\x1b[2J")


class SlowFamily(Family):
    """A family whose import waits for the test."""

    def start(self):
        IMPORTING.set()
        assert IMPORTED.wait(30)
        return super().start()


FAMILY = SlowFamily("fake", "tests.studio.fake_family:FakeRecipe", "tests.studio.fake_family:run")


class PictureRecipe(FakeRecipe):
    """The knobs of painting."""

    family: ClassVar[str] = "fake pictures"

    keep_every: int = knob(0, "Steps between two pictures that are kept; 0 keeps the last one alone.", ge=0)
    frames: int = knob(1, "Frames to make.", ge=1)
    animation: str = knob("gif", "The kind of the animation.")
    fps: float = knob(10.0, "Frames a second.")


def paint(
    recipe: PictureRecipe,
    *,
    folder: Path,
    resume: Checkpoint | None = None,
    base: Checkpoint | None = None,
    device: str = "auto",
) -> Run:
    """Paint a picture that gets lighter by one level a step."""
    step = int(resume.meta["resume"]["step"]) if resume is not None else 0
    while step < recipe.steps:
        if recipe.gated:
            GATE.acquire()
        step += 1
        command = yield Step(step, recipe.steps, {"loss": 1 / step}, seconds=step * 0.5)
        yield Picture(shade(step), f"step {step}")
        if recipe.keep_every and step % recipe.keep_every == 0:
            about = {"recipe": {"steps": recipe.steps, "changed": step}, "sources": ["one"], "step": step}
            yield Picture(shade(step), "kept", keep=True, about=about)
        if isinstance(command, Stop):
            break
    meta = checkpoint(recipe, step).meta | {"family": recipe.family, "seed": 5, "sources": [], "version": "1"}
    frames = {f"frames/{index:05}": shade(index) for index in range(recipe.frames if recipe.frames > 1 else 0)}
    yield Snapshot(Checkpoint(meta, {"picture": shade(step), **frames}), "final")


def shade(level: int) -> NDArray[np.uint8]:
    return np.full((12, 16, 3), level, np.uint8)


PICTURES = Family("fake pictures", f"{__name__}:PictureRecipe", f"{__name__}:paint", makes="picture")
