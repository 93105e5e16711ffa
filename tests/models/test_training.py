"""The training loop: what it yields, how it ends, and that resuming is as good as never having stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.checkpoint import Checkpoint, load, save
from models.devices import Placement, resolve
from models.engine import Engine
from models.errors import DivergedError, UsageError, UserError
from models.events import Event, Note, Run, Snapshot, Step, Stop, Tune
from models.pace import Plan
from models.training import train
from tests.models.toy import PER_EPOCH, Toy

RATES = {"learning_rate": 0.1}


class Time:
    """A clock that moves on by a hundredth of a second with each look at it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    monkeypatch.setattr("models.pace.time.perf_counter", found)
    return found


def start(plan: Plan, resume: Checkpoint | None = None, **options: Any) -> tuple[Toy, Run]:
    place = Placement(resolve("CPU:0"))
    with place.scope():
        toy = Toy(place, **options)
    return toy, train(toy, plan, place, resume)


def events_of(plan: Plan, resume: Checkpoint | None = None, **options: Any) -> list[Event]:
    return list(start(plan, resume, **options)[1])


def snapshots(events: list[Event], reason: str) -> list[Checkpoint]:
    return [event.checkpoint for event in events if isinstance(event, Snapshot) and event.reason == reason]


def final(events: list[Event]) -> Checkpoint:
    last = events[-1]
    assert isinstance(last, Snapshot)
    assert last.reason == "final"
    return last.checkpoint


def collect(run: Iterator[Event]) -> tuple[list[Event], BaseException | None]:
    found: list[Event] = []
    try:
        for event in run:
            found.append(event)
    except DivergedError as error:
        return found, error
    return found, None


def test_trains_for_so_many_steps_and_ends_with_the_final_state() -> None:
    checkpoint = final(events_of(Plan(RATES, steps=7)))
    assert checkpoint.meta["step"] == 7
    assert checkpoint.meta["epoch"] == 7 / PER_EPOCH
    assert checkpoint.arrays["optimizer/0"] == 7
    assert set(checkpoint.meta["metrics"]) >= {"loss", "gradient_norm"}


def test_learns() -> None:
    line = final(events_of(Plan(RATES, steps=200))).arrays["weights/line"]
    assert line == pytest.approx([3.0, 1.0], abs=0.05)


def test_stops_after_so_many_epochs_and_shows_the_samples_of_each() -> None:
    toy, run = start(Plan(RATES, epochs=3))
    events = list(run)
    assert final(events).meta["step"] == 3 * PER_EPOCH
    assert toy.epochs_started == [0, 1, 2]
    assert [event.text for event in events if isinstance(event, Note)] == [f"after epoch {n}" for n in (1, 2, 3)]


def test_a_time_that_is_too_short_still_gives_one_step() -> None:
    assert final(events_of(Plan(RATES, seconds=1e-6))).meta["step"] == 1


def test_time_in_which_nobody_asks_does_not_count(clock: Time) -> None:
    _, run = start(Plan(RATES, seconds=6.0))
    events = []
    for event in run:
        events.append(event)
        clock.now += 100.0
    assert len(events) > 8
    assert 5.5 < final(events).meta["seconds"] < 6.5


def test_a_schedule_that_follows_time_falls_to_nothing_at_the_end(clock: Time) -> None:
    events = events_of(Plan(RATES, seconds=20.0, schedule="linear"))
    told = [event for event in events if isinstance(event, Step)]
    assert told[-1].metrics["learning_rate"] < 0.005
    for step in told:
        assert step.metrics["learning_rate"] == pytest.approx(0.1 * (1 - step.seconds / 20), abs=0.005)
        assert step.remaining == pytest.approx(20 - step.seconds, abs=0.2)


def test_steps_are_told_of_ten_times_a_second_at_most(clock: Time) -> None:
    events = events_of(Plan(RATES, seconds=10.0))
    told = [event for event in events if isinstance(event, Step)]
    assert 10 <= len(told) <= 101
    assert all(after.seconds - before.seconds >= 0.1 for before, after in pairwise(told[:-1]))
    assert told[-1].step == final(events).meta["step"]
    assert all(event.unit == "point" for event in told)
    assert told[-1].rate > 0


