from __future__ import annotations

import math
import time

import pytest

from studio.jobs import Control, Slots, execute
from tests.studio import fake_family
from tests.studio.executing import Sitting, added, until

pytestmark = pytest.mark.usefixtures("fake", "all_ended")


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


def test_knobs_are_changed_on_the_way_at_the_next_step_and_once(registry):
    sitting = Sitting(registry, added(registry, gated=True))
    sitting.step(2)
    sitting.control.tune({"rate": 1})
    sitting.control.tune({"rate": 2, "heat": 3})
    sitting.step(3)
    assert sitting.end() == "done"
    told = [line for line in registry.run_log(sitting.run_id).read_text().splitlines() if "tuned" in line]
    assert len(told) in (1, 2)  # the run may have taken the first change before the second came
    assert "'heat': 3" in told[-1]
    assert "'rate': 2" in told[-1]


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


def test_a_run_can_start_from_a_model(registry):
    execute(registry, added(registry, "base", steps=3).id, owner="me")
    run = added(registry, "finer", base=registry.model("base").id)
    execute(registry, run.id, owner="me")
    assert registry.run(run.id).note == "from 0 on auto! over 3"


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
