"""The one training loop: batches in, events out. Families describe their training as a `models.task.Task`."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import Placement, give_back_memory
from models.engine import Engine
from models.errors import DivergedError, UsageError
from models.events import Command, Event, Note, Run, Snapshot, Step, Stop, Tune
from models.pace import Clock, Plan
from models.task import Task

GROUP_SECONDS = 0.15
"""Steps are fused into groups of at most so long: between two groups the run can be stopped or held."""
MOST_FUSED = 64
STEP_SECONDS = 0.1
"""Seconds between two `Step` events, at least."""
VALIDATION_SHARE = 0.2
"""Validation takes at most about this part of the time."""
SHOWN = 20
"""Steps over which the measures are averaged that are shown."""
MEMORY = 100
"""Steps over which the loss is averaged to tell a divergence from a bad batch."""


def train(task: Task, plan: Plan, place: Placement, resume: Checkpoint | None = None) -> Run:
    """Train `task` to the end that `plan` sets, or go on from a checkpoint of the same training.

    Yields `Step` (ten a second at most), what the task shows after epochs, and `Snapshot`: `live` with the weights
    alone, `timed` and `best` with all that resuming needs, and a `final` one as the last event. Time in which it is
    not asked for the next event counts neither for the end nor for the learning rate. `Stop()` ends it, `Tune` takes
    effect with the next step. A loss that doubles ends it with the best state, and a note says so. Raises
    DivergedError, after a snapshot of the last finite state, when a loss or gradient is not finite; UsageError if
    the checkpoint does not fit.
    """
    return Training(task, plan, place, resume).run()


class Training:
    """One sitting of one training."""

    def __init__(self, task: Task, plan: Plan, place: Placement, resume: Checkpoint | None) -> None:
        self.task, self.plan, self.place = task, plan, place
        self.planned = dict(plan.learning_rates)
        self.engine = Engine(task, place, plan.seed)
        self.step = 0
        self.metrics: dict[str, float] = {}
        self.best: dict[str, float] = {}
        self.misses = 0
        self.epoch_losses = [0.0, 0]
        self.smooth, self.lowest = 0.0, math.inf
        seconds = 0.0
        if resume is not None:
            seconds = self._take_up(resume)
        self.clock = Clock(seconds)
        self.started_at = self.step
        self.asked = self.stopping = False
        self.good = resume
        self.step_seconds = 0.0
        self.validation_seconds = 0.0
        self.validated_step = self.step if task.criterion in self.metrics else -1
        self.shown_at = self.saved_at = self.live_at = self.validated_at = seconds
        self.seen_at = -math.inf

    # -- the course of events

    def run(self) -> Run:
        self.clock.start()
        try:
            while self._goes_on():
                yield from self._look()
                yield from self._group()
                if lost := self._lost():
                    yield from self._end_lost(lost)
                    return
            if not self.stopping and self.task.validates and self.validated_step != self.step:
                yield from self._validate()
            self.seen_at = -math.inf
            yield from self._look()
            yield from self._emit(self._step_event())
            yield from self._emit_last(Snapshot(self._checkpoint(), "final"))
        finally:
            self.clock.hold()
            give_back_memory()

    def _emit(self, event: Event) -> Generator[Event, Command | None, None]:
        """Yield an event with the clock held, and take in what is sent."""
        self.clock.hold()
        command = yield event
        self.clock.start()
        if isinstance(command, Stop):
            self.asked, self.stopping = True, self.stopping or self.place.workers is None
        elif isinstance(command, Tune) and self.place.workers is None:
            self.plan = self.plan.tuned(command.changes)

    def _emit_last(self, event: Event) -> Generator[Event, Command | None, None]:
        """Yield an event after which nothing is wanted of the other machines, if there are any."""
        if self.place.workers is not None:
            self.place.workers.part()
        yield from self._emit(event)

    def _agree(self) -> None:
        """Of several machines: take over the chief's time, and stop if one of them is to."""
        if self.place.workers is not None:
            self.clock.agreed, self.stopping = self.place.workers.agree(self.clock.own, self.asked)

    def _goes_on(self) -> bool:
        self._agree()
        return not self.stopping and not self._is_over()

    def _show(self) -> Generator[Event, Command | None, None]:
        """Say how far the training is, if that is due."""
        if self.clock.seconds - self.shown_at >= STEP_SECONDS:
            yield from self._emit(self._step_event())

    def _look(self) -> Generator[Event, Command | None, None]:
        """Show what is made by now, if that is due."""
        if self.clock.seconds - self.seen_at >= self.plan.show_every:
            yield from self._told(self.task.show())
            self.seen_at = self.clock.seconds

    def _told(self, events: Iterator[Event | None]) -> Generator[Event, Command | None, None]:
        """Yield what the task has to show, unless the run is to stop."""
        while self.place.is_chief and not self.asked:
            with self.place.scope():
                event = next(events, self)
            if event is self:
                return
            yield from self._emit(event) if isinstance(event, Event) else self._show()

    def _group(self) -> Generator[Event, Command | None, None]:
        """A group of steps, and all that is due after it."""
        per_epoch = self.task.steps_per_epoch
        epoch, inside = divmod(self.step, per_epoch)
        if inside == 0:
            self.epoch_losses = [0.0, 0]
            with self.place.scope():
                self.task.start_epoch(epoch)
        count = self._group_size(per_epoch - inside)
        held = self.engine.hold()
        began = self.clock.seconds
        with self.place.scope():
            values = self.engine.run(self.step, self.task.batches(self.step, count), self._rates(count))
        bad = ~np.isfinite(values)
        if bad.any():
            yield from self._end_not_finite(held, bad)
        self._agree()
        self._account(values, self.clock.seconds - began)
        yield from self._show()
        is_epoch_end = self.step % per_epoch == 0
        if is_epoch_end:
            yield from self._end_epoch()
        if self._is_validation_due(is_epoch_end):
            yield from self._validate()
        if self.stopping:
            return
        if self.clock.seconds - self.saved_at >= self.plan.save_every:
            yield from self._save("timed")
        elif self.clock.seconds - self.live_at >= self.plan.live_every:
            self.live_at = self.clock.seconds
            yield from self._emit(Snapshot(self._live(), "live"))

    def _end_epoch(self) -> Generator[Event, Command | None, None]:
        total, count = self.epoch_losses
        if not self.task.validates and not self.task.is_game and count:
            self.metrics["epoch_loss"] = total / count
            yield from self._compare("epoch_loss")
        yield from self._told(self.task.samples(self.step // self.task.steps_per_epoch))

    def _validate(self) -> Generator[Event, Command | None, None]:
        began = self.clock.seconds
        measuring = self.task.validate()
        while True:
            with self.place.scope():
                try:
                    next(measuring)
                except StopIteration as end:
                    measured: dict[str, float] = end.value
                    break
            yield from self._show()
            if self.stopping:
                return
        if self.place.workers is not None:
            measured = self.place.workers.measured(measured)
            self._agree()
        self.validation_seconds = self.clock.seconds - began
        self.validated_at, self.validated_step = self.clock.seconds, self.step
        self.metrics |= measured
        criterion = self.task.criterion
        if not math.isfinite(measured[criterion]):
            yield from self._emit(self._step_event())
            if self.good is not None:
                yield from self._emit_last(Snapshot(self.good, "timed"))
            raise DivergedError(
                f"non-finite {'validation loss' if criterion == 'val_loss' else criterion} at step {self.step}"
            )
        yield from self._compare(criterion)
        yield from self._emit(self._step_event())

    def _compare(self, measure: str) -> Generator[Event, Command | None, None]:
        """Keep the state if it is the best so far."""
        if self.metrics[measure] < self.best.get(measure, math.inf):
            self.best = {measure: self.metrics[measure], "step": self.step}
            self.misses = 0
            yield from self._save("best")
        else:
            self.misses += 1

    def _save(self, reason: Any) -> Generator[Event, Command | None, None]:
        checkpoint = self._checkpoint()
        if (reason == "best" or not self.best or self.task.is_game) and self.task.is_sound(self.metrics):
            self.good = checkpoint
        self.saved_at = self.live_at = self.clock.seconds
        yield from self._emit(Snapshot(checkpoint, reason))

    def _end_not_finite(self, held: Any, bad: NDArray[np.bool_]) -> Generator[Event, Command | None, None]:
        row = int(bad.any(axis=1).argmax())
        name = self.task.measures[int(bad[row].argmax())].replace("_", " ")
        self.engine.restore(held)
        yield from self._emit_last(Snapshot(self._checkpoint(), "timed"))
        raise DivergedError(f"non-finite {name} at step {self.step + row + 1}")

    def _end_lost(self, why: str) -> Generator[Event, Command | None, None]:
        kept = "" if self.good is None else f"; the state of step {self.good.meta['step']} is kept"
        yield from self._emit(self._step_event())
        yield from self._emit(Note(f"{why}{kept}", "warning"))
        yield from self._emit_last(Snapshot(self.good or self._checkpoint(), "final"))

    # -- what is due

    def _is_over(self) -> bool:
        plan, total = self.plan, self.plan.total(self.task.steps_per_epoch)
        if total is not None and self.step >= total:
            return True
        if plan.patience is not None and self.misses >= plan.patience:
            return True
        # A run that is given too little time still takes one step: there is no model after none.
        return plan.seconds is not None and self.step > 0 and self.clock.seconds + self._reserve() >= plan.seconds

    def _reserve(self) -> float:
        """Seconds to keep for the validation after the last step."""
        return self.validation_seconds if self.task.validates and self.validated_step != self.step else 0.0

    def _is_validation_due(self, is_epoch_end: bool) -> bool:
        if not self.task.validates or self.stopping:
            return False
        since = self.clock.seconds - self.validated_at
        if since < self.validation_seconds * (1 / VALIDATION_SHARE - 1):
            return False
        return is_epoch_end or since >= self.plan.validate_every

    def _lost(self) -> str:
        """Why there is no use in going on; empty if there is."""
        if self.task.may_diverge and self.smooth > 2 * self.lowest + 0.5:
            return f"diverged at step {self.step}: the loss rose from {self.lowest:.2f} to {self.smooth:.2f}"
        trouble = self.task.trouble(self.metrics)
        return f"{trouble} at step {self.step}" if trouble else ""

    def _group_size(self, left_in_epoch: int) -> int:
        total = self.plan.total(self.task.steps_per_epoch)
        limit = min(left_in_epoch, MOST_FUSED, left_in_epoch if total is None else total - self.step)
        if not self.step_seconds:
            return 1
        return max(1, min(limit, int(GROUP_SECONDS / self.step_seconds)))

    def _rates(self, count: int) -> NDArray[np.float32]:
        plan, seconds, reserve = self.plan, self.clock.seconds, self.validation_seconds
        steps = range(self.step, self.step + count)
        per_epoch = self.task.steps_per_epoch
        factors = [plan.factor(step, plan.fraction(step, seconds, per_epoch, reserve)) for step in steps]
        heights = [plan.learning_rates[name] for name in self.task.optimizers]
        return np.outer(factors, heights).astype(np.float32)

    # -- figures

    def _account(self, values: NDArray[np.float64], seconds: float) -> None:
        count = len(values)
        # The first group is traced and compiled in its time, which says nothing of the steps to come.
        if self.step > self.started_at:
            each = seconds / count
            self.step_seconds += (each - self.step_seconds) * (0.1 if self.step_seconds else 1.0)
        else:
            self.validated_at = self.clock.seconds
        for row in values.tolist():
            self.step += 1
            for name, value in zip(self.task.measures, row, strict=True):
                self.metrics[name] = averaged(self.metrics.get(name, 0.0), value, self.step, SHOWN)
            self.smooth = averaged(self.smooth, row[0], self.step, MEMORY)
            self.epoch_losses[0] += row[0]
            self.epoch_losses[1] += 1
            if self.step >= MEMORY:
                self.lowest = min(self.lowest, self.smooth)

    def _step_event(self) -> Step:
        seconds, per_epoch = self.clock.seconds, self.task.steps_per_epoch
        self.shown_at = seconds
        fraction = self.plan.fraction(self.step, seconds, per_epoch, self.validation_seconds)
        factor = self.plan.factor(self.step, fraction)
        rates = {name: height * factor for name, height in self.plan.learning_rates.items()}
        total = self.plan.total(per_epoch)
        left = [] if self.plan.seconds is None else [max(0.0, self.plan.seconds - seconds)]
        if total is not None and self.step_seconds:
            left.append((total - self.step) * self.step_seconds)
        return Step(
            self.step,
            total,
            {**self.metrics, **rates},
            seconds,
            epoch=self.step / per_epoch,
            rate=self.task.per_step / self.step_seconds if self.step_seconds else 0.0,
            unit=self.task.unit,
            remaining=min(left, default=None),
        )

    # -- checkpoints

    def _meta(self) -> dict[str, Any]:
        finite = {name: value for name, value in self.metrics.items() if math.isfinite(value)}
        return {
            **self.task.meta(),
            "step": self.step,
            "epoch": self.step / self.task.steps_per_epoch,
            "seconds": self.clock.seconds,
            "metrics": finite,
            "best": dict(self.best),
        }

    def _live(self) -> Checkpoint:
        return Checkpoint(self._meta(), self.engine.arrays("weights/"))

    def _checkpoint(self) -> Checkpoint:
        resume = {
            "misses": self.misses,
            "epoch_losses": list(self.epoch_losses),
            "smooth": self.smooth,
            "lowest": None if math.isinf(self.lowest) else self.lowest,
            "learning_rates": {name: [self.planned[name], now] for name, now in self.plan.learning_rates.items()},
        }
        return Checkpoint({**self._meta(), "resume": resume}, self.engine.arrays())

    def _take_up(self, checkpoint: Checkpoint) -> float:
        """Go on from a checkpoint; returns the seconds worked before."""
        meta = checkpoint.meta
        try:
            resume = meta["resume"]
            self.step, seconds = int(meta["step"]), float(meta["seconds"])
            self.metrics, self.best = dict(meta["metrics"]), dict(meta["best"])
            self.misses, self.epoch_losses = int(resume["misses"]), list(resume["epoch_losses"])
            self.smooth = float(resume["smooth"])
            self.lowest = math.inf if resume["lowest"] is None else float(resume["lowest"])
            # A rate that was tuned stays tuned, unless the recipe now asks for another one than it did.
            rates = {
                name: now for name, (was, now) in resume["learning_rates"].items() if self.planned.get(name) == was
            }
            self.plan = self.plan.tuned(rates)
        except (KeyError, TypeError, ValueError):
            raise UsageError("this checkpoint holds a model, not a run that can be resumed") from None
        self.engine.put(checkpoint.arrays)
        return seconds


def averaged(average: float, value: float, number: int, memory: int) -> float:
    """The mean of the first `memory` values; from then on a moving one. `value` is the `number`th, from 1."""
    return average + (value - average) / min(number, memory)