@pytest.mark.parametrize(("first", "second"), [(5, 5), (4, 6), (3, 9)])
def test_resuming_equals_never_having_stopped(
    first: int, second: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = first + second
    schedule = {"schedule": "cosine", "warmup": 3, "seed": 7, "steps": total}
    whole = final(events_of(Plan(RATES, **schedule)))
    with monkeypatch.context() as patch:
        patch.setattr("models.training.MOST_FUSED", 1)
        _, run = start(Plan(RATES, **schedule, save_every=1e-9))
        half = next(e.checkpoint for e in run if isinstance(e, Snapshot) and e.checkpoint.meta["step"] == first)
    save(tmp_path / "half", half)
    rest = final(events_of(Plan(RATES, **schedule), load(tmp_path / "half")))
    assert rest.meta["step"] == total
    assert rest.meta["epoch"] == whole.meta["epoch"]
    assert rest.meta["metrics"] == pytest.approx(whole.meta["metrics"], abs=1e-6)
    assert rest.meta["best"] == pytest.approx(whole.meta["best"], abs=1e-6)
    assert rest.arrays.keys() == whole.arrays.keys()
    for name, array in whole.arrays.items():
        np.testing.assert_allclose(rest.arrays[name], array, rtol=0, atol=1e-6, err_msg=name)


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    one, two, other = (final(events_of(Plan(RATES, steps=6, seed=seed))).arrays["weights/line"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("poison", ["poison", "poison_gradient"])
def test_a_loss_that_is_not_finite_ends_the_run_at_that_step(poison: str, tmp_path: Path) -> None:
    events, error = collect(start(Plan(RATES, steps=20), **{poison: 5})[1])
    what = "loss" if poison == "poison" else "gradient norm"
    assert str(error) == f"non-finite {what} at step 5"
    last = events[-1]
    assert isinstance(last, Snapshot)
    save(tmp_path / "last", last.checkpoint)
    kept = load(tmp_path / "last")
    assert kept.meta["step"] <= 4
    assert all(np.isfinite(array).all() for array in kept.arrays.values())
    assert kept.arrays["optimizer/0"] == kept.meta["step"]


def test_a_loss_that_explodes_ends_the_run_with_the_best_state() -> None:
    events = events_of(Plan(RATES, epochs=100), explode_at=203)
    note = next(event for event in events if isinstance(event, Note) and event.level == "warning")
    assert note.text.startswith("diverged at step 20")
    assert "the loss rose from 1.00 to" in note.text
    assert final(events).meta["step"] <= 202
    assert final(events).meta["best"]["epoch_loss"] == 1.0


def test_a_resumed_run_that_explodes_goes_back_to_where_it_was_resumed() -> None:
    half = final(events_of(Plan(RATES, epochs=30), explode_at=203))
    events = events_of(Plan(RATES, epochs=100), half, explode_at=125)
    assert any(
        isinstance(event, Note) and f"the state of step {half.meta['step']} is kept" in event.text for event in events
    )
    assert final(events).meta["step"] == half.meta["step"]


def test_too_little_memory_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nwith shape")

    monkeypatch.setattr(Engine, "_distributed", exhausted)
    with pytest.raises(UserError, match=r"^out of memory on CPU:0: make the batch or the network smaller$"):
        events_of(Plan(RATES, steps=2))


def test_with_nothing_held_out_the_best_is_the_epoch_with_the_lowest_loss() -> None:
    best = snapshots(events_of(Plan(RATES, epochs=6)), "best")
    losses = [checkpoint.meta["best"]["epoch_loss"] for checkpoint in best]
    assert losses == sorted(losses, reverse=True)
    assert all(checkpoint.meta["step"] % PER_EPOCH == 0 for checkpoint in best)


def test_keeps_the_best_by_validation_and_loses_patience() -> None:
    events = events_of(Plan(RATES, epochs=50, patience=2), validations=[3.0, 2.0, 2.5, 2.1, 1.0])
    best = snapshots(events, "best")
    assert [checkpoint.meta["best"]["val_loss"] for checkpoint in best] == [3.0, 2.0]
    assert final(events).meta["step"] == 4 * PER_EPOCH
    assert final(events).meta["best"] == {"val_loss": 2.0, "step": 2 * PER_EPOCH}
    assert final(events).meta["metrics"]["val_loss"] == 2.1


def test_measures_once_more_at_the_end() -> None:
    events = events_of(Plan(RATES, steps=6), validations=[3.0, 2.0])
    assert [checkpoint.meta["step"] for checkpoint in snapshots(events, "best")] == [4, 6]


def test_a_validation_that_is_not_finite_is_said() -> None:
    _, error = collect(start(Plan(RATES, epochs=3), validations=[math.nan])[1])
    assert str(error) == f"non-finite validation loss at step {PER_EPOCH}"


def test_stop_is_answered_with_the_final_state() -> None:
    _, run = start(Plan(RATES, seconds=60))
    next(event for event in run if isinstance(event, Step) and event.step > 3)
    events = [run.send(Stop()), *run]
    checkpoint = final(events)
    assert checkpoint.meta["step"] > 3
    assert len(events) <= 3


def test_tuning_changes_the_learning_rate_and_the_end_and_outlives_a_stop() -> None:
    _, run = start(Plan(RATES, seconds=60))
    next(event for event in run if isinstance(event, Step))
    run.send(Tune({"learning_rate": 0.01, "unknown": 3, "seconds": math.nan, "warmup": 4}))
    step = next(event for event in run if isinstance(event, Step))
    assert step.metrics["learning_rate"] == pytest.approx(0.01)
    checkpoint = final([run.send(Stop()), *run])
    resumed = events_of(Plan(RATES, steps=checkpoint.meta["step"] + 4), checkpoint)
    assert next(e for e in resumed if isinstance(e, Step)).metrics["learning_rate"] == pytest.approx(0.01)


def test_snapshots_come_as_often_as_the_plan_says(clock: Time) -> None:
    events = events_of(Plan(RATES, seconds=30.0, live_every=1.0, save_every=6.0), validations=repeat(1.0))
    live, timed = snapshots(events, "live"), snapshots(events, "timed")
    assert 12 <= len(live) <= 30
    assert 3 <= len(timed) <= 5
    assert set(live[0].arrays) == {"weights/line"}
    assert "resume" not in live[0].meta
    assert {"weights/line", "carry", "optimizer/0"} <= set(timed[0].arrays)


def test_a_snapshot_does_not_change_while_training_goes_on() -> None:
    _, run = start(Plan(RATES, seconds=60, live_every=1e-6))
    first = next(event for event in run if isinstance(event, Snapshot)).checkpoint.arrays["weights/line"]
    copy = first.copy()
    next(event for event in run if isinstance(event, Snapshot))
    np.testing.assert_array_equal(first, copy)
    run.close()


def test_a_model_is_no_run_to_resume() -> None:
    checkpoint = final(events_of(Plan(RATES, steps=2)))
    with pytest.raises(UsageError, match="holds a model"):
        events_of(Plan(RATES, steps=4), checkpoint.weights_only())


def test_a_checkpoint_that_does_not_fit_is_refused() -> None:
    checkpoint = final(events_of(Plan(RATES, steps=2)))
    wrong = Checkpoint(checkpoint.meta, {**checkpoint.arrays, "weights/line": np.zeros(3)})
    with pytest.raises(UsageError, match=r"weights/line is \(2,\) here, the checkpoint has \(3,\)"):
        events_of(Plan(RATES, steps=4), wrong)


def test_two_runs_can_take_turns_on_one_thread() -> None:
    (_, one), (_, two) = start(Plan(RATES, steps=12, seed=1)), start(Plan(RATES, steps=12, seed=1))
    ends = [None, None]
    runs = [one, two]
    while any(runs):
        for index, run in enumerate(runs):
            event = next(run, None) if run else None
            if event is None:
                runs[index] = None
            else:
                ends[index] = event
    np.testing.assert_array_equal(ends[0].checkpoint.arrays["weights/line"], ends[1].checkpoint.arrays["weights/line"])
