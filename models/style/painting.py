"""The course of one style transfer: size by size, with previews and checkpoints on the way."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.changes import Change
from models.checkpoint import Checkpoint
from models.devices import give_back_memory, scope
from models.errors import UsageError
from models.events import Command, Event, Note, Picture, Run, Snapshot, Step, Stop, Tune
from models.pace import Clock
from models.style.canvas import Canvas
from models.style.objective import PARTS, Objective, Targets
from models.style.optimisers import OPTIMISERS
from models.style.recipe import TUNABLE, WATCHING, StyleRecipe
from models.vision.pyramid import Floats, Size, resized

SNAPSHOT_SECONDS = 30.0
"""Seconds of work that a crash may cost."""
PREVIEW_SECONDS = 0.5
"""Seconds after which there is a preview even if steps are slow."""
OPTIMISER = "resume/optimiser/"
Look = tuple[NDArray[np.float64], Floats]
"""The parts of the loss, and the gradient of their sum."""


class Painting:
    """One sitting of one style transfer at `stages`, the sizes to paint at, smallest first. `sources` go into the
    checkpoints as they are."""

    def __init__(
        self,
        recipe: StyleRecipe,
        canvas: Canvas,
        objective: Objective,
        stages: list[Size],
        *,
        sources: list[Mapping[str, Any]],
        device: str,
        resume: Checkpoint | None = None,
    ) -> None:
        self.recipe, self.canvas, self.objective, self.stages = recipe, canvas, objective, stages
        self.sources, self.device = sources, device
        self.optimiser = OPTIMISERS[recipe.optimiser]()
        self.picture: Floats = canvas.start(stages[0])
        self.targets: Targets | None = None
        self.targets_for: tuple[object, ...] = ()
        self.looked: tuple[Floats, tuple[object, ...], Look] | None = None
        self.step = 0
        self.metrics: dict[str, float] = {}
        seconds = 0.0 if resume is None else self._take_up(resume)
        self.clock = Clock(seconds)
        self.seen_at = self.saved_at = seconds
        self.pace = 0.0
        self.is_stopping = self.is_warm = False
        self.notes: list[Note] = []

    @property
    def total(self) -> int:
        return self.recipe.steps * len(self.stages)

    @property
    def stage(self) -> int:
        """Which of the sizes the next step is made at."""
        return min(self.step // self.recipe.steps, len(self.stages) - 1)

    def run(self) -> Run:
        """Yields `Step` after each step; `Picture` previews, and those to keep; `Snapshot`: `timed` after each half
        minute of work, and a `final` one as the last event. Its `picture` has the content's size.

        `Stop()` ends it with the last whole step. `Tune` takes effect with the next step and is added to the recipe's
        `changes`. A loss or gradient that is not finite ends it with the last good picture, and a Note.
        """
        self.clock.start()
        try:
            while not self.is_stopping and self.step < self.total:
                yield from self._advance()
            while self.notes:
                yield from self._emit(self.notes.pop(0))
            yield from self._emit(self._step_event())
            yield from self._emit(Picture(self.canvas.preview(self.picture), self._label()))
            yield from self._emit(Snapshot(self._checkpoint(), "final"))
        finally:
            self.clock.hold()
            give_back_memory()

    def _emit(self, event: Event) -> Generator[Event, Command | None, None]:
        """Yield an event with the clock held, and take in what is sent."""
        self.clock.hold()
        command = yield event
        self.clock.start()
        if isinstance(command, Stop):
            self.is_stopping = True
        elif isinstance(command, Tune):
            self._tune(command.changes)

    def _advance(self) -> Generator[Event, Command | None, None]:
        """One step, and all that is due after it."""
        now = self.recipe.at(self.step)
        size = self.stages[self.stage]
        if self.picture.shape[:2] != size:
            self.picture = np.clip(resized(self.picture, size), 0, 255)
            self.optimiser.scaled(size)
        if self.targets_for != (size, now.shares()):
            yield from self._emit(Note(f"looking at the pictures at {size[1]}x{size[0]}"))
            if self.is_stopping:
                return
            self._aim(size, now)
        began = self.clock.seconds
        with scope(self.device):
            good = self._descend(now)
        if not good:
            return
        self.step += 1
        if self.is_warm:  # the first step of a sitting also builds what the others run
            taken = (self.clock.seconds - began) / (size[0] * size[1])
            self.pace += (taken - self.pace) * (0.2 if self.pace else 1.0)
        self.is_warm = True
        yield from self._tell()

    def _aim(self, size: Size, now: StyleRecipe) -> None:
        """Work out what a picture of this size is compared with: once a size."""
        with scope(self.device):
            self.targets = self.objective.targets(
                self.canvas.content_at(size),
                self.canvas.styles_at(size, self.objective.network.minimum),
                now.shares(),
                self.canvas.masks_at(size),
            )
        self.targets_for = (size, now.shares())

    def _descend(self, now: StyleRecipe) -> bool:
        """A step down; False, with the picture as it was, where there is none."""

        def look(picture: Floats) -> tuple[float, Floats]:
            parts, gradient = self._look(picture, now)
            return float(parts.sum()), gradient

        parts, gradient = self._look(self.picture, now)
        if not (np.isfinite(parts).all() and np.isfinite(gradient).all()):
            return self._ended(f"non-finite loss at step {self.step + 1}: the picture of step {self.step} is kept")
        self.metrics = {"loss": float(parts.sum()), **dict(zip(PARTS, map(float, parts), strict=True))}
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found below
            found = self.optimiser.step(self.picture, float(parts.sum()), gradient, look, now.learning_rate)
        if found is None:
            if self.stage + 1 < len(self.stages):
                self.step = (self.stage + 1) * self.recipe.steps - 1
                return True
            return self._ended(f"no step makes it better after step {self.step}")
        if not np.isfinite(found).all():
            return self._ended(f"non-finite picture at step {self.step + 1}: that of step {self.step} is kept")
        self.picture = found
        return True

    def _look(self, picture: Floats, now: StyleRecipe) -> Look:
        """The loss and gradient of a picture; asked of the same one again, as a step is that begins where the last
        line search ended, it works nothing out anew."""
        assert self.targets is not None
        weights = (now.style_weight, now.content_weight, now.total_variation)
        asked = (weights, self.targets_for)
        if self.looked is None or self.looked[0] is not picture or self.looked[1] != asked:
            self.looked = picture, asked, self.objective.gradient(picture, self.targets, now.shares(), weights)
        return self.looked[2]

    def _ended(self, why: str) -> bool:
        self.is_stopping = True
        self.notes.append(Note(why, "warning"))
        return False

    def _tell(self) -> Generator[Event, Command | None, None]:
        """What is due after a step: figures, a preview, a picture to keep, a snapshot, notes."""
        yield from self._emit(self._step_event())
        recipe = self.recipe
        is_late = self.clock.seconds - self.seen_at >= PREVIEW_SECONDS
        if recipe.preview_every and (self.step % recipe.preview_every == 0 or is_late):
            self.seen_at = self.clock.seconds
            yield from self._emit(Picture(self.canvas.preview(self.picture), self._label()))
        if recipe.save_every and self.step % recipe.save_every == 0 and self.step < self.total:
            label, about = f"step {self.step}", self._about()
            yield from self._emit(Picture(self.canvas.result(self.picture), label, keep=True, about=about))
        if self.clock.seconds - self.saved_at >= SNAPSHOT_SECONDS and not self.is_stopping:
            yield from self._emit(Snapshot(self._checkpoint(), "timed"))
            self.saved_at = self.clock.seconds
        while self.notes:
            yield from self._emit(self.notes.pop(0))

    def _tune(self, changes: Mapping[str, Any]) -> None:
        """Take in changed knobs; what does not fit is told, and left as it was."""
        for knob, value in changes.items():
            try:
                if knob in WATCHING:
                    self.recipe = self.recipe.changed(**{knob: value})
                elif knob in TUNABLE:
                    plain = list(value) if isinstance(value, tuple) else value
                    lines = (*self.recipe.changes, str(Change(self.step, knob, plain)))
                    self.recipe = self.recipe.changed(changes=lines)
                else:
                    raise UsageError(f"{knob} cannot change while a picture is painted")
            except UsageError as error:
                self.notes.append(Note(str(error), "warning"))

    # -- figures

    def _step_event(self) -> Step:
        height, width = self.stages[self.stage]
        left = sum(
            max(0, (index + 1) * self.recipe.steps - max(self.step, index * self.recipe.steps)) * rows * columns
            for index, (rows, columns) in enumerate(self.stages)
        )
        return Step(
            self.step,
            self.total,
            dict(self.metrics),
            self.clock.seconds,
            rate=1 / (self.pace * height * width) if self.pace else 0.0,
            remaining=self.pace * left if self.pace else None,
        )

    def _label(self) -> str:
        return f"size {self.stage + 1} of {len(self.stages)}"

    # -- checkpoints

    def _about(self) -> dict[str, Any]:
        """What a checkpoint, or a picture that is kept, says of how it was made."""
        return {
            "family": "style",
            "recipe": self.recipe.model_dump(mode="json"),
            "step": self.step,
            "metrics": dict(self.metrics),
            "seconds": self.clock.seconds,
            "version": importlib.metadata.version("latent-studio"),
            "seed": self.recipe.seed,
            "sources": [dict(source) for source in self.sources],
        }

    def _checkpoint(self) -> Checkpoint:
        kept: dict[str, NDArray[Any]] = {f"{OPTIMISER}{name}": array for name, array in self.optimiser.arrays().items()}
        return Checkpoint(
            self._about() | {"resume": {}},
            {"picture": self.canvas.result(self.picture), "resume/picture": self.picture, **kept},
        )

    def _take_up(self, checkpoint: Checkpoint) -> float:
        """Go on from a checkpoint; returns the seconds worked before."""
        try:
            self.step, seconds = int(checkpoint.meta["step"]), float(checkpoint.meta["seconds"])
            self.metrics = dict(checkpoint.meta["metrics"])
            self.picture = np.asarray(checkpoint.arrays["resume/picture"], np.float32)
        except (KeyError, TypeError, ValueError):
            raise UsageError("this checkpoint holds a picture, not a style transfer that can be resumed") from None
        self.optimiser.put(
            {
                name.removeprefix(OPTIMISER): array
                for name, array in checkpoint.arrays.items()
                if name.startswith(OPTIMISER)
            }
        )
        return seconds
