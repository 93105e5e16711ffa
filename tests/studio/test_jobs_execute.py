from __future__ import annotations

import errno
import math
import os
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from models import checkpoint as checkpoints
from models.errors import UserError
from studio.jobs import Control, Fact, Slots, execute, execution, keeper
from studio.registry import Registry, Run
from tests.studio import fake_family

pytestmark = pytest.mark.usefixtures("fake", "all_ended")
SITTINGS: list[Sitting] = []


@pytest.fixture
def all_ended(registry: Registry) -> Iterator[None]:
    """No execution outlives its test, whatever becomes of that."""
    yield
    fake_family.IMPORTED.set()
    while SITTINGS:
        sitting = SITTINGS.pop()
        sitting.control.ask("lost")
        sitting.end()


def added(registry: Registry, name: str = "r", base: str | None = None, **recipe: object) -> Run:
    return registry.add_run("fake", recipe, name, base, owner="me", options={"greeting": "!"})


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(0.005)


class Sitting(threading.Thread):
    """One execution of a run on a thread of its own."""

    def __init__(self, registry: Registry, run: Run) -> None:
        super().__init__(daemon=True)
        self.registry, self.run_id = registry, run.id
        self.slots, self.control, self.facts, self.ending = Slots(run.id), Control(), [], ""
        SITTINGS.append(self)
        self.start()

    def run(self) -> None:
        self.ending = execute(
            self.registry,
            self.run_id,
            owner="me",
            device="CPU",
            slots=self.slots,
            control=self.control,
            post=self.facts.append,
        )

    def step(self, count: int = 1) -> None:
        """Let the gated run do so many steps."""
        wanted = count + (self.slots.step.step if self.slots.step else 0)
        fake_family.GATE.release(count)
        until(lambda: self.slots.step is not None and self.slots.step.step == wanted)

    def end(self) -> str:
        fake_family.GATE.release(1000)
        self.join(30)
        assert not self.is_alive()
        return self.ending

    @property
    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.facts]


def test_a_run_to_its_end_leaves_model_state_figures_texts_and_log(registry):
    run = added(registry, "日本 [/]", best_at=[4, 6], save_every=5)
    slots, facts = Slots(run.id), []
    assert execute(registry, run.id, owner="me", device="GPU:3", slots=slots, post=facts.append) == "done"
    run = registry.run(run.id)
    assert (run.state, run.step, run.total, run.epoch, run.seconds, run.rate) == ("done", 10, 10, 1.0, 5.0, 2.0)
    assert (run.device, run.error, run.note, run.request, run.has_best) == ("GPU:3", "", "from 0 on GPU:3!", None, 1)
    assert run.metrics == {"loss": pytest.approx(1 / 11)}
    assert run.ended is not None
    assert [step for step, _ in registry.metrics(run.id)] == list(range(1, 11))
    assert registry.texts(run.id) == {"T=1": "text of 10"}
    model = registry.model("日本 [/]")
    assert (model.id, model.run_id, model.step, model.recipe["best_at"]) == (run.model_id, run.id, 6, [4, 6])
    weights = registry.load_model(model.id)
    assert set(weights.arrays) == {"weights/count"}
    assert "resume" not in weights.meta
    state = registry.load_checkpoint(run.id)
    assert state.meta["step"] == 10
    assert set(state.arrays) == {"weights/count", "optimizer/count"}
    assert [fact.kind for fact in facts] == ["started", "saved", "saved", "done"]
    assert {fact.text for fact in facts} == {"日本 [/]"}
    log = registry.run_log(run.id).read_text()
    assert [line[21:] for line in log.splitlines()] == [
        "started on GPU:3",
        "from 0 on GPU:3!",
        "saved the model '日本 [/]' of step 4",
        "saved the model '日本 [/]' of step 6",
        "done",
    ]


