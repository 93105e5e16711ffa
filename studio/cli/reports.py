"""How a run is reported: a bar on a terminal, lines elsewhere, or JSON events."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from studio.cli.output import emit, say, visible_text
from studio.figures import clock, loss, rate

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Note, Picture, Step

EVERY = 5.0  # seconds between two lines about progress
OBVIOUS = ("running", "done", "stopped", "failed")  # what other lines say better
SHORT = {
    "loss": "loss",
    "val_loss": "held out",
    "generator_loss": "generator",
    "discriminator_loss": "discriminator",
    "diversity": "diversity",
    "frechet": "Fréchet",
}


class Report(Protocol):
    """What is told of a run, newest first: a report may leave out what has been overtaken."""

    def phase(self, text: str) -> None: ...
    def remark(self, text: str) -> None: ...
    def step(self, step: Step) -> None: ...
    def text(self, label: str, text: str) -> None: ...
    def picture(self, picture: Picture) -> None: ...
    def snapshot(self, checkpoint: Checkpoint) -> None: ...
    def note(self, note: Note) -> None: ...
    def close(self) -> None: ...


class JsonReport:
    """One JSON object a line for each event."""

    def phase(self, text: str) -> None:
        """What the run waits for is for people."""

    def remark(self, text: str) -> None:
        """So is what the program says of itself."""

    def step(self, step: Step) -> None:
        emit(
            "step",
            step=step.step,
            total=step.total,
            epoch=step.epoch,
            seconds=step.seconds,
            rate=step.rate,
            unit=step.unit,
            remaining=step.remaining,
            metrics=step.metrics,
        )

    def text(self, label: str, text: str) -> None:
        emit("text", label=label, text=text)

    def picture(self, picture: Picture) -> None:
        height, width = picture.pixels.shape[:2]
        emit("picture", label=picture.label, width=width, height=height)

    def snapshot(self, checkpoint: Checkpoint) -> None:
        emit("snapshot", step=checkpoint.meta.get("step"), metrics=checkpoint.meta.get("metrics", {}))

    def note(self, note: Note) -> None:
        emit("note", level=note.level, text=note.text)

    def close(self) -> None:
        """Nothing is open."""


class LineReport:
    """Plain lines: progress every few seconds, texts and notes as they come."""

    def __init__(self) -> None:
        self._last = 0.0
        self._untold: Step | None = None

    def phase(self, text: str) -> None:
        if text not in OBVIOUS:
            say(text)

    def remark(self, text: str) -> None:
        say(text)

    def step(self, step: Step) -> None:
        self._untold = step
        if time.monotonic() - self._last >= EVERY:
            self._tell()

    def _tell(self) -> None:
        if self._untold is not None:
            say(progress_line(self._untold))
        self._untold, self._last = None, time.monotonic()

    def text(self, label: str, text: str) -> None:
        print(f"--- {visible_text(label)} ---\n{visible_text(text)}", flush=True)

    def picture(self, picture: Picture) -> None:
        """Only one that is kept is worth a line."""
        if not picture.keep:
            return
        height, width = picture.pixels.shape[:2]
        say(f"picture {picture.label} ({width}x{height})")

    def snapshot(self, checkpoint: Checkpoint) -> None:
        """Not worth a line."""

    def note(self, note: Note) -> None:
        say(f"{note.level}: {note.text}" if note.level != "info" else note.text)

    def close(self) -> None:
        self._tell()


class BarReport:
    """A progress bar that stays at the bottom of the terminal; texts and notes scroll above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[figures]}", markup=False),
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=None, figures="")
        self._bar.start()

    def phase(self, text: str) -> None:
        self._bar.update(self._task, description=text, refresh=True)

    def remark(self, text: str) -> None:
        self._print(text)

    def step(self, step: Step) -> None:
        done = fraction(step)
        self._bar.update(self._task, total=None if done is None else 1.0, completed=done or 0.0, figures=figures(step))
        self._bar.refresh()

    def text(self, label: str, text: str) -> None:
        self._print(label, style="bold")
        self._print(text + "\n")

    def picture(self, picture: Picture) -> None:
        if not picture.keep:
            return
        height, width = picture.pixels.shape[:2]
        self._print(f"picture {picture.label} ({width}x{height})")

    def snapshot(self, checkpoint: Checkpoint) -> None:
        """Not worth a line."""

    def note(self, note: Note) -> None:
        self._print(note.text, style="yellow" if note.level == "warning" else "")

    def _print(self, text: str, style: str = "") -> None:
        from rich.text import Text

        self._bar.print(Text(visible_text(text), style=style))

    def close(self) -> None:
        self._bar.stop()


def report(*, json: bool) -> Report:
    """The report for where stdout goes."""
    import os

    if json:
        return JsonReport()
    return BarReport() if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" else LineReport()


def fraction(step: Step) -> float | None:
    """How much of a run is done, 0..1; None if no end is set."""
    if step.remaining is not None and step.seconds + step.remaining > 0:
        return step.seconds / (step.seconds + step.remaining)
    return min(1.0, step.step / step.total) if step.total else None


def figures(step: Step) -> str:
    """`loss 1.712  held out 1.602  18.2 step/s  1:20 left`."""
    parts = [f"{short} {loss(step.metrics[name])}" for name, short in SHORT.items() if name in step.metrics]
    if step.rate > 0:
        parts.append(rate(step.rate, step.unit))
    if step.remaining is not None:
        parts.append(f"{clock(step.remaining)} left")
    return "  ".join(parts)


def progress_line(step: Step) -> str:
    """One line about how far a run is."""
    total = f"/{step.total}" if step.total else ""
    epoch = f"  epoch {step.epoch:.2f}" if step.epoch else ""
    return f"step {step.step}{total}{epoch}  {figures(step)}"
