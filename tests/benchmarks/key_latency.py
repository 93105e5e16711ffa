"""Time from a key to the screen, through tmux: `python -m tests.benchmarks.key_latency`.

Prints one JSON object, in milliseconds (p50 and p95), for letters typed into the filter of the Library and for
switching between two pages: idle, while a training in the same process uses all cores, and while one in another
process does. Peers, measured the same way on the same line: a bare Textual Input, alone and beside that other process,
and a program that just echoes (what tmux and this script cost). The bar: 50 ms at p95 while a training runs.

A tmux client in control mode presses the keys and is told of every byte the program writes, as it writes it. Each
letter is one that was not on the screen before, so what is seen is the answer to that key.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.config import Paths
from studio.registry import Registry
from tests.benchmarks.startup import command
from tests.support import tiny_checkpoint
from tests.terminal.tmux import Tmux

LETTERS = [chr(code) for code in range(0x0410, 0x0450)]
ECHO = "import sys, tty\ntty.setraw(0)\nprint('ready')\nwhile c := sys.stdin.read(1): print(c, end='', flush=True)"
INPUT = """
from textual.app import App
from textual.widgets import Input
class Bare(App):
    def compose(self):
        yield Input("ready")
Bare().run()
"""
PAGES = (("2", "Preset"), ("4", "filters by name"))
BAR = 50.0
CUT = b"\n%output %0 "  # where tmux cut what the program wrote in two, perhaps in the middle of a letter


class Watcher:
    """A control-mode client of a terminal: presses keys and sees what the program writes."""

    def __init__(self, terminal: Tmux) -> None:
        self._client = subprocess.Popen(
            terminal.client("-C", "attach-session", "-t", "s"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._read(0.5)

    def _read(self, seconds: float) -> bytes:
        """What comes within so many seconds, at once when something has come."""
        assert self._client.stdout is not None
        if not select.select([self._client.stdout], [], [], seconds)[0]:
            return b""
        return os.read(self._client.stdout.fileno(), 1 << 16)

    def quiet(self) -> None:
        """Read away what has come so far."""
        while self._read(0.0):
            pass

    def press(self, keys: str, wanted: str, seconds: float = 10.0) -> float:
        """Press keys (`-l x` for the letter x) and return the milliseconds until `wanted` is written."""
        assert self._client.stdin is not None
        self.quiet()
        expected, seen = wanted.encode(), b""
        began = time.perf_counter()
        self._client.stdin.write(f"send-keys -t s {keys}\n".encode())
        self._client.stdin.flush()
        while expected not in seen:
            left = seconds - (time.perf_counter() - began)
            if left <= 0:
                raise TimeoutError(f"{wanted!r} was not shown after {keys}")
            seen = (seen[-20_000:] + self._read(left)).replace(CUT, b"")
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        self._client.kill()
        self._client.wait()


def typing(watcher: Watcher, count: int) -> list[float]:
    """Type letters at a human pace, and clear the line when it is long."""
    taken = []
    for number in range(count):
        if number % 24 == 0:
            watcher.press("C-e", "", 1)
            watcher.press("C-u", "", 1)
            time.sleep(0.3)
        letter = LETTERS[number % 24 + 24 * (number // 24 % 2)]
        taken.append(watcher.press(f"-l {letter}", letter))
        time.sleep(random.uniform(0.05, 0.2))
    return taken


def switching(watcher: Watcher, count: int) -> list[float]:
    """Go from one page to the other and back."""
    taken = []
    for number in range(count):
        key, wanted = PAGES[number % 2]
        taken.append(watcher.press(key, wanted))
        time.sleep(random.uniform(0.1, 0.3))
    return taken[2:]


def summed_up(milliseconds: list[float]) -> dict[str, float]:
    """The middle, the 95th percentile and the longest."""
    ordered = sorted(milliseconds)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "max": round(ordered[-1], 1),
        "keys": len(ordered),
    }


@contextmanager
def running(program: list[str], environment: dict[str, str], ready: str) -> Iterator[tuple[Tmux, Watcher]]:
    """A program in a terminal, and a watcher of it."""
    with Tmux() as terminal:
        terminal.start(program, environment)
        terminal.wait(ready)
        watcher = Watcher(terminal)
        try:
            yield terminal, watcher
        finally:
            watcher.close()


@contextmanager
def training(home: Path) -> Iterator[None]:
    """A training in a process of its own, on all cores, that has made its first steps."""
    process = subprocess.Popen(
        [*command(), "train", "text", "--seconds", "3000", "--sample-length", "0"],
        env={**os.environ, "STUDIO_HOME": str(home)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        steps(home)
        yield
    finally:
        process.terminate()
        process.wait()


def steps(home: Path) -> None:
    """Wait until the newest run has made steps and a model, which the Library shows."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        registry = Registry(Paths(home))
        runs, models = registry.runs("running"), registry.models()
        registry.close()
        if runs and runs[0].step >= 10 and models:
            return
        time.sleep(0.5)
    raise TimeoutError("no training has begun")


def studio_keys(watcher: Watcher, count: int) -> dict[str, dict[str, float]]:
    """Both kinds of key, from any page."""
    pages = switching(watcher, count // 2 + 2)
    watcher.press("4", "", 1)
    time.sleep(1)
    watcher.press("/", "", 1)
    time.sleep(1)
    letters = typing(watcher, count)
    watcher.press("C-u", "", 1)
    watcher.press("Escape", "", 1)
    time.sleep(0.5)
    return {"letter": summed_up(letters), "page": summed_up(pages)}


def measure(count: int, folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Everything, one after the other."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    home = folder / "data"
    registry = Registry(Paths(home))
    registry.save_model(tiny_checkpoint(), name="model")
    registry.close()
    environment = {"STUDIO_HOME": str(home)}
    with running([sys.executable, "-c", ECHO], {}, "ready") as (_, watcher):
        found["echo"] = {"letter": summed_up(typing(watcher, count))}
    with running([sys.executable, "-c", INPUT], {}, "ready") as (_, watcher):
        found["textual input"] = {"letter": summed_up(typing(watcher, count))}
    with running(command(), environment, "Library") as (_, watcher):
        time.sleep(3)
        found["studio idle"] = studio_keys(watcher, count)
    with training(folder / "other"):
        with running([sys.executable, "-c", INPUT], {}, "ready") as (_, watcher):
            found["textual input, training elsewhere"] = {"letter": summed_up(typing(watcher, count))}
        with running(command(), environment, "Library") as (_, watcher):
            time.sleep(3)
            found["studio, training elsewhere"] = studio_keys(watcher, count)
    with running(
        command(), {"STUDIO_HOME": str(folder / "fresh"), "STUDIO_STARTERS": "no"}, "train on python-docs"
    ) as (terminal, watcher):
        terminal.keys("Enter")
        steps(folder / "fresh")
        found["studio, training in it"] = studio_keys(watcher, count)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=120)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.keys, Path(folder))
    worst = found["studio, training in it"]["letter"]["p95"]
    peer = found["textual input, training elsewhere"]["letter"]["p95"]
    print(
        json.dumps(
            {
                "benchmark": "key latency",
                "milliseconds": found,
                "ratios": {"studio training / bare Textual beside a training (p95)": round(worst / peer, 2)},
                "bars": {"letter p95 while a training runs": BAR},
                "met": worst <= BAR,
            }
        )
    )


if __name__ == "__main__":
    main()
