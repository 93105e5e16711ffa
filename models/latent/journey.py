"""A journey through a latent space: where it is, what the arrows do, what was marked, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.errors import UsageError
from models.latent.concepts import named
from models.latent.marks import Marks
from models.latent.model import Concept, Latents, Style
from models.latent.traversal import axis

Arrows = Literal["principal", "dimensions"]

STRONGEST = 3.0
"""How strong a concept can be made, either way."""
STEPS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Lengths of a step, in units of the model's scale."""
KEPT = 500
"""Places that can be gone back to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place: a point, how strong each concept is added to it, and whose style it has, if it is not its own.
    `point` is float32 (latent,)."""

    base: Latents
    strengths: tuple[tuple[Concept, float], ...] = ()
    style: Style | None = None

    @property
    def point(self) -> Latents:
        """The point that is shown: the base with its concepts added, always in the same order."""
        found = np.asarray(self.base, np.float64)
        for concept, strength in self.strengths:
            found = found + strength * concept.direction
        return np.asarray(found, np.float32)

    def strength(self, name: str) -> float:
        """How strong a concept is; 0 if it is not added."""
        return next((strength for concept, strength in self.strengths if concept.name == name), 0.0)

    def with_strength(self, concept: Concept, strength: float) -> Place:
        """The same base with a concept made so strong, at 0 taken away."""
        others = tuple(pair for pair in self.strengths if pair[0].name != concept.name)
        found = (*others, (concept, strength)) if strength else others
        return replace(self, strengths=tuple(sorted(found, key=lambda pair: pair[0].name)))


