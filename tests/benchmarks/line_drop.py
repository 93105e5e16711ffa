"""What a lost line and SIGTERM cost: `python -m tests.benchmarks.line_drop`.

Prints one JSON object. `waiting_cpu` is the part of a core, in percent, that the studio uses after its terminal has
hung up while its only job is paused; its peer is a bare Textual app that ignores SIGHUP. `sigterm` is the median of
the seconds from SIGTERM, amid a training of a text model, to the end of the process, its checkpoint and the terminal's
state included; `hand_over` is the same from the answer to the question at quitting, to the shell's next prompt.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from models.text.recipe import TextRecipe
from studio.config import Paths
from studio.registry import Registry, Run
from tests.studio.command import Command
from tests.terminal.line import Line

DEAF = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("greetings")
Hello().run()
"""
SETTLED = 3.0  # seconds from the hang-up to the begin of the measuring


def busy(pid: int, seconds: float) -> float:
    """The part of a core that a process uses, in percent."""
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / seconds


class Studio:
    """The app with one long training in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.command = Command(home)
        self.registry = Registry(Paths(home))
        recipe = TextRecipe.preset("quick", steps=100_000, seconds=None)
        self.run = self.registry.add_run("text", recipe.model_dump(mode="json"), "long")

    def open(self) -> Line:
        """The app at the far end of a line, once it has trained a while."""
        told = {key: value for key, value in self.command.environment().items() if key != "NO_COLOR"}
        line = Line(self.command.words(), told, 120, 40)
        beginning = self.now().step
        self.wait(line, lambda: self.now().step > beginning + 20)
        return line

    def now(self) -> Run:
        return self.registry.run(self.run.id)

    def wait(self, line: Line, condition: Callable[[], bool]) -> None:
        while not condition():
            line.read(0.05)


def waiting(studio: Studio, seconds: float) -> float:
    """The app's use of a core after a hang-up, its job being paused."""
    with studio.open() as line:
        studio.registry.request(studio.run.id, "pause")
        studio.wait(line, lambda: studio.now().state == "paused")
        line.hang_up()
        time.sleep(SETTLED)
        return busy(line.process.pid, seconds)


def deaf(seconds: float) -> float:
    """The same of the peer."""
    with Line([sys.executable, "-c", DEAF], {"TERM": "xterm-256color"}) as line:
        line.wait(b"greetings")
        line.hang_up()
        time.sleep(SETTLED)
        return busy(line.process.pid, seconds)


def terminated(home: Path) -> float:
    """Seconds from SIGTERM to the end."""
    studio = Studio(home)
    with studio.open() as line:
        began = time.perf_counter()
        line.process.send_signal(signal.SIGTERM)
        code = line.end()
        took = time.perf_counter() - began
    if (code, studio.now().state) != (143, "stopped"):
        raise RuntimeError(f"it ended with {code}, the job {studio.now().state}")
    return took


def handed_over(home: Path) -> float:
    """Seconds from the answer to the end."""
    studio = Studio(home)
    with studio.open() as line:
        line.type(b"q")
        line.wait(b"Keep going")
        began = time.perf_counter()
        line.type(b"k")
        code = line.end()
        took = time.perf_counter() - began
    while studio.now().state == "queued":
        time.sleep(0.1)
    studio.registry.request(studio.run.id, "stop")
    worker = psutil.Process(int(studio.now().owner.split("/")[1]))
    worker.wait()
    if code != 0:
        raise RuntimeError(f"it ended with {code}")
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of measuring the use of a core")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        here, beside = waiting(Studio(home / "waiting"), wanted.seconds), deaf(wanted.seconds)
        ends = [terminated(home / f"ended{number}") for number in range(wanted.rounds)]
        hands = [handed_over(home / f"handed{number}") for number in range(wanted.rounds)]
    figures = {
        "waiting_cpu": round(here, 2),
        "textual_ignoring_sighup_cpu": round(beside, 1),
        "sigterm": round(statistics.median(ends), 2),
        "sigterm_longest": round(max(ends), 2),
        "hand_over": round(statistics.median(hands), 2),
        "load": round(psutil.getloadavg()[0], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
