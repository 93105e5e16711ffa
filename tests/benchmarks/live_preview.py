"""What a live picture costs: `python -m tests.benchmarks.live_preview`.

An app in a process of its own shows 5 new pictures a second on 60x30 cells for a while, in each of the ways, on a
pseudo-terminal that takes everything. Measured: how late the event loop is (a task that wants to wake every 10 ms),
frames that were drawn, and bytes a frame. The peer is the same app with nothing to show. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.terminal.line import Line

RATE = 5.0
PERIOD = 0.01
BARS = {"lateness p95 ms": 30.0, "32x16 half-block frame bytes": 25_000}


def child(way: str, seconds: float, report: Path) -> None:
    """The app that is measured: reports its lateness, in seconds, and how many pictures it has drawn."""
    import numpy as np
    from textual.app import ComposeResult

    from models.vision.sources import open_source
    from studio import theme
    from studio.pictures import Means
    from studio.showing import PicturingApp
    from studio.widgets.picture import PictureView

    pixels = open_source("chelsea", side=400).pixels[:260, :260]
    late: list[float] = []
    drawn: list[object] = []

    class Live(PicturingApp):
        def get_css_variables(self) -> dict[str, str]:
            return theme.with_accents(super().get_css_variables())

        def compose(self) -> ComposeResult:
            yield PictureView()

        def on_mount(self) -> None:
            self.frame = 0
            if way != "nothing":
                self.set_interval(1 / RATE, self.next)
            self.run_worker(self.watch())

        def next(self) -> None:
            self.frame += 1
            self.query_one(PictureView).show(np.roll(pixels, self.frame * 7, 1), "live")

        async def watch(self) -> None:
            await asyncio.sleep(1.0)
            end = time.perf_counter() + seconds
            while (before := time.perf_counter()) < end:
                await asyncio.sleep(PERIOD)
                late.append(time.perf_counter() - before - PERIOD)
                if (now := self.query_one(PictureView)._painted) is not (drawn[-1] if drawn else None):
                    drawn.append(now)
            self.exit()

    Live(Means(way if way != "nothing" else "half", (8, 16))).run()  # type: ignore[arg-type]
    report.write_text(json.dumps({"late": late, "frames": len(drawn)}))


def measure(way: str, seconds: float, columns: int = 60, rows: int = 31) -> dict[str, Any]:
    """One way: lateness in milliseconds, frames a second, bytes a frame."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = [sys.executable, "-m", __spec__.name if __spec__ else "", "--child", way, str(seconds),
                 str(report)]  # fmt: skip
        environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": os.getcwd()}  # noqa: PTH109
        with Line(words, environment, columns, rows) as line:
            line.end(seconds + 30)
            written = line.written
        told = json.loads(report.read_text())
    late, frames = sorted(told["late"]), told["frames"]
    return {
        "lateness p50 ms": round(1000 * statistics.median(late), 2),
        "lateness p95 ms": round(1000 * late[int(len(late) * 0.95)], 2),
        "lateness worst ms": round(1000 * late[-1], 2),
        "frames a second": round(frames / seconds, 2),
        "bytes a frame": int(len(written) / max(1.0, frames * (seconds + 1) / seconds)),
    }


def smallest_frame() -> int:
    """Bytes of one half-block frame of 32x16 cells that no two cells of are alike."""
    import numpy as np
    from rich.console import Console
    from textual.strip import Strip

    from studio.widgets.picture.half import half_blocks

    pixels = np.random.default_rng(1).integers(100, 256, (32, 32, 3)).astype(np.uint8)
    console = Console(color_system="truecolor", force_terminal=True)
    return sum(len(Strip(line).render(console).encode()) for line in half_blocks(pixels, 32, 16))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        way, seconds, report = options.child
        child(way, float(seconds), Path(report))
        return
    found = {way: measure(way, options.seconds) for way in ("nothing", "half", "sixel", "kitty")}
    frame = smallest_frame()
    met = {
        "lateness": all(found[way]["lateness p95 ms"] <= BARS["lateness p95 ms"] for way in ("half", "sixel", "kitty")),
        "frame": frame <= BARS["32x16 half-block frame bytes"],
    }
    print(json.dumps({"benchmark": "live_preview", "ways": found, "32x16 half-block frame bytes": frame,
                      "bars": BARS, "met": met}))  # fmt: skip


if __name__ == "__main__":
    main()
