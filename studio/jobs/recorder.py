"""Tells the registry how a run gets on, and the run what the registry is asked: from a thread of its own, so that a
training step never waits for a disk, and a long step never looks like death."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from models.errors import UserError
from studio.jobs.control import Control
from studio.registry import Registry

if TYPE_CHECKING:
    from models.events import Picture, Step

INTERVAL = 0.5  # seconds between two looks at the registry
BEAT = 3.0  # seconds between two signs of life at most
PREVIEW = 2.0  # seconds between two previews for other processes
SIDE = 256  # pixels of their longer side
ROWS = 4000  # rows of metrics that are kept of a run's first stretch; later ones thin out


class Recorder(threading.Thread):
    """Writes steps, texts and a heartbeat of one executed run, twice a second at most, and reads its requests."""

    def __init__(
        self, registry: Registry, run_id: str, owner: str, control: Control, say: Callable[[str], None]
    ) -> None:
        super().__init__(name=f"recorder of {run_id}", daemon=True)
        self._registry, self._run_id, self._owner, self._control, self._say = registry, run_id, owner, control, say
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._rows: list[tuple[int, Mapping[str, float]]] = []
        self._texts: dict[str, str] = {}
        self._columns: dict[str, Any] = {}
        self._newest: Step | None = None
        self._kept: tuple[float, Mapping[str, float]] | None = None
        self._beaten = time.monotonic()
        self._failing = False
        self._picture: Picture | None = None
        self._shown = float("-inf")

    def put_step(self, step: Step) -> None:
        """Note a step: its figures, if they are worth a row in the history, and how far the run is."""
        with self._lock:
            self._newest = step
            if self._is_worth_a_row(step):
                self._add_row(step)
            self._columns |= {
                "step": int(step.step),
                "total": None if step.total is None else int(step.total),
                "epoch": float(step.epoch),
                "seconds": float(step.seconds),
                "metrics": plain(step.metrics),
                "rate": float(step.rate),
                "unit": step.unit,
                "remaining": None if step.remaining is None else float(step.remaining),
            }

    def put_text(self, label: str, text: str) -> None:
        with self._lock:
            self._texts[label] = text

    def put_picture(self, picture: Picture) -> None:
        with self._lock:
            self._picture = picture

    def put(self, **columns: Any) -> None:
        """Note columns of the run, such as its `note`."""
        with self._lock:
            self._columns |= columns

    def _add_row(self, step: Step) -> None:
        self._rows.append((int(step.step), plain(step.metrics)))
        self._kept = (step.seconds, step.metrics)

    def _is_worth_a_row(self, step: Step) -> bool:
        """All steps at first, then ever fewer: n seconds of work give about 4000 (1 + ln(n / 200)) rows at 20 steps a
        second. A new validation, or a figure that stops being finite, is never left out."""
        if self._kept is None:
            return True
        seconds, figures = self._kept
        rare = {name for name in step.metrics if name.startswith("val_") or not math.isfinite(step.metrics[name])}
        if any(
            figures.get(name) != step.metrics[name] and not both_nan(figures.get(name), step.metrics[name])
            for name in rare
        ):
            return True
        return step.seconds - seconds >= step.seconds / ROWS

    def run(self) -> None:
        while not self._closing.wait(INTERVAL):
            self.flush()

    def flush(self) -> None:
        """Write what there is to write, and ask what is wanted. A registry that cannot be written now is told once."""
        with self._lock:
            rows, texts, columns = self._rows, self._texts, self._columns
            self._rows, self._texts, self._columns = [], {}, {}
        try:
            if rows or texts or columns or time.monotonic() - self._beaten >= BEAT:
                own = self._registry.add_progress(self._run_id, self._owner, columns, rows, texts)
                self._beaten = time.monotonic()
            self._show()
            own, request = self._registry.standing(self._run_id, self._owner)
            if request is not None:
                self._registry.answer(self._run_id, request)
                self._control.ask(request)
            if not own:
                self._control.ask("lost")
            self._failing = False
        except UserError as error:
            with self._lock:
                self._rows = rows + self._rows
                self._texts = texts | self._texts
                self._columns = columns | self._columns
            if not self._failing:
                self._say(f"{error}; the run goes on")
            self._failing = True

    def _show(self) -> None:
        """Keep a small copy of the newest picture, now and then, for those who look from other processes."""
        with self._lock:
            picture, due = self._picture, self._closing.is_set() or time.monotonic() - self._shown >= PREVIEW
            if picture is None or not due:
                return
            self._picture = None
        from models.vision import pictures

        self._registry.put_preview(self._run_id, pictures.encode(pictures.fit(picture.pixels, SIDE), "png"))
        self._shown = time.monotonic()

    def close(self) -> None:
        """Write the rest, the newest step included, and end the thread."""
        self._closing.set()
        if self.is_alive():
            self.join()
        with self._lock:
            newest = self._newest
            if newest is not None and self._kept is not None and self._kept != (newest.seconds, newest.metrics):
                self._add_row(newest)
        self.flush()


def plain(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures as Python's own floats: NumPy's would not go into JSON."""
    return {name: float(value) for name, value in figures.items()}


def both_nan(one: float | None, other: float) -> bool:
    return one is not None and math.isnan(one) and math.isnan(other)
