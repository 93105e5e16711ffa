from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from models.events import Note, Picture, Step, Text
from studio.jobs import Control, Slots
from studio.jobs.log import RunLog
from studio.jobs.recorder import ROWS, Recorder
from studio.registry import Registry


def step(number: int, seconds: float | None = None, **metrics: float) -> Step:
    return Step(number, None, metrics or {"loss": 1.0}, seconds=number / 20 if seconds is None else seconds)


def test_every_change_grows_the_version():
    slots = Slots()
    changes = [
        lambda: slots.put_step(step(1)),
        lambda: slots.put_text(Text("a", "T=1")),
        lambda: slots.put_picture(Picture(np.zeros((1, 1, 3), np.uint8))),
        lambda: slots.put_note(Note("n")),
        lambda: slots.say("running"),
        lambda: slots.begin([(1, {"loss": 1.0})]),
    ]
    for change in changes:
        before = slots.version
        change()
        assert slots.version > before


def test_texts_are_kept_by_label_and_what_a_reader_holds_does_not_change():
    slots = Slots()
    slots.put_text(Text("a", "T=1"))
    held = slots.texts
    slots.put_text(Text("b", "T=1"))
    slots.put_text(Text("c", "T=2"))
    assert held == {"T=1": "a"}
    assert slots.texts == {"T=1": "b", "T=2": "c"}


@pytest.mark.parametrize("count", [1, 2047, 2048, 100_000])
def test_the_history_is_bounded_even_and_has_the_newest(count):
    slots = Slots()
    for number in range(1, count + 1):
        slots.put_step(step(number))
    steps = [point[0] for point in slots.history]
    assert len(steps) <= 2049
    assert len(steps) >= min(count, 1000)
    assert steps == sorted(set(steps))
    assert steps[-1] == count
    gaps = {b - a for a, b in pairwise(steps[:-1])}
    assert len(gaps) <= 1


def test_figures_keep_nan_and_infinity():
    slots = Slots()
    slots.put_step(step(1, loss=math.inf))
    slots.put_step(step(2, loss=math.nan))
    (_, first), (_, second) = slots.history
    assert first["loss"] == math.inf
    assert math.isnan(second["loss"])


def recorded(registry: Registry, steps: list[Step]) -> list[tuple[int, dict[str, float]]]:
    run = registry.add_run("text", {}, owner="me")
    recorder = Recorder(registry, run.id, "me", Control(), lambda text: None)
    for each in steps:
        recorder.put_step(each)
    recorder.close()
    return registry.metrics(run.id)


def test_a_short_run_is_recorded_step_by_step(registry):
    assert [number for number, _ in recorded(registry, [step(number) for number in range(1, 500)])] == list(
        range(1, 500)
    )


def test_a_day_of_steps_is_recorded_in_a_bounded_number_of_rows(registry):
    steps = [step(number, seconds=number * 2.0) for number in range(1, 43_201)]
    rows = recorded(registry, steps)
    assert len(rows) <= ROWS * (1 + math.log(86_400 / 8000)) + 2
    assert rows[-1][0] == 43_200
    assert [number for number, _ in rows[:100]] == list(range(1, 101))


def test_a_new_validation_and_the_first_figure_that_is_not_finite_are_always_recorded(registry):
    steps = [
        step(number, 1e6 + number / 1e6, loss=1.0, val_loss=2.0 if number < 50 else 1.5) for number in range(1, 100)
    ]
    steps += [step(number, 1e6 + number / 1e6, loss=math.nan, val_loss=1.5) for number in range(100, 200)]
    assert [number for number, _ in recorded(registry, steps)] == [1, 50, 100, 199]


def test_figures_of_numpy_are_recorded_as_plain_numbers(registry):
    each = Step(np.int64(3), np.int64(9), {"loss": np.float32(0.5)}, np.float64(1.5), np.float32(0.25), np.float32(2.0))
    assert recorded(registry, [each]) == [(3, {"loss": 0.5})]
    run = registry.runs()[0]
    assert (run.step, run.total, run.seconds, run.epoch, run.rate) == (3, 9, 1.5, 0.25, 2.0)


def test_a_log_line_has_a_time_and_shows_control_characters(tmp_path):
    log = RunLog(tmp_path / "log.txt")
    log.say("a\x1b[2J")
    log.say("two\nlines\n")
    log.say("")
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert [line[21:] for line in lines[:2]] == ["a␛[2J", "two"]
    assert lines[2] == "    lines"
    assert len(lines) == 4


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path):
    RunLog(tmp_path / "no such folder" / "log.txt").say("a")
    RunLog(tmp_path).say("a")
    assert list(tmp_path.iterdir()) == []
