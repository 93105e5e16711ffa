"""`studio work` and `studio jobs follow` from the outside: the queue without a screen, and runs seen from elsewhere."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from models.text.recipe import TextRecipe
from studio.config import Paths
from studio.registry import Registry, Run
from tests.studio.command import FAKE, Command, objects, one_line

LONG = 1_000_000
SLOW = {"FAKE_PAUSE": "0.05"}


@pytest.fixture
def studio(paths: Paths) -> Command:
    return Command(paths.home, FAKE)


@pytest.fixture
def start(studio: Command) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command that does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        started.append(studio.start(*arguments, **SLOW | environment))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def add(registry: Registry, name: str = "r", steps: int = 10) -> Run:
    return registry.add_run("text", TextRecipe.preset(steps=steps).model_dump(mode="json"), name)


def begun(registry: Registry, run: Run, step: int = 6) -> None:
    until(lambda: registry.run(run.id).step >= step)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code, and what was written."""
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def test_several_workers_empty_the_queue_and_take_no_run_twice(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    runs = [add(registry, f"run {number}") for number in range(12)]
    workers = [start("work", "--until-empty", "--json") for _ in range(3)]
    told = []
    for worker in workers:
        code, output, errors = finished(worker)
        assert (code, errors) == (0, "")
        told += objects(output)
    assert sorted(fact["run"] for fact in told if fact["event"] == "started") == sorted(run.id for run in runs)
    assert {registry.run(run.id).state for run in runs} == {"done"}
    assert len({registry.run(run.id).owner for run in runs}) > 1
    assert len(registry.models()) == 12


def test_a_worker_waits_for_runs_and_is_told_to_end(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    worker = start("work")
    assert worker.stdout is not None
    assert "waiting for runs" in worker.stdout.readline()
    run = add(registry)
    until(lambda: registry.run(run.id).state == "done")
    worker.terminate()
    code, output, errors = finished(worker)
    assert (code, errors) == (143, "")
    assert [line.split()[0] for line in output.splitlines()] == ["started", "saved", "done"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_worker_that_has_to_go_gives_its_run_back_to_the_queue_with_what_it_has_learnt(
    start: Callable[..., subprocess.Popen[str]], registry: Registry, number: signal.Signals, code: int
) -> None:
    run = add(registry, steps=LONG)
    worker = start("work")
    begun(registry, run)
    worker.send_signal(number)
    assert finished(worker)[0] == code
    left = registry.run(run.id)
    assert (left.state, left.owner, left.has_checkpoint) == ("queued", "", True)
    other = start("work")
    until(lambda: registry.run(run.id).note.startswith(f"from step {left.step} "))
    other.terminate()
    assert finished(other)[0] == 143


def test_a_run_that_does_not_answer_does_not_hold_up_the_worker(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry, steps=LONG)
    worker = start("work", FAKE_DEAF="1")
    begun(registry, run, 1)
    worker.terminate()
    assert finished(worker)[0] == 143
    assert registry.run(run.id).state == "queued"


def test_chosen_runs_alone_are_executed_one_that_was_stopped_too(studio: Command, registry: Registry) -> None:
    first, second, other = (add(registry, name) for name in ("first", "second", "other"))
    registry.request(second.id, "stop")
    done = studio.run("work", "first", second.id)
    assert (done.returncode, done.stderr) == (0, "")
    assert [registry.run(run.id).state for run in (first, second, other)] == ["done", "done", "queued"]


def test_a_chosen_run_is_stopped_and_kept_by_a_signal(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry, steps=LONG)
    worker = start("work", run.id)
    begun(registry, run)
    worker.terminate()
    assert finished(worker)[0] == 143
    stopped = registry.run(run.id)
    assert (stopped.state, stopped.has_checkpoint) == ("stopped", True)


def test_a_failed_run_is_told_and_the_others_are_executed(studio: Command, registry: Registry) -> None:
    runs = [add(registry), add(registry)]
    done = studio.run("work", "--until-empty", FAKE_FAIL_AT="5")
    assert done.returncode == 1
    assert done.stdout.count("non-finite loss at step 5") == 2
    assert {registry.run(run.id).state for run in runs} == {"failed"}


def test_a_run_in_other_hands_is_not_taken(
    studio: Command, start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry, steps=LONG)
    start("work")
    begun(registry, run)
    refused = studio.run("work", run.id)
    assert (refused.returncode, one_line(refused.stderr)) == (2, "the run 'r' is running already")


def test_a_run_is_followed_to_its_end(start: Callable[..., subprocess.Popen[str]], registry: Registry) -> None:
    run = add(registry, "long", 60)
    follower = start("jobs", "follow", "long", "--json")
    lines = start("jobs", "follow", "long")
    time.sleep(2.0)  # so that they see it queued
    start("work")
    code, output, errors = finished(follower)
    assert (code, errors) == (0, "")
    *told, result = objects(output)
    assert [fact["state"] for fact in told if fact["event"] == "state"] == ["queued", "running", "done"]
    steps = [fact for fact in told if fact["event"] == "step"]
    assert len(steps) > 3
    assert steps[-1]["metrics"] == {"loss": 2.0 / 60, "val_loss": 1.625}
    assert {fact["label"] for fact in told if fact["event"] == "text"} == {"T=0.5"}
    assert any("saved the model 'long'" in fact["text"] for fact in told if fact["event"] == "log")
    assert (result["event"], result["run"], result["state"], result["steps"]) == ("result", run.id, "done", 60)
    code, output, errors = finished(lines)
    assert (code, errors) == (0, "")
    assert "--- T=0.5 ---\na␛[2Jb␇ [/red] wörld\nsecond line\n" in output
    assert "saved the model 'long' of step 60" in output
    assert "done after 60 steps" in output
    assert "\x1b" not in output


def test_following_leaves_the_run_alone_and_tells_of_a_pause(
    studio: Command, start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry, steps=LONG)
    start("work")
    begun(registry, run)
    follower = start("jobs", "follow", run.id)
    assert follower.stdout is not None
    follower.stdout.readline()
    assert studio.run("jobs", "pause", run.id).returncode == 0
    while "paused" not in (line := follower.stdout.readline()):
        assert line
    follower.send_signal(signal.SIGINT)
    code, output, errors = finished(follower)
    assert (code, errors) == (130, "")
    assert output.endswith("the job goes on\n")
    assert registry.run(run.id).state == "paused"


def test_what_fails_while_it_is_followed_is_one_line_and_1(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry)
    follower = start("jobs", "follow", run.id)
    start("work", FAKE_FAIL_AT="5")
    code, _, errors = finished(follower)
    assert (code, one_line(errors)) == (1, "non-finite loss at step 5")


def test_a_run_whose_program_is_killed_is_found_by_its_heartbeat(
    start: Callable[..., subprocess.Popen[str]], registry: Registry
) -> None:
    run = add(registry, steps=LONG)
    worker = start("work")
    begun(registry, run)
    follower = start("jobs", "follow", run.id)
    worker.kill()
    worker.wait()
    with registry.database.write() as connection:
        connection.execute("UPDATE runs SET heartbeat = heartbeat - 20")
    code, output, errors = finished(follower)
    assert (code, one_line(errors)) == (1, "the program that ran it has died")
    assert f"studio jobs resume {run.id}" in output or f"--resume {run.id}" in output
