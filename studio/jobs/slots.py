"""The newest of each thing that a run yields, for pages to look at: overwritten, never queued."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Note, Picture, Step, Text

POINTS = 2048
Point = tuple[int, Mapping[str, float]]


class Slots:
    """One run's newest event of each kind. The thread that executes the run writes; any thread may read.

    Every attribute is replaced as a whole, so what a reader holds never changes under it. `version` grows with each
    change: a page that has seen it need not look again.
    """

    def __init__(self, run_id: str = "") -> None:
        self.run_id = run_id
        self.version = 0
        self.phase = ""
        """What the run is waiting for or doing, in a word or two: `loading TensorFlow`, `running`, `saving`."""
        self.step: Step | None = None
        self.texts: Mapping[str, str] = {}
        self.picture: Picture | None = None
        self.checkpoint: Checkpoint | None = None
        self.note: Note | None = None
        self._count = itertools.count(1)
        self._history: list[Point] = []
        self._stride, self._skipped = 1, 0

    @property
    def history(self) -> list[Point]:
        """(step, figures by name), oldest first, thinned out evenly to 2048 at most; the newest is always there."""
        points = self._history[:]
        step = self.step
        if step is not None and (not points or points[-1][0] != step.step):
            points.append((step.step, step.metrics))
        return points

    def begin(self, history: Iterable[Point]) -> None:
        """Take over what an earlier sitting of the run has recorded."""
        for point in history:
            self._add(point)
        self._changed()

    def say(self, phase: str) -> None:
        self.phase = phase
        self._changed()

    def put_step(self, step: Step) -> None:
        if self.step is not None:
            self._add((self.step.step, self.step.metrics))
        self.step = step
        self._changed()

    def put_text(self, text: Text) -> None:
        self.texts = {**self.texts, text.label: text.text}
        self._changed()

    def put_picture(self, picture: Picture) -> None:
        self.picture = picture
        self._changed()

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._changed()

    def put_note(self, note: Note) -> None:
        self.note = note
        self._changed()

    def _add(self, point: Point) -> None:
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self._history.append(point)
        if len(self._history) >= POINTS:
            self._history = self._history[1::2]
            self._stride *= 2

    def _changed(self) -> None:
        self.version = next(self._count)