def test_the_slots_hold_the_newest_of_each_kind(registry):
    run = added(registry, save_every=5)
    slots = Slots(run.id)
    execute(registry, run.id, owner="me", slots=slots)
    assert slots.step.step == 10
    assert slots.texts == {"T=1": "text of 10"}
    assert slots.checkpoint.meta["step"] == 10
    assert slots.note.text == "from 0 on auto!"
    assert slots.phase == "done"
    assert [step for step, _ in slots.history] == list(range(1, 11))
    assert slots.version > 13


def test_without_a_best_the_final_weights_become_the_model(registry):
    run = added(registry)
    execute(registry, run.id, owner="me")
    assert registry.model("r").step == 10
    assert registry.run(run.id).has_best == 0


def test_a_pause_holds_the_run_alive_and_a_resume_lets_it_go_on(registry):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(3)
    sitting.control.ask("pause")
    fake_family.GATE.release()
    until(lambda: registry.run(sitting.run_id).state == "paused")
    held = sitting.slots.step.step
    fake_family.GATE.release(5)
    time.sleep(0.1)
    assert sitting.slots.step.step == held
    assert sitting.slots.phase == "paused"
    sitting.control.ask("resume")
    until(lambda: registry.run(sitting.run_id).state == "running")
    assert sitting.end() == "done"
    assert sitting.kinds == ["started", "paused", "resumed", "saved", "done"]
    assert [step for step, _ in registry.metrics(sitting.run_id)] == list(range(1, 11))


def test_a_paused_run_goes_on_beating(registry, monkeypatch):
    monkeypatch.setattr("studio.jobs.recorder.BEAT", 0.05)
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.control.ask("pause")
    until(lambda: registry.run(sitting.run_id).state == "paused")
    beat = registry.run(sitting.run_id).heartbeat
    until(lambda: registry.run(sitting.run_id).heartbeat > beat)
    sitting.control.ask("stop")
    assert sitting.end() == "stopped"


def test_a_long_step_beats_too(registry, monkeypatch):
    monkeypatch.setattr("studio.jobs.recorder.BEAT", 0.05)
    sitting = Sitting(registry, added(registry, gated=True))
    beat = registry.run(sitting.run_id).heartbeat
    until(lambda: registry.run(sitting.run_id).heartbeat > beat + 0.2)
    assert sitting.end() == "done"


def test_a_stop_keeps_what_there_is_and_the_run_goes_on_from_there(registry):
    run = added(registry, gated=True, best_at=[2])
    sitting = Sitting(registry, run)
    sitting.step(4)
    sitting.control.ask("stop")
    assert sitting.end() == "stopped"
    stopped = registry.run(run.id)
    assert stopped.state == "stopped"
    assert registry.load_checkpoint(run.id).meta["step"] == stopped.step == 5
    assert registry.model("r").step == 2

    registry.requeue(run.id)
    registry.claim("me", "CPU")
    again = Sitting(registry, run)
    assert again.end() == "done"
    assert [step for step, _ in again.slots.history] == list(range(1, 11))
    assert [step for step, _ in registry.metrics(run.id)] == list(range(1, 11))
    assert registry.run(run.id).note == "from 5 on CPU!"
    assert registry.model("r").step == 2
    assert "started on CPU from step 5" in registry.run_log(run.id).read_text()


def test_a_model_of_last_weights_is_replaced_by_later_ones(registry):
    run = added(registry, gated=True)
    sitting = Sitting(registry, run)
    sitting.step(1)
    sitting.control.ask("stop")
    sitting.end()
    first = registry.model("r")
    registry.requeue(run.id)
    registry.claim("me", "CPU")
    Sitting(registry, run).end()
    (model,) = registry.models()
    assert (first.step, model.step, model.id) == (2, 10, first.id)


