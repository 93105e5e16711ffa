"""Ends, cadence, schedules and the clock: arithmetic alone."""

from __future__ import annotations

import math

import pytest

from models.pace import Clock, Plan

PLAN = Plan({"learning_rate": 0.1})


def test_the_first_of_the_ends_counts() -> None:
    assert Plan({}, steps=50, epochs=3).total(10) == 30
    assert Plan({}, steps=20, epochs=3).total(10) == 20
    assert Plan({}, seconds=5).total(10) is None


def test_the_way_gone_is_that_of_the_nearest_end() -> None:
    plan = Plan({}, steps=100, seconds=10)
    assert plan.fraction(50, 1.0, 10) == 0.5
    assert plan.fraction(10, 9.0, 10) == 0.9
    assert plan.fraction(10, 8.0, 10, reserve=2.0) == 1.0
    assert Plan({}, patience=3).fraction(1000, 1000.0, 10) == 0.0


@pytest.mark.parametrize(
    ("schedule", "fraction", "expected"),
    [("cosine", 0, 1), ("cosine", 0.5, 0.5), ("cosine", 1, 0), ("linear", 0.25, 0.75), ("constant", 0.9, 1)],
)
def test_schedules_fall_as_their_names_say(schedule, fraction: float, expected: float) -> None:
    assert Plan({}, schedule=schedule).factor(10, fraction) == pytest.approx(expected)


def test_the_learning_rate_rises_over_the_warm_up() -> None:
    factors = [Plan({}, warmup=4).factor(step, 0.0) for step in range(6)]
    assert factors == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_tuning_takes_ends_cadence_and_learning_rates() -> None:
    plan = PLAN.tuned({"steps": 7, "seconds": 2.5, "save_every": 1, "learning_rate": 0.5, "patience": None})
    assert (plan.steps, plan.seconds, plan.save_every, plan.patience) == (7, 2.5, 1, None)
    assert plan.learning_rates == {"learning_rate": 0.5}


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": math.nan}, {"learning_rate": -1.0}, {"learning_rate": None}, {"steps": 2.5}, {"steps": True},
        {"steps": 0}, {"save_every": None}, {"seconds": math.inf}, {"seconds": "5"}, {"warmup": 3}, {"nonsense": 1},
    ],
)  # fmt: skip
def test_tuning_leaves_out_what_it_cannot_change(change) -> None:
    assert PLAN.tuned(change) == PLAN


def test_a_clock_stands_still_while_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0
    monkeypatch.setattr("models.pace.time.perf_counter", lambda: now)
    clock = Clock(5.0)
    assert clock.seconds == 5.0
    clock.start()
    now += 2.0
    clock.start()
    now += 1.0
    clock.hold()
    now += 100.0
    assert clock.seconds == 8.0
    clock.start()
    now += 0.5
    assert clock.seconds == 8.5
