"""What a family tells the training loop of its training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from models.events import Event


class Task(ABC):
    """What a family trains: its variables, its batches, and one step.

    `optimizers` holds Keras optimizers (built) by the knob of their learning rate. `measures` names what a step
    returns; `loss` is the first. `unit` and `per_step` say what the rate counts. A step's batch, and all that is
    random in it, must follow from the number of the step alone, so that a resumed run equals one never interrupted.
    """

    unit: str = "step"
    per_step: int = 1
    measures: tuple[str, ...] = ("loss",)
    optimizers: Mapping[str, Any]
    steps_per_epoch: int
    validates: bool = False
    """Whether `validate` measures; if not, the best state is that of the epoch with the lowest training loss."""
    criterion: str = "val_loss"
    """The measure of a validation by which the best state is chosen: the lowest."""
    may_diverge: bool = False
    """Whether a loss that doubles means that the training is lost: so for a likelihood, not for a game."""
    is_game: bool = False
    """Whether the first measure is a player's loss: it need not fall, and only a validation can tell the best state."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """All variables by the name that their arrays have in a checkpoint; `weights/...` are the model's."""

    @abstractmethod
    def meta(self) -> Mapping[str, Any]:
        """What a checkpoint's `meta` needs to say beside the progress: at least `family` and `recipe`."""

    @abstractmethod
    def batches(self, first: int, count: int) -> Any:
        """The batches of steps `first` to `first + count - 1` of one epoch: a nest of arrays (count, batch, ...)."""

    @abstractmethod
    def step(self, batch: Any, seed: Any) -> Mapping[str, Any]:
        """Train on one batch; traced once, in a replica's context. `seed` is an int32 tensor (2,), new each step.

        Returns a scalar for each of `measures`; one that is not finite ends the training.
        """

    def start_epoch(self, epoch: int) -> None:  # noqa: ARG002
        """Called before the first step of an epoch."""
        return

    def validate(self) -> Generator[None, None, dict[str, float]]:
        """Measures on what is held out, the criterion at least; yields every 0.2 s or so, so that a run can be held."""
        yield from ()
        return {}

    def trouble(self, metrics: Mapping[str, float]) -> str:  # noqa: ARG002
        """Why the training is lost, by the measures as they are shown; empty as long as it is not. Called after every
        group of steps."""
        return ""

    def is_sound(self, metrics: Mapping[str, float]) -> bool:  # noqa: ARG002
        """Whether a state with these measures is one to go back to when the training is lost."""
        return True

    def show(self) -> Iterator[Event | None]:
        """What there is to see by now: called every `Plan.show_every` seconds, at the start and at the end; None
        between two events, where the run may be held."""
        return iter(())

    def samples(self, epoch: int) -> Iterator[Event | None]:  # noqa: ARG002
        """What to show after an epoch (counted from 1); None between two events, where the run may be held."""
        return iter(())
