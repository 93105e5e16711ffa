"""The course of a dream: which step works on which octave, or on which frame of the zoom. Plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.dream.recipe import DreamRecipe
from models.errors import UsageError
from models.vision.pyramid import Size, sizes


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps on a picture of one size: an octave, or a frame of the zoom. They are `first` up to `end`."""

    kind: Literal["octave", "frame"]
    index: int
    size: Size
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Course:
    """All stages in order. `octaves` were asked for; where the picture is too small for some, there are fewer."""

    stages: tuple[Stage, ...]
    octaves: int

    @property
    def total(self) -> int:
        """Steps in all."""
        return self.stages[-1].end

    @property
    def small(self) -> Size:
        """The size of the first octave."""
        return self.stages[0].size

    @property
    def full(self) -> Size:
        return self.stages[-1].size

    @property
    def legal(self) -> int:
        """How many octaves there are."""
        return sum(stage.kind == "octave" for stage in self.stages)

    def at(self, step: int) -> Stage:
        """The stage that step number `step` (from 0) works on; the last one at the end."""
        return next((stage for stage in self.stages if step < stage.end), self.stages[-1])

    def described(self) -> str:
        """The octaves and steps, in words."""
        height, width = self.full
        found = f"{width}x{height}, {counted(self.legal, 'octave')}, {counted(self.total, 'step')}"
        if self.legal == self.octaves:
            return found
        return f"{found}; the picture is too small for {counted(self.octaves, 'octave')}, so it is {self.legal}"

    def work(self, step: int = 0) -> int:
        """Pixels that all steps from `step` on work on, together."""
        return sum(max(0, stage.end - max(stage.first, step)) * stage.size[0] * stage.size[1] for stage in self.stages)


def course(recipe: DreamRecipe, size: Size, minimum: int) -> Course:
    """The course of `recipe` on a picture of `size` with a network that takes no side under `minimum` pixels.

    Raises UsageError if the picture itself is too small.
    """
    octaves = sizes(size, recipe.octaves, recipe.octave_scale, minimum)
    if not octaves:
        raise UsageError(
            f"content: {size[1]}x{size[0]} is too small for {recipe.backbone}, which needs {minimum} pixels a side"
        )
    stages = [
        Stage("octave", index, each, index * recipe.steps, (index + 1) * recipe.steps)
        for index, each in enumerate(octaves)
    ]
    begin = stages[-1].end
    # The first frame is the dream itself.
    for frame in range(1, recipe.zoom_frames):
        stages.append(Stage("frame", frame, size, begin, begin + recipe.zoom_steps))
        begin += recipe.zoom_steps
    return Course(tuple(stages), recipe.octaves)


def counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
