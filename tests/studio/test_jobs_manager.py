from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from models.errors import UsageError
from studio.jobs import Fact, Jobs, manager
from studio.registry import Registry
from tests.studio import fake_family

pytestmark = pytest.mark.usefixtures("fake")


def until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(0.005)


class Office:
    """Jobs that are closed with their test, and the facts they post."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.facts, self.opened = registry, [], []

    def jobs(self, devices: list[str] | None = None, **options: bool) -> Jobs:
        jobs = Jobs(self.registry, self.facts.append, devices or ["CPU"], **options)
        jobs.start()
        self.opened.append(jobs)
        return jobs

    def kinds(self, run_id: str) -> list[str]:
        return [fact.kind for fact in self.facts if fact.run_id == run_id]

    def state(self, run_id: str) -> str:
        return self.registry.run(run_id).state


@pytest.fixture
def office(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(manager, "POLL", 0.05)
    monkeypatch.setattr(manager, "HOUSEKEEPING", 0.05)
    office = Office(registry)
    yield office
    fake_family.IMPORTED.set()
    for jobs in office.opened:
        fake_family.GATE.release(1000)
        jobs.close(30)
        for thread in jobs._threads:
            thread.join(30)


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


EXECUTE = """
import sys, pathlib, time
from models import families
from studio.config import Paths
from studio.jobs import Jobs
from studio.registry import Registry
from tests.studio import fake_family
families.FAMILIES["fake"] = fake_family.FAMILY
registry = Registry(Paths(pathlib.Path(sys.argv[1])))
jobs = Jobs(registry, lambda fact: print(fact.kind, flush=True), ["CPU"])
jobs.start()
jobs.wait(60) if sys.argv[2] == "wait" else sys.stdin.read()
print("closed" if jobs.close(4.0) else "late", flush=True)
"""


@pytest.fixture
def other_process(registry: Registry) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", EXECUTE, str(registry.paths.home), how]
        started.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(30)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def test_the_run_of_another_process_is_paused_resumed_and_stopped_from_here(office, registry, other_process):
    jobs = Jobs(registry, office.facts.append, ["CPU"])
    run = registry.add_run("fake", {"pause": 0.01, "steps": 100_000}, "r")
    process = other_process("stdin")
    until(lambda: registry.run(run.id).step > 3)
    assert jobs.slots(run.id) is None
    jobs.pause(run.id)
    until(lambda: office.state(run.id) == "paused")
    held = registry.run(run.id).step
    jobs.resume(run.id)
    until(lambda: registry.run(run.id).step > held)
    jobs.stop(run.id)
    until(lambda: office.state(run.id) == "stopped")
    assert registry.model("r").step == registry.run(run.id).step
    jobs.retry(run.id)
    until(lambda: registry.run(run.id).step > registry.model("r").step)
    jobs.discard(run.id)
    until(lambda: registry.runs() == [])
    assert registry.models() == []
    process.stdin.close()
    assert process.stdout.read().split() == [
        "started", "paused", "resumed", "saved", "stopped", "started", "discarded", "closed"
    ]  # fmt: skip
    assert process.wait(30) == 0


def test_a_process_that_is_killed_leaves_a_run_that_goes_on_from_its_checkpoint(office, registry, other_process):
    run = registry.add_run("fake", {"pause": 0.01, "steps": 200, "save_every": 5}, "r")
    process = other_process("stdin")
    until(lambda: registry.run(run.id).has_checkpoint)
    process.kill()
    process.wait(30)
    jobs = office.jobs()
    assert office.state(run.id) == "running"
    with registry.database.write() as connection:
        connection.execute("UPDATE runs SET heartbeat = heartbeat - 20")
    until(lambda: office.state(run.id) == "interrupted")
    kept = registry.load_checkpoint(run.id).meta["step"]
    assert kept % 5 == 0
    jobs.retry(run.id)
    until(lambda: registry.run(run.id).note == f"from {kept} on CPU")
    jobs.stop(run.id)
    assert jobs.wait(30)
    steps = [step for step, _ in registry.metrics(run.id)]
    assert steps == list(range(1, registry.run(run.id).step + 1))


def test_a_process_that_closes_during_an_endless_step_still_exits(registry, other_process):
    run = registry.add_run("fake", {"pause": 3600.0}, "r")
    process = other_process("stdin")
    until(lambda: registry.run(run.id).note == "from 0 on CPU")
    process.stdin.close()
    assert process.stdout.read().split() == ["started", "late"]
    assert process.wait(30) == 0
    assert registry.run(run.id).state == "interrupted"