def test_figures_beyond_the_checkpoint_are_forgotten_when_they_are_done_again(registry):
    run = added(registry, steps=6, save_every=4, fail_at=6)
    assert execute(registry, run.id, owner="me") == "failed"
    registry.add_metrics(run.id, [(99, {"loss": 0.0})])
    registry.requeue(run.id)
    with registry.database.write() as connection:
        connection.execute("UPDATE runs SET recipe = '{\"steps\": 6}'")
    registry.claim("me", "CPU")
    slots = Slots(run.id)
    assert execute(registry, run.id, owner="me", slots=slots) == "done"
    assert [step for step, _ in registry.metrics(run.id)] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in slots.history] == [1, 2, 3, 4, 5, 6]


def test_a_discard_deletes_the_run_and_its_model(registry):
    run = added(registry, gated=True, best_at=[1])
    sitting = Sitting(registry, run)
    sitting.step(2)
    until(lambda: len(registry.models()) == 1)
    sitting.control.ask("discard")
    assert sitting.end() == "discarded"
    assert registry.runs() == []
    assert registry.models() == []
    assert list(registry.paths.runs.iterdir()) == []
    assert list(registry.paths.models.iterdir()) == []
    assert sitting.kinds[-1] == "discarded"


@pytest.mark.parametrize("wish", ["stop", "discard"])
def test_a_wish_during_the_import_is_heard_before_the_first_step(registry, wish):
    fake_family.IMPORTED.clear()
    sitting = Sitting(registry, added(registry))
    assert fake_family.IMPORTING.wait(30)
    assert sitting.slots.phase in ("loading TensorFlow", "starting")
    until(lambda: registry.runs()[0].note == sitting.slots.phase)
    sitting.control.ask(wish)
    fake_family.IMPORTED.set()
    assert sitting.end() == {"stop": "stopped", "discard": "discarded"}[wish]
    assert sitting.slots.step is None
    assert registry.models() == []
    assert [run.state for run in registry.runs()] == (["stopped"] if wish == "stop" else [])


def test_a_stop_is_not_undone_by_a_pause_nor_a_discard_by_a_stop():
    control = Control()
    for wish in ("pause", "resume", "pause", "stop", "pause", "resume"):
        control.ask(wish)
    assert control.wish == "stop"
    control.ask("discard")
    control.ask("stop")
    assert control.wish == "discard"


@pytest.mark.parametrize("what", ["pause", "stop", "discard"])
def test_requests_in_the_registry_are_answered(registry, what):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(1)
    registry.request(sitting.run_id, what)
    until(lambda: sitting.control.wish == what)
    fake_family.GATE.release()
    if what == "pause":
        until(lambda: registry.run(sitting.run_id).state == "paused")
        assert registry.requested(sitting.run_id) is None
        registry.request(sitting.run_id, "resume")
        until(lambda: registry.run(sitting.run_id).state == "running")
    assert sitting.end() == {"pause": "done", "stop": "stopped", "discard": "discarded"}[what]


def test_a_run_that_another_owner_took_ends_without_a_trace(registry):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(1)
    with registry.database.write() as connection:
        connection.execute("UPDATE runs SET owner = 'you'")
    until(lambda: sitting.control.wish == "lost")
    assert sitting.end() == "lost"
    run = registry.run(sitting.run_id)
    assert (run.state, run.owner) == ("running", "you")
    assert registry.models() == []
    assert sitting.kinds == ["started"]


def test_a_non_finite_loss_fails_the_run_with_its_words_and_keeps_what_was_good_t11(registry):
    run = added(registry, fail_at=5, save_every=2, best_at=[3])
    facts: list[Fact] = []
    assert execute(registry, run.id, owner="me", post=facts.append) == "failed"
    run = registry.run(run.id)
    assert f"{run.state}: {run.error}" == "failed: non-finite loss at step 5"
    assert facts[-1] == Fact("failed", run.id, "non-finite loss at step 5")
    assert registry.load_checkpoint(run.id).meta["step"] == 4
    assert registry.load_model("r").meta["step"] == 3
    assert np.isfinite(registry.load_model("r").arrays["weights/count"]).all()
    log = registry.run_log(run.id).read_text()
    assert "failed: non-finite loss at step 5" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ("memory", "out of memory"),
        ("odd [/] \x07", "ZeroDivisionError: odd [/] ␇"),
        ("x" * 999, "ZeroDivisionError: xxx"),
    ],
)
def test_any_other_failure_is_one_line_and_its_traceback_is_in_the_log(registry, failure, error):
    run = added(registry, fail_at=2, failure=failure)
    assert execute(registry, run.id, owner="me") == "failed"
    run = registry.run(run.id)
    assert run.error.startswith(error)
    assert len(run.error) <= 300
    assert run.error.isprintable()
    log = registry.run_log(run.id).read_text()
    assert "Traceback (most recent call last)" in log
    assert "fake_family.py" in log
    assert "\x1b" not in log
    assert "\x07" not in log


