from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from studio.jobs import Jobs
from studio.registry import Registry
from tests.studio.executing import until

pytestmark = pytest.mark.usefixtures("fake")


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
