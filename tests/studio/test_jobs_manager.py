from __future__ import annotations

import time

import pytest

from models.errors import UsageError
from studio.jobs import Fact, Jobs, manager
from tests.studio import fake_family
from tests.studio.executing import until

pytestmark = pytest.mark.usefixtures("fake")


def test_a_submitted_run_is_executed_and_told(office):
    jobs = office.jobs()
    run = jobs.submit("fake", {"best_at": [2]}, "日本", options={"greeting": " hello"})
    assert run.state == "queued"
    assert jobs.wait(30)
    done = office.registry.run(run.id)
    assert (done.state, done.device, done.owner, done.note) == ("done", "CPU", jobs.owner, "from 0 on CPU hello")
    assert office.facts == [
        Fact("queued", run.id, "日本"),
        Fact("started", run.id, "日本"),
        Fact("saved", run.id, "日本"),
        Fact("done", run.id, "日本"),
    ]


def test_two_runs_on_one_device_follow_each_other_r8(office):
    jobs = office.jobs()
    first, second = jobs.submit("fake", {"gated": True}), jobs.submit("fake", {})
    until(lambda: jobs.running() == [first.id])
    time.sleep(0.2)
    assert (office.state(first.id), office.state(second.id)) == ("running", "queued")
    fake_family.GATE.release(10)
    assert jobs.wait(30)
    assert [fact.run_id for fact in office.facts if fact.kind == "done"] == [first.id, second.id]


@pytest.mark.parametrize("failure", ["diverged", "memory", "anything"])
def test_a_run_that_fails_leaves_the_device_to_the_next_r8(office, failure):
    jobs = office.jobs()
    first, second = jobs.submit("fake", {"fail_at": 2, "failure": failure}), jobs.submit("fake", {})
    assert jobs.wait(30)
    assert (office.state(first.id), office.state(second.id)) == ("failed", "done")
    assert office.kinds(first.id) == ["queued", "started", "failed"]


def test_two_devices_execute_two_runs_at_once(office):
    jobs = office.jobs(["GPU:0", "GPU:1"])
    runs = [jobs.submit("fake", {"gated": True}) for _ in range(3)]
    until(lambda: len(jobs.running()) == 2)
    assert {office.registry.run(run_id).device for run_id in jobs.running()} <= {"", "GPU:0", "GPU:1"}
    fake_family.GATE.release(1000)
    assert jobs.wait(30)
    assert {office.registry.run(run.id).state for run in runs} == {"done"}
    assert {office.registry.run(run.id).device for run in runs[:2]} == {"GPU:0", "GPU:1"}


def test_without_named_devices_they_are_found_when_the_first_run_starts(office, monkeypatch):
    asked = []
    monkeypatch.setattr(manager, "device_names", lambda: asked.append(1) or ["GPU:0", "GPU:1"])
    jobs = Jobs(office.registry, office.facts.append)
    office.opened.append(jobs)
    jobs.start()
    time.sleep(0.1)
    assert asked == []
    runs = [jobs.submit("fake", {"gated": True}) for _ in range(2)]
    until(lambda: len(jobs.running()) == 2)
    fake_family.GATE.release(1000)
    assert jobs.wait(30)
    assert {office.registry.run(run.id).device for run in runs} == {"GPU:0", "GPU:1"}
    assert asked == [1]


def test_devices_that_cannot_be_found_fail_the_run_and_not_the_worker(office, monkeypatch):
    def broken() -> list[str]:
        raise ImportError("no tensorflow here")

    monkeypatch.setattr(manager, "device_names", broken)
    jobs = Jobs(office.registry, office.facts.append)
    office.opened.append(jobs)
    jobs.start()
    runs = [jobs.submit("fake", {}) for _ in range(2)]
    assert jobs.wait(30)
    assert {office.registry.run(run.id).error for run in runs} == {"ImportError: no tensorflow here"}


