"""The line drops, or a signal comes, while the app trains: nothing is lost, nothing spins, and the terminal is left
as it was."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable

import psutil
import pytest

from models.text.recipe import TextRecipe
from studio.registry import Registry, Run
from tests.studio.command import Command
from tests.terminal.conftest import Open
from tests.terminal.line import Line
from tests.terminal.tmux import needs_tmux

LONG = 1_000_000
SLOW = {"FAKE_PAUSE": "0.05"}


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def add(registry: Registry, steps: int = LONG) -> Run:
    """A run in the queue, which the app takes."""
    return registry.add_run("text", TextRecipe.preset(steps=steps).model_dump(mode="json"), "long")


def opened(fake: Command, *arguments: str, **environment: str) -> Line:
    """The app, or a command, at the far end of a line."""
    told = {key: value for key, value in fake.environment(**SLOW | environment).items() if key != "NO_COLOR"}
    return Line(fake.words(*arguments), told, 100, 30)


def trains(line: Line, registry: Registry, run: Run, step: int = 5) -> None:
    """Wait until the run has come to a step, reading what the app draws meanwhile."""

    def come() -> bool:
        line.read(0.05)
        return registry.run(run.id).step >= step

    until(come)


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process whose terminal no one reads."""
    return process.wait(60)


def test_a_run_whose_terminal_goes_away_goes_on_to_its_end_in_the_same_process_u5(
    fake: Command, registry: Registry
) -> None:
    run = add(registry, 80)
    with opened(fake) as line:
        trains(line, registry, run)
        line.hang_up()
        until(lambda: registry.run(run.id).step > 40)
        assert registry.run(run.id).owner.split("/")[1] == str(line.process.pid)
        assert ended(line.process) == 128 + signal.SIGHUP
    done = registry.run(run.id)
    assert (done.state, done.step, done.error) == ("done", 80, "")
    assert registry.model("long").step == 80
    assert "Traceback" not in registry.paths.log.read_text()


def test_an_orphan_that_waits_does_not_spin_and_can_be_reached_u5(fake: Command, registry: Registry) -> None:
    run = add(registry)
    with opened(fake) as line:
        trains(line, registry, run)
        registry.request(run.id, "pause")
        until(lambda: line.read(0.05) and registry.run(run.id).state == "paused")
        line.hang_up()
        time.sleep(3.0)  # the screen ends meanwhile
        process = psutil.Process(line.process.pid)
        before = process.cpu_times()
        time.sleep(5.0)
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.15
        registry.request(run.id, "resume")
        until(lambda: registry.run(run.id).state == "running")
        registry.request(run.id, "stop")
        assert ended(line.process) == 128 + signal.SIGHUP
    assert registry.run(run.id).state == "stopped"


def test_a_run_whose_terminal_goes_away_is_stopped_and_kept_where_that_is_set_u5(
    fake: Command, registry: Registry
) -> None:
    run = add(registry)
    with opened(fake, STUDIO_ON_DISCONNECT="stop") as line:
        trains(line, registry, run)
        line.hang_up()
        assert ended(line.process) == 128 + signal.SIGHUP
    stopped = registry.run(run.id)
    assert (stopped.state, stopped.has_checkpoint) == ("stopped", True)
    assert registry.model("long").step == stopped.step


