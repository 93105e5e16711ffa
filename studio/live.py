"""A run's newest figures, wherever it is executed: from its slots in this process, else from the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio import figures

if TYPE_CHECKING:
    from studio.jobs import Slots
    from studio.registry import Run


@dataclass(frozen=True, slots=True)
class Figures:
    """Where a run stands: steps `done` of `total`, `rate` in `unit` a second, seconds `left`, metrics by name."""

    done: int
    total: int | None
    rate: float
    unit: str
    left: float | None
    seconds: float
    metrics: Mapping[str, float]

    @property
    def part(self) -> float | None:
        """The part that is done, 0..1; None where no end is known."""
        if self.left is not None and self.seconds + self.left > 0:
            return self.seconds / (self.seconds + self.left)
        return self.done / self.total if self.total else None


def figures_of(run: Run, slots: Slots | None) -> Figures:
    """The newest figures of `run`."""
    step = slots.step if slots is not None else None
    if step is not None and step.step >= run.step:
        return Figures(step.step, step.total, step.rate, step.unit, step.remaining, step.seconds, step.metrics)
    return Figures(run.step, run.total, run.rate, run.unit, run.remaining, run.seconds, run.metrics)


def progress_of(live: Figures) -> str:
    """How far a run is, in words."""
    return f"step {figures.count(live.done)}" + (f" of {figures.count(live.total)}" if live.total else "")
