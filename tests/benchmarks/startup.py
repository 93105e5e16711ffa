"""Time to the first paint of `studio` and to the help of `studio --help`: `python -m tests.benchmarks.startup`.

Prints one JSON object, in seconds, with ratios to two peers measured in turn with them: a Textual app that shows one
word, and Python itself doing nothing. A paint is timed on a pseudo-terminal of 80x24, from the start of the process
to the bytes that hold the last thing painted; every file has been read before (warm). Each figure is a median.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path

HELLO = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Label("greetings")
Hello().run()
"""
WHAT_ARE_YOU, A_VT220 = b"\x1b[c", b"\x1b[?62c"
"""What every terminal is asked, and answers."""
TABS, PAGE = b"Library", b"docs"


def command() -> list[str]:
    """The installed program, or the module where it is not installed beside this Python."""
    script = Path(sys.executable).with_name("studio")
    return [str(script)] if script.exists() else [sys.executable, "-m", "studio"]


def paint(program: Sequence[str], wanted: Sequence[bytes], environment: dict[str, str]) -> list[float]:
    """Seconds until each of `wanted` has been written to a terminal; the program is then ended by the key `q`."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        program, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    written, found = b"", dict.fromkeys(wanted, 0.0)
    try:
        while not all(found.values()):
            if not select.select([ours], [], [], 20)[0]:
                raise TimeoutError(f"{program[0]} painted only {written[-2000:]!r}")
            try:
                read = os.read(ours, 65536)
            except OSError as error:  # the program has ended
                raise RuntimeError(f"{program[0]} ended at once: {written.decode(errors='replace')}") from error
            written += read
            if WHAT_ARE_YOU in read:
                os.write(ours, A_VT220)
            now = time.perf_counter() - began
            found = {text: found[text] or (now if text in written else 0.0) for text in wanted}
        os.write(ours, b"q")
        end = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < end:
            if select.select([ours], [], [], 0.05)[0]:
                try:
                    os.read(ours, 65536)
                except OSError:
                    break
        process.wait(10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return list(found.values())


def duration(program: Sequence[str], environment: dict[str, str]) -> float:
    """Seconds that a program takes from its start to its end."""
    began = time.perf_counter()
    subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure(repeats: int, home: Path) -> dict[str, dict[str, float]]:
    """All figures, the programs in turn, so that a slow spell hits each of them."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "STUDIO_HOME": str(home / "data")}
    environment.pop("TMUX", None)
    studio = command()
    taken: dict[str, list[float]] = {}

    def note(name: str, seconds: float) -> None:
        taken.setdefault(name, []).append(seconds)

    for round_number in range(repeats + 1):
        shutil.rmtree(home / "data", ignore_errors=True)
        tabs, page = paint(studio, [TABS, PAGE], environment)
        (hello,) = paint([sys.executable, "-c", HELLO], [b"greetings"], environment)
        shown = duration([*studio, "--help"], environment)
        python = duration([sys.executable, "-c", "pass"], environment)
        if round_number:  # the first round warms the files
            for name, seconds in (
                ("studio first paint", tabs), ("studio page painted", page), ("textual hello", hello),
                ("studio --help", shown), ("python", python),
            ):  # fmt: skip
                note(name, seconds)
    return {
        name: {
            "median": round(statistics.median(seconds), 3),
            "best": round(min(seconds), 3),
            "worst": round(max(seconds), 3),
        }
        for name, seconds in taken.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.repeats, Path(folder))
    medians = {name: figures["median"] for name, figures in found.items()}
    ratios = {
        "studio first paint / textual hello": round(medians["studio first paint"] / medians["textual hello"], 2),
        "studio first paint / python": round(medians["studio first paint"] / medians["python"], 1),
        "studio --help / python": round(medians["studio --help"] / medians["python"], 1),
    }
    bars = {"studio first paint": 0.5, "studio --help": 0.4}
    met = {name: medians[name] <= bar for name, bar in bars.items()}
    print(json.dumps({"benchmark": "startup", "seconds": found, "ratios": ratios, "bars": bars, "met": met}))


if __name__ == "__main__":
    main()