def test_a_lost_terminal_ends_an_app_in_which_nothing_runs(fake: Command) -> None:
    with opened(fake) as line:
        line.wait(b"Library")
        line.hang_up()
        assert ended(line.process) == 128 + signal.SIGHUP


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_and_keeps_and_gives_the_terminal_back(
    fake: Command, registry: Registry, number: signal.Signals, code: int
) -> None:
    run = add(registry)
    with opened(fake) as line:
        trains(line, registry, run)
        line.process.send_signal(number)
        assert line.end() == code
        last = line.written.rpartition(b"\x1b[?1049h")[2]
        assert all(word in last for word in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[<u"))
    stopped = registry.run(run.id)
    assert (stopped.state, stopped.has_checkpoint) == ("stopped", True)


def test_a_run_that_does_not_answer_does_not_hold_up_the_end(fake: Command, registry: Registry) -> None:
    run = add(registry)
    with opened(fake, FAKE_DEAF="1") as line:
        trains(line, registry, run, 1)
        line.process.send_signal(signal.SIGTERM)
        assert line.end() == 143
        assert b"\x1b[?1049l" in line.written
    left = registry.run(run.id)
    assert (left.state, left.error) == ("interrupted", "the program was ended")


def test_a_line_that_takes_nothing_more_does_not_hold_up_the_end(fake: Command, registry: Registry) -> None:
    run = add(registry)
    with opened(fake, FAKE_PAUSE="0.01") as line:
        trains(line, registry, run)
        line.type(b"3")
        until(lambda: registry.run(run.id).step > 500)  # far more has been drawn than fits into the line
        line.process.send_signal(signal.SIGTERM)
        assert ended(line.process) == 143
    assert registry.run(run.id).state == "stopped"


def test_a_command_goes_on_without_its_terminal(fake: Command, registry: Registry) -> None:
    with opened(fake, "train", "text", "--steps", "80") as line:
        line.wait(b"\xe2\x94\x81.*second line")
        line.hang_up()
        assert ended(line.process) == 0
    (run,) = registry.runs()
    assert (run.state, run.step) == ("done", 80)
    assert registry.models()[0].step == 80


@needs_tmux()
def test_a_tmux_server_that_is_killed_ends_the_screen_and_not_the_run(
    fake: Command, registry: Registry, open_terminal: Open
) -> None:
    run = add(registry, 100)
    terminal = open_terminal(fake, **SLOW)
    until(lambda: registry.run(run.id).step > 5)
    pid = int(registry.run(run.id).owner.split("/")[1])
    terminal.tmux("kill-server")
    until(lambda: registry.run(run.id).state == "done")
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@needs_tmux()
def test_another_line_shows_the_run_that_lost_its_own_and_pauses_resumes_and_stops_it(
    fake: Command, registry: Registry, open_terminal: Open
) -> None:
    run = add(registry)
    with opened(fake) as line:
        trains(line, registry, run)
        line.hang_up()
        terminal = open_terminal(fake, columns=140, rows=40)
        terminal.wait(r"1 Text .*3 Jobs")
        terminal.keys("3")
        shown = terminal.wait(r"● running +long")
        assert int(registry.run(run.id).owner.split("/")[1]) == line.process.pid
        assert "step" in shown
        terminal.wait(r"[⠁-⣿]|[▀-▟]")  # the curve
        terminal.wait(r"T=0\.5")
        terminal.wait(r"second line")
        terminal.wait(r"started on CPU:0")
        terminal.keys("Space")
        terminal.wait(r"‖ paused +long")
        assert registry.run(run.id).state == "paused"
        held = registry.run(run.id).step
        terminal.keys("Space")
        terminal.wait(r"● running +long")
        until(lambda: registry.run(run.id).step > held)
        terminal.keys("s")
        terminal.wait(r"■ stopped +long")
        assert ended(line.process) == 128 + signal.SIGHUP
        terminal.keys("q")
        assert terminal.exit_status() == 0


def test_quitting_can_hand_the_job_to_a_process_without_a_screen(fake: Command, registry: Registry) -> None:
    run = add(registry, 120)
    with opened(fake) as line:
        trains(line, registry, run)
        line.type(b"q")
        line.wait(b"Keep going without a screen")
        line.type(b"k")
        assert line.end() == 0
        told = re.search(rb"the job goes on without a screen, in process (\d+); to look: studio jobs follow (\w+)",
                         line.written.rpartition(b"\x1b[?1049l")[2])  # fmt: skip
        assert told is not None
        assert told[2].decode() == run.id
        left_at = registry.run(run.id).step
        until(lambda: registry.run(run.id).owner.split("/")[1:2] == [told[1].decode()])
    until(lambda: registry.run(run.id).state == "done")
    assert 5 <= left_at < registry.run(run.id).step == 120
    assert [step for step, _ in registry.metrics(run.id)] == list(range(1, 121))
    pid = int(told[1])
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
