"""The course of one dream: octave by octave, then frame by frame, with previews and checkpoints on the way."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.changes import Change
from models.checkpoint import Checkpoint
from models.devices import give_back_memory, scope
from models.dream.ascent import climb
from models.dream.changes import TUNABLE, WATCHING
from models.dream.course import Course
from models.dream.estimate import window
from models.dream.recipe import DreamRecipe
from models.dream.state import State
from models.dream.targets import Targets
from models.errors import DivergedError, UsageError
from models.events import Command, Event, Note, Picture, Run, Snapshot, Step, Stop, Tune
from models.pace import Clock
from models.vision.pyramid import Size
from models.vision.tiles import add, canvas, cut, tiles

SNAPSHOT_SECONDS = 30.0
"""Seconds of work that a crash may cost."""
YIELD_SECONDS = 0.2
"""Seconds in which the run yields at least once, where a step is made of several tiles."""
PREVIEW_SECONDS = 0.5
"""Seconds after which there is a preview even if steps are slow."""
ZERO = "the gradient is zero: nothing that the dream looks for answers to this picture, so it stays as it is"


class Dreaming:
    """One sitting of one dream on `pixels`, uint8 (height, width, 3).

    `sources` and the arrays in `kept` go into the checkpoints as they are.
    """

    def __init__(
        self,
        recipe: DreamRecipe,
        pixels: NDArray[np.uint8],
        course: Course,
        targets: Targets,
        *,
        sources: list[Mapping[str, Any]],
        device: str,
        kept: Mapping[str, NDArray[Any]],
        resume: Checkpoint | None = None,
    ) -> None:
        self.recipe, self.course, self.targets = recipe, course, targets
        self.sources, self.device, self.kept = sources, device, kept
        self.state = State(pixels, course)
        self.step = 0
        self.metrics: dict[str, float] = {}
        self.is_zero = False
        seconds = 0.0 if resume is None else self._take_up(resume)
        self.clock = Clock(seconds)
        self.seen_at = self.saved_at = seconds
        self.pace = 0.0
        self.is_in_step = self.is_stopping = False
        self.notes: list[Note] = []

    # -- the course of events

    def run(self) -> Run:
        """Yields `Step` after each step, and between the tiles of a long one; `Picture` previews, and those to keep;
        `Snapshot`: `timed` after each half minute of work, and a `final` one as the last event. Its `picture` has the
        full size, whatever octave the dream is at.

        `Stop()` ends it with the last whole step. `Tune` takes effect with the next step and is added to the recipe's
        `changes`, so that the dream can be done again; a Note says what cannot be changed. Time in which it is not
        asked for the next event does not count. Raises DivergedError, after a snapshot of the last good picture, if
        the gradient is not finite.
        """
        self.clock.start()
        try:
            while not self.is_stopping and self.step < self.course.total:
                yield from self._advance()
            yield from self._emit(self._step_event())
            yield from self._emit(Picture(self.state.preview(self._now()), self._label()))
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
        now = self._now()
        if not self.targets.is_ready(now):
            yield from self._emit(Note(f"looking for {self.targets.named(now)}"))
            with scope(self.device):
                self.targets.prepare(now, self.state.original(self.course.small))
        self.state.enter(self.course.at(self.step), now)
        if self.is_stopping:
            return
        yield from self._climb(now)
        if self.is_in_step:
            return
        self.step += 1
        stage = self.state.stage
        if self.step == stage.end and self.recipe.zoom_frames and stage.size == self.course.full:
            self.state.keep_frame(now)
        yield from self._tell()

    def _climb(self, now: DreamRecipe) -> Generator[Event, Command | None, None]:
        """A step on all tiles. Stopped between two of them it is given up, and `is_in_step` stays on."""
        objective, weights = self.targets.at(now)
        picture, size = self.state.picture, self.state.stage.size
        shift = self._shift(now)
        halo, stride = objective.halo, objective.stride
        found = tiles(canvas(size, now.jitter, stride), window(now, halo), halo, stride)
        values, total = np.zeros(len(weights)), np.zeros_like(picture)
        began = yielded = self.clock.seconds
        self.is_in_step = True
        for index, tile in enumerate(found):
            with scope(self.device):
                shares, gradient = objective.gradient(cut(picture, tile, shift), tile, weights)
            values += shares
            add(total, gradient, tile, shift)
            if index < len(found) - 1 and self.clock.seconds - yielded >= YIELD_SECONDS:
                yielded = self.clock.seconds
                yield from self._emit(self._step_event())
                if self.is_stopping:
                    return
        strength = climb(
            picture,
            total,
            step_size=now.step_size,
            normalise=now.normalise,
            total_variation=now.total_variation,
        )
        if not np.isfinite(strength):
            yield from self._emit(Snapshot(self._checkpoint(), "timed"))
            raise DivergedError(f"non-finite gradient at step {self.step + 1}; the picture of step {self.step} is kept")
        self.is_in_step = False
        if strength == 0 and not self.is_zero:
            self.is_zero = True
            self.notes.append(Note(ZERO, "warning"))
        self.metrics = {"loss": float(values @ weights) / (size[0] * size[1]), "gradient": strength}
        self._time((self.clock.seconds - began) / (size[0] * size[1]))

    def _shift(self, now: DreamRecipe) -> Size:
        """Where the picture begins on its canvas in this step; it follows from the seed and the step alone."""
        down, right = np.random.default_rng((self.recipe.seed, self.step)).integers(0, now.jitter + 1, 2).tolist()
        return down, right

    def _tell(self) -> Generator[Event, Command | None, None]:
        """What is due after a step: figures, a preview, a picture to keep, a snapshot, notes."""
        yield from self._emit(self._step_event())
        recipe, now = self.recipe, self._now()
        is_late = self.clock.seconds - self.seen_at >= PREVIEW_SECONDS
        if recipe.preview_every and (self.step % recipe.preview_every == 0 or is_late):
            self.seen_at = self.clock.seconds
            yield from self._emit(Picture(self.state.preview(now), self._label()))
        if recipe.save_every and self.step % recipe.save_every == 0 and self.step < self.course.total:
            label, about = f"step {self.step}", self._about()
            yield from self._emit(Picture(self.state.result(now), label, keep=True, about=about))
        if self.clock.seconds - self.saved_at >= SNAPSHOT_SECONDS and not self.is_stopping:
            yield from self._emit(Snapshot(self._checkpoint(), "timed"))
            self.saved_at = self.clock.seconds
        while self.notes:
            yield from self._emit(self.notes.pop(0))

    # -- knobs

    def _now(self) -> DreamRecipe:
        """The recipe as it holds for the next step."""
        return self.recipe.at(self.step)

    def _tune(self, changes: Mapping[str, Any]) -> None:
        """Take in changed knobs; what does not fit is told, and left as it was."""
        from_ = self.step + self.is_in_step
        for knob, value in changes.items():
            try:
                if knob in WATCHING:
                    changed = self.recipe.changed(**{knob: value})
                elif knob in TUNABLE:
                    plain = list(value) if isinstance(value, tuple) else value
                    lines = (*self.recipe.changes, str(Change(from_, knob, plain)))
                    changed = self.recipe.changed(changes=lines)
                    self.targets.check(changed.at(from_))
                else:
                    raise UsageError(f"{knob} cannot change while a dream runs")
            except UsageError as error:
                self.notes.append(Note(str(error), "warning"))
            else:
                self.recipe = changed

    # -- figures

    def _time(self, seconds: float) -> None:
        """Account for the seconds that a pixel took in a step."""
        self.pace += (seconds - self.pace) * (0.2 if self.pace else 1.0)

    def _step_event(self) -> Step:
        height, width = self.state.stage.size
        return Step(
            self.step,
            self.course.total,
            dict(self.metrics),
            self.clock.seconds,
            rate=1 / (self.pace * height * width) if self.pace else 0.0,
            remaining=self.pace * self.course.work(self.step) if self.pace else None,
        )

    def _label(self) -> str:
        stage = self.state.stage
        if stage.kind == "frame":
            return f"frame {stage.index + 1} of {self.recipe.zoom_frames}"
        return f"octave {stage.index + 1} of {self.course.legal}"

    # -- checkpoints

    def _about(self) -> dict[str, Any]:
        """What a checkpoint, or a picture that is kept, says of how it was made."""
        return {
            "family": "dream",
            "recipe": self.recipe.model_dump(mode="json"),
            "step": self.step,
            "metrics": dict(self.metrics),
            "seconds": self.clock.seconds,
            "version": importlib.metadata.version("latent-studio"),
            "seed": self.recipe.seed,
            "sources": [dict(source) for source in self.sources],
        }

    def _checkpoint(self) -> Checkpoint:
        meta = self._about() | {"resume": {"is_zero": self.is_zero}}
        return Checkpoint(meta, {**self.state.arrays(self._now()), **self.kept})

    def _take_up(self, checkpoint: Checkpoint) -> float:
        """Go on from a checkpoint; returns the seconds worked before."""
        meta = checkpoint.meta
        try:
            self.step, seconds = int(meta["step"]), float(meta["seconds"])
            self.metrics = dict(meta["metrics"])
            self.is_zero = bool(meta["resume"]["is_zero"])
        except (KeyError, TypeError, ValueError):
            raise UsageError("this checkpoint holds a picture, not a dream that can be resumed") from None
        self.state.put(checkpoint.arrays, self.step)
        return seconds
