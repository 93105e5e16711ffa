"""One sitting of a run that makes a picture step by step: what it yields, may be sent, and leaves behind."""

from __future__ import annotations

import importlib.metadata
from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.changes import Change
from models.checkpoint import Checkpoint
from models.devices import give_back_memory
from models.errors import UsageError
from models.events import Command, Event, Note, Picture, Run, Snapshot, Step, Stop, Tune
from models.pace import Clock
from models.recipe import Recipe
from models.vision.pyramid import Size

SNAPSHOT_SECONDS = 30.0
"""Seconds of work that a crash may cost."""
PREVIEW_SECONDS = 0.5
"""Seconds after which there is a preview even if steps are slow."""
WATCHING = ("preview_every", "save_every")
"""Knobs that may change at any time and leave the picture as it is."""

R = TypeVar("R", bound=Recipe)
Events = Generator[Event, Command | None, None]


class Sitting(ABC, Generic[R]):
    """A subclass makes the steps. Its recipe has the knobs `seed`, `changes`, `preview_every` and `save_every`.

    `sources` go into checkpoints and kept pictures as they are. `tunable` are the knobs that may change on the way;
    `doing` says in words what goes on.
    """

    tunable: ClassVar[Collection[str]]
    doing: ClassVar[str]

    def __init__(
        self, recipe: R, *, sources: list[Mapping[str, Any]], device: str, resume: Checkpoint | None = None
    ) -> None:
        self.recipe, self.sources, self.device = recipe, sources, device
        self.step = 0
        self.metrics: dict[str, float] = {}
        seconds = 0.0 if resume is None else self._take_up(resume)
        self.clock = Clock(seconds)
        self.seen_at = self.saved_at = seconds
        self.pace = 0.0
        """Seconds that a pixel takes in a step."""
        self.is_stopping = False
        self.notes: list[Note] = []

    # -- what a subclass says

    @property
    @abstractmethod
    def total(self) -> int:
        """The steps of the whole run."""

    @property
    @abstractmethod
    def size(self) -> Size:
        """(height, width) that is worked at."""

    @property
    def next_step(self) -> int:
        """How many steps are done when a change that comes now takes effect."""
        return self.step

    @abstractmethod
    def advance(self) -> Events:
        """One step, and `tell` after it."""

    @abstractmethod
    def preview(self) -> NDArray[np.uint8]:
        """The picture as it stands, uint8 (height, width, 3), at the size that is worked at."""

    @abstractmethod
    def result(self) -> NDArray[np.uint8]:
        """The picture as it stands, at its full size."""

    @abstractmethod
    def label(self) -> str:
        """Where in the run it is, in words."""

    @abstractmethod
    def pixels_left(self) -> int:
        """Pixels of all the steps that are still to be made."""

    @abstractmethod
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The arrays of a checkpoint: `picture`, and what resuming needs."""

    def resume_meta(self) -> Mapping[str, Any]:
        """What else resuming needs, plain JSON."""
        return {}

    @abstractmethod
    def put(self, checkpoint: Checkpoint) -> None:
        """Take up the arrays and the meta of a checkpoint; `step` is set. Raises KeyError, TypeError, ValueError for
        one that holds no such run."""

    def check(self, recipe: R) -> None:
        """Raises UsageError for a recipe, changed on the way, that cannot be gone on with."""

    # -- the course of events

    def run(self) -> Run:
        """Yields `Step` after each step; `Picture` previews, and those to keep; `Snapshot`: `timed` after each half
        minute of work, and a `final` one as the last event. Its `picture` has the full size, wherever the run is.

        `Stop()` ends it with the last whole step. `Tune` takes effect with the next step and is added to the recipe's
        `changes`, so that the picture can be made again; a Note says what cannot be changed. Time in which it is not
        asked for the next event does not count.
        """
        self.clock.start()
        try:
            while not self.is_stopping and self.step < self.total:
                yield from self.advance()
            yield from self.say()
            yield from self.emit(self.figures())
            yield from self.emit(Picture(self.preview(), self.label()))
            yield from self.emit(Snapshot(self.checkpoint(), "final"))
        finally:
            self.clock.hold()
            give_back_memory()

    def emit(self, event: Event) -> Events:
        """Yield an event with the clock held, and take in what is sent."""
        self.clock.hold()
        command = yield event
        self.clock.start()
        if isinstance(command, Stop):
            self.is_stopping = True
        elif isinstance(command, Tune):
            self._tune(command.changes)

    def say(self) -> Events:
        """The notes that have come up."""
        while self.notes:
            yield from self.emit(self.notes.pop(0))

    def tell(self) -> Events:
        """What is due after a step: figures, a preview, a picture to keep, a snapshot, notes."""
        yield from self.emit(self.figures())
        knobs = self.recipe.model_dump(include={"preview_every", "save_every"})
        preview_every, save_every = knobs["preview_every"], knobs["save_every"]
        is_late = self.clock.seconds - self.seen_at >= PREVIEW_SECONDS
        if preview_every and (self.step % preview_every == 0 or is_late):
            self.seen_at = self.clock.seconds
            yield from self.emit(Picture(self.preview(), self.label()))
        if save_every and self.step % save_every == 0 and self.step < self.total:
            yield from self.emit(Picture(self.result(), f"step {self.step}", keep=True, about=self.about()))
        if self.clock.seconds - self.saved_at >= SNAPSHOT_SECONDS and not self.is_stopping:
            yield from self.emit(Snapshot(self.checkpoint(), "timed"))
            self.saved_at = self.clock.seconds
        yield from self.say()

    def _tune(self, changes: Mapping[str, Any]) -> None:
        """Take in changed knobs; what does not fit is told, and left as it was."""
        for knob, value in changes.items():
            try:
                if knob in WATCHING:
                    self.recipe = self.recipe.changed(**{knob: value})
                elif knob in self.tunable:
                    plain = list(value) if isinstance(value, tuple) else value
                    written = str(Change(self.next_step, knob, plain))
                    changed = self.recipe.changed(changes=(*self.recipe.model_dump()["changes"], written))
                    self.check(changed)
                    self.recipe = changed
                else:
                    raise UsageError(f"{knob} cannot change while {self.doing}")
            except UsageError as error:
                self.notes.append(Note(str(error), "warning"))

    # -- figures

    def time(self, seconds: float) -> None:
        """Account for the seconds that a step has taken."""
        each = seconds / (self.size[0] * self.size[1])
        self.pace += (each - self.pace) * (0.2 if self.pace else 1.0)

    def figures(self) -> Step:
        """Where the run stands."""
        return Step(
            self.step,
            self.total,
            dict(self.metrics),
            self.clock.seconds,
            rate=1 / (self.pace * self.size[0] * self.size[1]) if self.pace else 0.0,
            remaining=self.pace * self.pixels_left() if self.pace else None,
        )

    # -- checkpoints

    def about(self) -> dict[str, Any]:
        """What a checkpoint, or a picture that is kept, says of how it was made."""
        recipe = self.recipe.model_dump(mode="json")
        return {
            "family": self.recipe.family,
            "recipe": recipe,
            "step": self.step,
            "metrics": dict(self.metrics),
            "seconds": self.clock.seconds,
            "version": importlib.metadata.version("latent-studio"),
            "seed": recipe["seed"],
            "sources": [dict(source) for source in self.sources],
        }

    def checkpoint(self) -> Checkpoint:
        """All that is needed to go on from here, and the picture as it stands."""
        return Checkpoint(self.about() | {"resume": dict(self.resume_meta())}, self.arrays())

    def _take_up(self, checkpoint: Checkpoint) -> float:
        """Go on from a checkpoint; returns the seconds worked before."""
        meta = checkpoint.meta
        try:
            self.step, seconds = int(meta["step"]), float(meta["seconds"])
            self.metrics = dict(meta["metrics"])
            self.put(checkpoint)
        except (KeyError, TypeError, ValueError):
            kind = self.recipe.family
            raise UsageError(f"this checkpoint holds a picture, not a {kind} run that can be resumed") from None
        return seconds
