"""Keys on a slow line while a picture is live: `python -m tests.benchmarks.slow_line`.

An app in a process of its own shows 5 new pictures a second on 100x29 cells, in each of the ways, on a pseudo-terminal
that takes 150 KB a second. Measured at the far end of the line: milliseconds from a key to its answer, how many of the
pictures were drawn, and after the key that quits, the bytes that still come. The peer is the same app on a terminal
that answers no questions, so that it waits only until the kernel takes no more. Last, F1 in `studio` itself while a
dream is live. Prints one JSON object. The bar: 300 ms for every key.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from models.dream.recipe import DreamRecipe
from studio.config import Paths
from studio.registry import Registry
from tests.terminal.slow import RATE, SlowLine

BAR = 300.0
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZ"


def summed_up(seconds: list[float]) -> dict[str, float]:
    """The middle, the 95th percentile and the longest, in milliseconds."""
    ordered = sorted(1000 * each for each in seconds)
    return {
        "p50 ms": round(ordered[len(ordered) // 2], 1),
        "p95 ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "max ms": round(ordered[-1], 1),
    }


def live(way: str, keys: int, *, answers: bool) -> dict[str, Any]:
    """One way of pictures."""
    words = [sys.executable, "-m", "tests.terminal.live_app", way]
    with SlowLine(words, TERMINAL, answers=answers) as line:
        line.until(b"ready")
        time.sleep(3)
        taken = []
        for number in range(keys):
            time.sleep(random.uniform(0.2, 0.6))
            letter = LETTERS[number % len(LETTERS)]
            taken.append(line.press(letter.encode(), f"<{letter}>".encode())[1])
        before = len(line.taken)
        line.type(b"q")
        line.left_after_end(60)
        drawn = re.search(rb"drawn (\d+) of (\d+)", bytes(line.taken[before:]))
    found: dict[str, Any] = {**summed_up(taken), "bytes after q": len(line.taken) - before}
    return found if drawn is None else found | {"drawn": int(drawn[1]), "of": int(drawn[2])}


def studio(way: str, keys: int) -> dict[str, float]:
    """F1 in the studio, while a dream is live."""
    with tempfile.TemporaryDirectory() as home:
        registry = Registry(Paths(Path(home)))
        recipe = DreamRecipe.preset(None, content="coffee", steps=10_000)
        registry.add_run("dream", recipe.model_dump(mode="json"), "long")
        registry.close()
        environment = {**TERMINAL, "STUDIO_HOME": home, "STUDIO_STARTERS": "no"}
        with SlowLine([sys.executable, "-m", "studio", f"--images={way}"], environment) as line:
            line.until(b"python-docs")
            line.press(b"5", b"Dream")
            end = time.monotonic() + 90
            while len(line.taken) < 600_000:  # by then pictures come
                assert time.monotonic() < end, "no picture is live"
                time.sleep(0.5)
            taken = []
            for _ in range(keys):
                time.sleep(random.uniform(0.4, 0.8))
                taken.append(line.press(b"\x1bOP", b"A network looks")[1])
                time.sleep(0.5)
                line.type(b"\x1b")
            return summed_up(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=40)
    keys = parser.parse_args().keys
    ways = ("half", "sixel", "kitty")
    found = {way: live(way, keys, answers=True) for way in ways}
    peer = {way: live(way, keys, answers=False) for way in ways}
    real = {way: studio(way, max(3, keys // 5)) for way in ("half", "sixel")}
    worst = max(each["max ms"] for each in (*found.values(), *real.values()))
    print(
        json.dumps(
            {
                "benchmark": "slow line",
                "bytes a second": RATE,
                "asking the terminal": found,
                "a terminal that answers nothing": peer,
                "F1 in the studio beside a dream": real,
                "bars": {"every key, ms": BAR},
                "met": worst <= BAR,
            }
        )
    )


if __name__ == "__main__":
    main()