class Journey:
    """Where one is in a latent space, and where one was. Pure: no model, no screen.

    `principal` are unit directions, float32 (k, latent); `scale` and `depth` are the model's.
    """

    def __init__(
        self,
        start: Latents,
        *,
        scale: float = 1.0,
        principal: Latents | None = None,
        concepts: Sequence[Concept] = (),
        depth: int = 0,
    ) -> None:
        self.latent, self.scale, self.depth = len(start), scale, depth
        self.principal = np.zeros((0, self.latent), np.float32) if principal is None else principal
        self.concepts: list[Concept] = list(concepts)
        self.place = Place(np.array(start, np.float32))
        self.marks = Marks()
        self.arrows: Arrows = "principal" if len(self.principal) else "dimensions"
        self.axes = [0, min(1, self.latent - 1)]
        self.step = 0.25
        self._past: list[Place] = []
        self._future: list[Place] = []

    @property
    def point(self) -> Latents:
        """The point that is shown, float32 (latent,)."""
        return self.place.point

    # Moving

    def go(self, place: Place) -> None:
        """Go to a place; what was undone cannot be redone any more."""
        self._past.append(self.place)
        del self._past[:-KEPT]
        self._future.clear()
        self.place = place

    def jump(self, point: Latents, *, plain: bool = False) -> None:
        """Go to a point, with no concept added, in the style of here unless it is wanted `plain`.

        Raises UsageError for one of another space.
        """
        self._check(point)
        self.go(Place(np.array(point, np.float32), style=None if plain else self.place.style))

    def _check(self, point: Latents) -> None:
        if np.shape(point) != (self.latent,):
            raise UsageError(f"a point here has {self.latent} numbers, not {np.size(point)}")

    def move(self, across: int, up: int) -> None:
        """Go by steps along the directions under the arrows; concepts stay as strong as they are."""
        right, upwards = self.directions
        way = self.step * self.scale * (across * right + up * upwards)
        self.go(replace(self.place, base=np.asarray(self.place.base + way, np.float32)))

    def undo(self) -> bool:
        """Go back to the place before; whether there was one."""
        if not self._past:
            return False
        self._future.append(self.place)
        self.place = self._past.pop()
        return True

    def redo(self) -> bool:
        """Take back the last undo; whether there was one."""
        if not self._future:
            return False
        self._past.append(self.place)
        self.place = self._future.pop()
        return True

    @property
    def travelled(self) -> Latents:
        """The points so far, this one the last: float32 (n, latent)."""
        return np.stack([place.point for place in (*self._past, self.place)])

    # What the arrows do

    @property
    def directions(self) -> tuple[Latents, Latents]:
        """The unit directions to the right and upwards."""
        if self.arrows == "principal":
            return self.principal[self.axes[0]], self.principal[self.axes[1]]
        return axis(self.latent, self.axes[0]), axis(self.latent, self.axes[1])

    @property
    def choices(self) -> int:
        """How many directions there are to choose from."""
        return len(self.principal) if self.arrows == "principal" else self.latent

    def turn(self) -> None:
        """Have the arrows mean dimensions instead of principal directions, or the other way round."""
        if self.arrows == "dimensions" and not len(self.principal):
            raise UsageError("this model has no principal directions")
        self.arrows = "dimensions" if self.arrows == "principal" else "principal"
        self.axes = [0, min(1, self.choices - 1)]

    def choose(self, arrow: int, by: int) -> None:
        """Have an arrow (0: left and right, 1: up and down) mean the next direction that the other does not have."""
        other, count = self.axes[1 - arrow], self.choices
        place = (self.axes[arrow] + by) % count
        if place == other and count > 2:
            place = (place + (1 if by > 0 else -1)) % count
        self.axes[arrow] = place

    def stride(self, by: int) -> None:
        """Make steps longer or shorter."""
        self.step = STEPS[min(max(0, STEPS.index(self.step) + by), len(STEPS) - 1)]

    # Concepts

    def slide(self, name: str, by: float) -> None:
        """Make a concept stronger or weaker, -3 to 3. Raises UsageError for one that is not known."""
        self.set_strength(name, round(self.place.strength(name) + by, 6))

    def set_strength(self, name: str, strength: float) -> None:
        """Make a concept so strong, -3 to 3. Raises UsageError for one that is not known."""
        concept = named(self.concepts, name)
        strength = min(max(-STRONGEST, strength), STRONGEST)
        if strength != self.place.strength(name):
            self.go(self.place.with_strength(concept, strength))

    def level(self) -> None:
        """Take all concepts away."""
        if self.place.strengths:
            self.go(replace(self.place, strengths=()))

    # Styles

    def dress(self, point: Latents, name: str) -> None:
        """Take over the style of a point, float32 (latent,), from the layer on that the last one began at, at first
        from the second. Raises UsageError for a point of another space."""
        self._check(point)
        layers = 1 if self.place.style is None else self.place.style.layers
        self.go(replace(self.place, style=Style(np.array(point, np.float32), layers, name)))

    def shift(self, by: int) -> None:
        """Have the style begin at a finer layer, or for -1 at a coarser one: at the second to the last of them.

        Raises UsageError if none was taken over.
        """
        style = self._worn()
        layers = min(max(1, style.layers + by), self.depth - 1)
        if layers != style.layers:
            self.go(replace(self.place, style=replace(style, layers=layers)))

    def undress(self) -> None:
        """Give the point its own style back. Raises UsageError if none was taken over."""
        self._worn()
        self.go(replace(self.place, style=None))

    def _worn(self) -> Style:
        if self.place.style is None:
            raise UsageError("the style is the point's own: take over another's first")
        return self.place.style

    @property
    def worn(self) -> str:
        """The style that was taken over, in a few words; empty if it is the point's own."""
        style = self.place.style
        return "" if style is None else style.told(self.depth)

    def add_concept(self, concept: Concept) -> None:
        """Have one more concept, or another one of its name. Raises UsageError if it is of another space."""
        if concept.direction.shape != (self.latent,):
            raise UsageError(f"a concept here has {self.latent} numbers, not {concept.direction.size}")
        self.concepts = [each for each in self.concepts if each.name != concept.name] + [concept]

    def remove_concept(self, name: str) -> None:
        """Forget a concept; the place stays what it is."""
        named(self.concepts, name)
        self.concepts = [each for each in self.concepts if each.name != name]
