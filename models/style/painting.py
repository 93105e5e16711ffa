"""The course of one style transfer: size by size, with previews and checkpoints on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import scope
from models.events import Note
from models.style.canvas import Canvas
from models.style.objective import PARTS, Objective, Targets
from models.style.optimisers import OPTIMISERS
from models.style.recipe import TUNABLE, StyleRecipe
from models.vision.pyramid import Floats, Size, resized
from models.vision.sitting import Events, Sitting

OPTIMISER = "resume/optimiser/"
Look = tuple[NDArray[np.float64], Floats]
"""The parts of the loss, and the gradient of their sum."""


class Painting(Sitting[StyleRecipe]):
    """One sitting of one style transfer at `stages`, the sizes to paint at, smallest first.

    A loss or gradient that is not finite ends it with the last good picture, and a Note.
    """

    tunable = TUNABLE
    doing = "a picture is painted"

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
        self.canvas, self.objective, self.stages = canvas, objective, stages
        self.optimiser = OPTIMISERS[recipe.optimiser]()
        self.picture: Floats = canvas.start(stages[0])
        self.targets: Targets | None = None
        self.targets_for: tuple[object, ...] = ()
        self.looked: tuple[Floats, tuple[object, ...], Look] | None = None
        self.is_warm = False
        super().__init__(recipe, sources=sources, device=device, resume=resume)

    @property
    def total(self) -> int:
        return self.recipe.steps * len(self.stages)

    @property
    def stage(self) -> int:
        """Which of the sizes the next step is made at."""
        return min(self.step // self.recipe.steps, len(self.stages) - 1)

    @property
    def size(self) -> Size:
        return self.stages[self.stage]

    def advance(self) -> Events:
        now = self.recipe.at(self.step)
        size = self.size
        if self.picture.shape[:2] != size:
            self.picture = np.clip(resized(self.picture, size), 0, 255)
            self.optimiser.scaled(size)
        if self.targets_for != (size, now.shares()):
            yield from self.emit(Note(f"looking at the pictures at {size[1]}x{size[0]}"))
            if self.is_stopping:
                return
            self._aim(size, now)
        began = self.clock.seconds
        with scope(self.device):
            good = self._descend(now)
        if not good:
            return
        if self.is_warm:  # the first step of a sitting also builds what the others run
            self.time(self.clock.seconds - began)
        self.is_warm = True
        self.step += 1
        yield from self.tell()

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

    def preview(self) -> NDArray[np.uint8]:
        return self.canvas.preview(self.picture)

    def result(self) -> NDArray[np.uint8]:
        return self.canvas.result(self.picture)

    def pixels_left(self) -> int:
        steps = self.recipe.steps
        return sum(
            max(0, (index + 1) * steps - max(self.step, index * steps)) * rows * columns
            for index, (rows, columns) in enumerate(self.stages)
        )

    def label(self) -> str:
        return f"size {self.stage + 1} of {len(self.stages)}"

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        kept: dict[str, NDArray[Any]] = {f"{OPTIMISER}{name}": array for name, array in self.optimiser.arrays().items()}
        return {"picture": self.result(), "resume/picture": self.picture, **kept}

    def put(self, checkpoint: Checkpoint) -> None:
        self.picture = np.asarray(checkpoint.arrays["resume/picture"], np.float32)
        self.optimiser.put(
            {
                name.removeprefix(OPTIMISER): array
                for name, array in checkpoint.arrays.items()
                if name.startswith(OPTIMISER)
            }
        )
