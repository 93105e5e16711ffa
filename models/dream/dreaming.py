"""The course of one dream: octave by octave, then frame by frame, with previews and checkpoints on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import scope
from models.dream.ascent import climb
from models.dream.changes import TUNABLE
from models.dream.course import Course
from models.dream.estimate import window
from models.dream.recipe import DreamRecipe
from models.dream.state import State
from models.dream.targets import Targets
from models.errors import DivergedError
from models.events import Note, Snapshot
from models.vision.pyramid import Size
from models.vision.sitting import Events, Sitting
from models.vision.tiles import add, canvas, cut, tiles

YIELD_SECONDS = 0.2
"""Seconds in which the run yields at least once, where a step is made of several tiles."""
ZERO = "the gradient is zero: nothing that the dream looks for answers to this picture, so it stays as it is"


class Dreaming(Sitting[DreamRecipe]):
    """One sitting of one dream on `pixels`, uint8 (height, width, 3). The arrays in `kept` go into the checkpoints.

    Yields also between the tiles of a long step. Raises DivergedError, after a snapshot of the last good picture, if
    the gradient is not finite.
    """

    tunable = TUNABLE
    doing = "a dream runs"

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
        self.course, self.targets, self.kept = course, targets, kept
        self.state = State(pixels, course)
        self.is_zero = self.is_in_step = False
        super().__init__(recipe, sources=sources, device=device, resume=resume)

    @property
    def total(self) -> int:
        return self.course.total

    @property
    def size(self) -> Size:
        return self.state.stage.size

    @property
    def next_step(self) -> int:
        return self.step + self.is_in_step

    @property
    def now(self) -> DreamRecipe:
        """The recipe as it holds for the next step."""
        return self.recipe.at(self.step)

    def advance(self) -> Events:
        now = self.now
        if not self.targets.is_ready(now):
            yield from self.emit(Note(f"looking for {self.targets.named(now)}"))
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
        yield from self.tell()

    def _climb(self, now: DreamRecipe) -> Events:
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
                yield from self.emit(self.figures())
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
            yield from self.emit(Snapshot(self.checkpoint(), "timed"))
            raise DivergedError(f"non-finite gradient at step {self.step + 1}; the picture of step {self.step} is kept")
        self.is_in_step = False
        if strength == 0 and not self.is_zero:
            self.is_zero = True
            self.notes.append(Note(ZERO, "warning"))
        self.metrics = {"loss": float(values @ weights) / (size[0] * size[1]), "gradient": strength}
        self.time(self.clock.seconds - began)

    def _shift(self, now: DreamRecipe) -> Size:
        """Where the picture begins on its canvas in this step; it follows from the seed and the step alone."""
        down, right = np.random.default_rng((self.recipe.seed, self.step)).integers(0, now.jitter + 1, 2).tolist()
        return down, right

    def check(self, recipe: DreamRecipe) -> None:
        self.targets.check(recipe.at(self.next_step))

    def preview(self) -> NDArray[np.uint8]:
        return self.state.preview(self.now)

    def result(self) -> NDArray[np.uint8]:
        return self.state.result(self.now)

    def pixels_left(self) -> int:
        return self.course.work(self.step)

    def label(self) -> str:
        stage = self.state.stage
        if stage.kind == "frame":
            return f"frame {stage.index + 1} of {self.recipe.zoom_frames}"
        return f"octave {stage.index + 1} of {self.course.legal}"

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {**self.state.arrays(self.now), **self.kept}

    def resume_meta(self) -> Mapping[str, Any]:
        return {"is_zero": self.is_zero}

    def put(self, checkpoint: Checkpoint) -> None:
        self.is_zero = bool(checkpoint.meta["resume"]["is_zero"])
        self.state.put(checkpoint.arrays, self.step)