def test_pause_resume_stop_and_retry(office):
    jobs = office.jobs()
    run = jobs.submit("fake", {"gated": True}, "r")
    until(lambda: jobs.running())
    jobs.pause(run.id)
    fake_family.GATE.release()
    until(lambda: office.state(run.id) == "paused")
    assert jobs.running() == [run.id]
    jobs.resume(run.id)
    until(lambda: office.state(run.id) == "running")
    jobs.stop(run.id)
    fake_family.GATE.release(2)
    assert jobs.wait(30)
    assert office.state(run.id) == "stopped"
    step = office.registry.run(run.id).step
    with pytest.raises(UsageError, match="is stopped: there is nothing to pause"):
        jobs.pause(run.id)
    assert jobs.retry(run.id).state == "queued"
    fake_family.GATE.release(1000)
    assert jobs.wait(30)
    done = office.registry.run(run.id)
    assert (done.state, done.step) == ("done", 10)
    assert done.note.startswith(f"from {step} ")
    assert office.kinds(run.id) == [
        "queued", "started", "paused", "resumed", "saved", "stopped", "queued", "started", "saved", "done"
    ]  # fmt: skip
    with pytest.raises(UsageError):
        jobs.retry(run.id)


def test_a_run_that_is_not_executed_here_cannot_be_changed_on_its_way(office):
    run = office.registry.add_run("fake", {}, "elsewhere", owner="someone else")
    with pytest.raises(UsageError, match="of this studio"):
        office.jobs().tune(run.id, {"rate": 1})


def test_a_stop_ends_a_paused_run(office):
    jobs = office.jobs()
    run = jobs.submit("fake", {"gated": True})
    until(lambda: jobs.running())
    jobs.pause(run.id)
    fake_family.GATE.release()
    until(lambda: office.state(run.id) == "paused")
    jobs.stop(run.id)
    fake_family.GATE.release(5)
    assert jobs.wait(30)
    assert office.state(run.id) == "stopped"
    assert office.kinds(run.id)[-2:] == ["saved", "stopped"]


def test_resuming_a_run_that_has_ended_queues_it_again(office):
    jobs = office.jobs()
    run = jobs.submit("fake", {"fail_at": 3, "save_every": 2})
    assert jobs.wait(30)
    jobs.resume(run.id)
    assert jobs.wait(30)
    assert office.kinds(run.id) == ["queued", "started", "failed"] * 2


def test_discard_wherever_the_run_is(office):
    jobs = office.jobs()
    running = jobs.submit("fake", {"gated": True, "best_at": [1]})
    queued = jobs.submit("fake", {})
    fake_family.GATE.release()
    until(lambda: office.registry.models())
    jobs.discard(queued.id)
    jobs.discard(running.id)
    fake_family.GATE.release()
    assert jobs.wait(30)
    assert office.registry.runs() == []
    assert office.registry.models() == []
    done = jobs.submit("fake", {})
    assert jobs.wait(30)
    jobs.discard(done.id)
    assert office.registry.runs() == []
    assert office.registry.models() == []
    assert {office.kinds(run.id)[-1] for run in (running, queued, done)} == {"discarded"}


def test_stopping_a_queued_run_keeps_it_from_starting(office):
    jobs = office.jobs()
    first = jobs.submit("fake", {"gated": True})
    second = jobs.submit("fake", {})
    until(lambda: jobs.running())
    jobs.stop(second.id)
    fake_family.GATE.release(100)
    assert jobs.wait(30)
    assert (office.state(first.id), office.state(second.id)) == ("done", "stopped")
    assert office.kinds(second.id) == ["queued", "stopped"]


def test_slots_are_there_while_a_run_goes_on_and_a_while_after(office):
    jobs = office.jobs()
    run = jobs.submit("fake", {})
    assert jobs.wait(30)
    assert jobs.slots(run.id).step.step == 10
    for _ in range(manager.REMEMBERED):
        jobs.submit("fake", {})
    assert jobs.wait(30)
    assert jobs.slots(run.id) is None
    assert jobs.slots("nonsense") is None


def test_runs_that_others_queue_are_taken(office):
    jobs = office.jobs()
    run = office.registry.add_run("fake", {})
    until(lambda: office.state(run.id) == "done")
    assert jobs.wait(30)


def test_runs_that_others_queue_are_left_alone_when_so_told(office):
    jobs = office.jobs(take_queued=False)
    other = office.registry.add_run("fake", {})
    mine = jobs.submit("fake", {})
    assert jobs.wait(30)
    time.sleep(0.2)
    assert (office.state(mine.id), office.state(other.id)) == ("done", "queued")


def test_several_at_work_take_no_run_twice(office):
    offices = [office.jobs() for _ in range(3)]
    runs = [offices[0].submit("fake", {"steps": 2}) for _ in range(12)]
    until(lambda: all(office.state(run.id) == "done" for run in runs))
    assert all(jobs.wait(30) for jobs in offices)
    assert [office.kinds(run.id).count("started") for run in runs] == [1] * 12
