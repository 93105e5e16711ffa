"""When a training ends, measures and saves, and how its learning rate falls: arithmetic on steps and worked seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Schedule = Literal["cosine", "linear", "constant"]


class Clock:
    """Seconds worked. It stands still while the run is held. Once several machines have `agreed` on its time it tells
    that, until they agree again: what is decided by the clock is then decided alike by all."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None
        self.agreed: float | None = None

    @property
    def seconds(self) -> float:
        return self.own if self.agreed is None else self.agreed

    @property
    def own(self) -> float:
        """This machine's own time."""
        return self._before + (0.0 if self._since is None else time.perf_counter() - self._since)

    def start(self) -> None:
        if self._since is None:
            self._since = time.perf_counter()

    def hold(self) -> None:
        self._before, self._since = self.own, None


@dataclass(frozen=True, slots=True)
class Plan:
    """The ends and the cadence of a training. Times are in seconds of work; the first end that is reached counts.

    `learning_rates` holds, by the name of its knob, the height of the learning rate of each of the task's optimizers.
    `patience` counts validations in a row without gain. `validate_every` and `save_every` are the most seconds
    between two of them; `live_every` and `show_every` those between two live snapshots, and two looks at what is made.
    """

    learning_rates: Mapping[str, float]
    seed: int = 0
    epochs: int | None = None
    steps: int | None = None
    seconds: float | None = None
    patience: int | None = None
    schedule: Schedule = "constant"
    warmup: int = 0
    validate_every: float = 10.0
    save_every: float = 30.0
    live_every: float = 1.0
    show_every: float = 5.0

    def tuned(self, changes: Mapping[str, Any]) -> Self:
        """This plan with the changes that it can take: ends, cadence and learning rates, positive and finite."""
        known = {key: value for key, value in changes.items() if key in _TUNABLE and _fits(key, value)}
        rates = {
            key: float(value) for key, value in changes.items() if key in self.learning_rates and _fits(key, value)
        }
        return replace(self, **known, learning_rates={**self.learning_rates, **rates})

    def total(self, steps_per_epoch: int) -> int | None:
        """Steps until the end, where steps or epochs set it."""
        ends = [self.steps, None if self.epochs is None else self.epochs * steps_per_epoch]
        return min((end for end in ends if end is not None), default=None)

    def fraction(self, step: int, seconds: float, steps_per_epoch: int, reserve: float = 0.0) -> float:
        """How much of the way is gone, 0 to 1; 0 all the time where neither steps nor seconds set an end.

        `reserve` is kept of the seconds for what follows the last step.
        """
        total = self.total(steps_per_epoch)
        by_steps = 0.0 if total is None else step / total
        budget = 0.0 if self.seconds is None else max(self.seconds - reserve, 1e-9)
        by_time = seconds / budget if budget else 0.0
        return min(1.0, max(by_steps, by_time))

    def factor(self, step: int, fraction: float) -> float:
        """What the learning rate's height is multiplied with at a step (counted from 0): warm-up, then the fall."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.schedule == "cosine":
            return rise * 0.5 * (1.0 + math.cos(math.pi * fraction))
        return rise * (1.0 - fraction) if self.schedule == "linear" else rise


_TUNABLE = {"epochs", "steps", "seconds", "patience", "validate_every", "save_every", "live_every", "show_every"}
_WHOLE = {"epochs", "steps", "patience"}
_OPTIONAL = {"epochs", "steps", "seconds", "patience"}


def _fits(key: str, value: Any) -> bool:
    if value is None:
        return key in _OPTIONAL
    if isinstance(value, bool) or not isinstance(value, int if key in _WHOLE else (int, float)):
        return False
    return math.isfinite(value) and value > 0