class ResourceExhaustedError(Exception):
    """Called as TensorFlow's is."""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "out of memory"),
        (MemoryError("9 GB\nmore"), "out of memory: 9 GB"),
        (
            ResourceExhaustedError("{{function_node __wrapped__Mul}} OOM at tensor\nHint"),
            "out of memory: OOM at tensor",
        ),
        (KeyError("name"), "KeyError: 'name'"),
        (ValueError(), "ValueError"),
        (ValueError("\n\n  \n"), "ValueError"),
    ],
)
def test_an_unexpected_error_is_told_by_its_kind_and_first_line(error, line):
    assert execution.in_one_line(error) == line


def test_a_run_whose_folder_cannot_be_made_fails_with_the_reason(registry):
    run = added(registry)
    (registry.paths.runs / run.id).write_text("in the way")
    assert execute(registry, run.id, owner="me") == "failed"
    assert "cannot make the folder" in registry.run(run.id).error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("family = 'nonsense'", "there is no family 'nonsense'"),
        ("recipe = '{\"steps\": 0}'", "steps: Input should be greater"),
        ("recipe = '{\"colour\": 1}'", "colour: there is no such knob"),
        ("base_id = 'gone'", "there is no model 'gone'"),
    ],
)
def test_what_cannot_start_fails_with_one_line(registry, change, error):
    run = added(registry)
    with registry.database.write() as connection:
        connection.execute(f"UPDATE runs SET {change}")
    assert execute(registry, run.id, owner="me") == "failed"
    assert error in registry.run(run.id).error
    assert "Traceback" not in registry.run_log(run.id).read_text()


def test_a_damaged_checkpoint_fails_the_run_by_name(registry):
    run = added(registry, "mine", save_every=2, fail_at=3)
    execute(registry, run.id, owner="me")
    os.truncate(registry.paths.home / registry.run(run.id).file, 20)
    registry.requeue(run.id)
    registry.claim("me", "CPU")
    assert execute(registry, run.id, owner="me") == "failed"
    assert "corrupt: the file of the run 'mine' is damaged" in registry.run(run.id).error


def test_a_run_can_start_from_a_model(registry):
    execute(registry, added(registry, "base", steps=3).id, owner="me")
    run = added(registry, "finer", base=registry.model("base").id)
    execute(registry, run.id, owner="me")
    assert registry.run(run.id).note == "from 0 on auto! over 3"


def test_an_interrupt_of_the_program_marks_the_run_and_passes_through(registry):
    run = added(registry, fail_at=4, failure="interrupt", save_every=2)
    with pytest.raises(KeyboardInterrupt):
        execute(registry, run.id, owner="me")
    run = registry.run(run.id)
    assert (run.state, run.error) == ("interrupted", "the program was ended")
    assert registry.load_checkpoint(run.id).meta["step"] == 2


def test_infinite_figures_are_kept(registry):
    run = added(registry, infinite_at=4)
    execute(registry, run.id, owner="me")
    assert dict(registry.metrics(run.id))[4] == {"loss": math.inf}


