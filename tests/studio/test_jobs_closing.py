from __future__ import annotations

import threading

import pytest

from models.errors import UsageError
from studio.jobs import Fact, manager
from tests.studio import fake_family
from tests.studio.executing import until

pytestmark = pytest.mark.usefixtures("fake")


def test_closing_stops_and_keeps_and_ends_the_threads_u4(office):
    jobs = office.jobs()
    running = jobs.submit("fake", {"pause": 0.02, "steps": 100_000}, "r")
    queued = jobs.submit("fake", {})
    until(lambda: jobs.slots(running.id) and jobs.slots(running.id).step)
    assert jobs.close(30)
    assert not any(thread.is_alive() for thread in jobs._threads)
    assert (office.state(running.id), office.state(queued.id)) == ("stopped", "queued")
    assert office.registry.load_checkpoint(running.id).meta["step"] == office.registry.run(running.id).step
    assert office.registry.model("r").step > 0
    assert jobs.running() == []


def test_closing_does_not_wait_for_a_run_that_does_not_answer(office):
    fake_family.IMPORTED.clear()
    jobs = office.jobs()
    run = jobs.submit("fake", {})
    assert fake_family.IMPORTING.wait(30)
    assert not jobs.close(0.1)
    interrupted = office.registry.run(run.id)
    assert (interrupted.state, interrupted.error) == ("interrupted", "the program was ended")
    assert all(
        thread.daemon for thread in threading.enumerate() if "worker" in thread.name or "recorder" in thread.name
    )
    fake_family.IMPORTED.set()
    until(lambda: not jobs.running())
    assert office.state(run.id) == "interrupted"
    assert office.registry.models() == []


def test_released_runs_are_queued_again_with_what_they_have_and_paused_ones_kept(office):
    jobs = office.jobs(["CPU:0", "CPU:1"])
    going, held = (jobs.submit("fake", {"pause": 0.02, "steps": 100_000}) for _ in range(2))
    until(lambda: len(jobs.running()) == 2)
    waiting = jobs.submit("fake", {})
    until(lambda: all((slots := jobs.slots(run.id)) is not None and slots.step for run in (going, held)))
    jobs.pause(held.id)
    until(lambda: office.state(held.id) == "paused")
    stranger = office.registry.add_run("fake", {})
    assert jobs.release(30) == [going.id, waiting.id]
    states = [office.state(run.id) for run in (going, held, waiting, stranger)]
    assert states == ["queued", "stopped", "queued", "queued"]
    kept = office.registry.run(going.id)
    assert (kept.owner, office.registry.load_checkpoint(going.id).meta["step"]) == ("", kept.step)
    assert office.registry.run(held.id).has_checkpoint


def test_a_run_that_is_done_by_then_is_not_released(office, monkeypatch):
    jobs = office.jobs()
    run = jobs.submit("fake", {"gated": True, "steps": 1})
    until(lambda: jobs.running() == [run.id])
    close = jobs.close

    def late(timeout):
        fake_family.GATE.release(1)
        return jobs.wait(30) and close(timeout)

    monkeypatch.setattr(jobs, "close", late)
    assert jobs.release(30) == []
    assert office.state(run.id) == "done"


def test_jobs_that_take_only_their_own_come_to_rest(office):
    jobs = office.jobs()
    jobs.take_only_own()
    stranger = office.registry.add_run("fake", {})
    own = jobs.submit("fake", {})
    assert jobs.wait(30)
    assert jobs.is_idle()
    assert (office.state(own.id), office.state(stranger.id)) == ("done", "queued")
    jobs.take(stranger.id)
    assert not jobs.is_idle()
    assert jobs.wait(30)
    assert office.state(stranger.id) == "done"


def test_a_worker_survives_a_registry_that_fails_for_a_moment(office, monkeypatch):
    jobs = office.jobs()
    claim, failures = office.registry.claim, iter([True, True])

    def claim_or_fail(*arguments):
        if next(failures, False):
            raise UsageError("not now")
        return claim(*arguments)

    monkeypatch.setattr(office.registry, "claim", claim_or_fail)
    run = jobs.submit("fake", {})
    assert jobs.wait(30)
    assert office.state(run.id) == "done"
    assert "cannot look into the queue: not now" in office.registry.paths.log.read_text()


def test_a_worker_survives_whoever_listens(office):
    jobs = office.jobs()
    facts = office.facts

    def fragile(fact: Fact) -> None:
        if fact.kind == "done":
            raise RuntimeError("the screen is gone")
        facts.append(fact)

    jobs._post = fragile
    runs = [jobs.submit("fake", {}) for _ in range(2)]
    assert jobs.wait(30)
    assert [office.state(run.id) for run in runs] == ["done", "done"]
    assert "the screen is gone" in office.registry.paths.log.read_text()


def test_an_end_that_could_not_be_written_is_written_later(office, monkeypatch):
    jobs = office.jobs()
    monkeypatch.setattr(manager, "SILENT", 0.0)

    def refuse(*_: object, **__: object) -> bool:
        raise UsageError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(office.registry, "finish_run", refuse)
        run = jobs.submit("fake", {})
        assert jobs.wait(30)
        until(lambda: "broken" in office.registry.paths.log.read_text())
    until(lambda: office.state(run.id) == "interrupted")
    assert office.registry.run(run.id).error == "its end could not be written"