def test_the_device_is_asked_for_after_the_import(registry):
    asked: list[bool] = []

    def device() -> str:
        asked.append(fake_family.IMPORTING.is_set())
        return "GPU:1"

    run = added(registry)
    assert execute(registry, run.id, owner="me", device=device) == "done"
    assert asked == [True]
    assert registry.run(run.id).device == "GPU:1"


class Disk:
    """A disk that can be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        save = checkpoints.save

        def save_or_fail(path, checkpoint):
            if self.is_full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return save(path, checkpoint)

        monkeypatch.setattr(checkpoints, "save", save_or_fail)


def test_a_full_disk_is_told_once_and_saved_later_r1(registry, monkeypatch):
    disk = Disk(monkeypatch)
    monkeypatch.setattr(keeper, "RETRY", 0.0)
    sitting = Sitting(registry, added(registry, gated=True, steps=30, best_at=[1, 3, 4], save_every=2))
    sitting.step(2)
    until(lambda: registry.load_checkpoint(sitting.run_id).meta["step"] == 2)
    disk.is_full = True
    sitting.step(4)
    until(lambda: "No space left on device" in registry.run(sitting.run_id).note)
    assert sitting.slots.note.level == "warning"
    assert registry.load_model("r").meta["step"] == 1
    assert registry.load_checkpoint(sitting.run_id).meta["step"] == 2
    disk.is_full = False
    sitting.step(1)
    until(lambda: registry.load_model("r").meta["step"] == 4)
    assert sitting.end() == "done"
    log = registry.run_log(sitting.run_id).read_text()
    assert log.count("not saved") == 1
    assert "saved: there is room again" in log


def test_a_disk_that_is_full_at_the_end_is_waited_for(registry, monkeypatch):
    disk = Disk(monkeypatch)
    disk.is_full = True
    monkeypatch.setattr(keeper, "RETRY", 0.0)
    sitting = Sitting(registry, added(registry))
    until(lambda: sitting.slots.phase == "waiting for room on the disk")
    disk.is_full = False
    assert sitting.end() == "done"
    assert registry.load_model("r").meta["step"] == 10


@pytest.mark.parametrize("patience", [0.0, 600.0])
def test_a_disk_that_stays_full_fails_the_run_with_the_reason(registry, monkeypatch, patience):
    Disk(monkeypatch).is_full = True
    monkeypatch.setattr(execution, "PATIENCE", patience)
    sitting = Sitting(registry, added(registry))
    if patience:
        until(lambda: sitting.slots.phase == "waiting for room on the disk")
        sitting.control.ask("stop")
    assert sitting.end() == "failed"
    assert "No space left on device" in registry.run(sitting.run_id).error


def test_a_registry_that_cannot_be_written_for_a_while_does_not_stop_the_run(registry, monkeypatch):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(1)

    def refuse(*_: object) -> bool:
        raise UserError("the registry is full")

    with monkeypatch.context() as patched:
        patched.setattr(registry, "add_progress", refuse)
        sitting.step(3)
        until(lambda: sitting.slots.note.text == "the registry is full; the run goes on")
    assert sitting.end() == "done"
    assert [step for step, _ in registry.metrics(sitting.run_id)] == list(range(1, 11))
    assert registry.run_log(sitting.run_id).read_text().count("the registry is full") == 1


def test_a_model_deleted_while_it_trains_is_made_anew_by_the_next_best(registry):
    sitting = Sitting(registry, added(registry, gated=True, best_at=[1, 4]))
    sitting.step(2)
    until(lambda: len(registry.models()) == 1)
    registry.delete_model("r")
    assert sitting.end() == "done"
    assert registry.model("r").step == 4


def test_a_model_renamed_while_it_trains_keeps_its_new_name(registry):
    sitting = Sitting(registry, added(registry, gated=True, best_at=[1, 4]))
    sitting.step(2)
    until(lambda: len(registry.models()) == 1)
    registry.rename_model("r", "new name")
    assert sitting.end() == "done"
    assert [(model.name, model.step) for model in registry.models()] == [("new name", 4)]
