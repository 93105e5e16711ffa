"""Pictures made ready for the screen, on one thread for all views: a newer wish of a view replaces an older one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.widgets.picture import kitty
from studio.widgets.picture.half import half_blocks, scaled
from studio.widgets.picture.layout import laid_out
from studio.widgets.picture.looking import Look
from studio.widgets.picture.sixel import sixels

if TYPE_CHECKING:
    from studio.pictures import Means, Way
    from studio.widgets.picture.half import Line, Pixels

SIXEL_BYTES = 1.0
"""Bytes that a pixel takes, at most."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture as `way` shows it on `columns` x `rows` cells: `lines` of text, and what is sent beside them, in parts:
    the row of cells where a part begins, and the part.

    `number` is the terminal's own for a Kitty picture, else 0.
    """

    way: Way
    columns: int
    rows: int
    lines: list[Line] = field(default_factory=list)
    parts: list[tuple[int, str]] = field(default_factory=list)
    number: int = 0

    @property
    def sent(self) -> str:
        """All parts."""
        return "".join(part for _, part in self.parts)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.columns, self.rows


def painted(
    pixels: Pixels, room: tuple[int, int], means: Means, look: Look | None = None, portion: int | None = None
) -> Painted:
    """`pixels`, uint8 (height, width, 3), made ready for `room` (columns, rows), in parts of about `portion` bytes."""
    height, width = pixels.shape[:2]
    if means.way == "kitty":
        room = room[0], min(room[1], kitty.MOST_ROWS)
    look = look or Look()
    found = laid_out((width, height), room, means.cell, look.zoom, look.centre)
    part = pixels[found.top : found.top + found.height, found.left : found.left + found.width]
    columns, rows = found.columns, found.rows
    if means.way == "half":
        return Painted("half", columns, rows, half_blocks(part, columns, rows))
    wide, high = columns * means.cell[0], rows * means.cell[1]
    if means.way == "sixel":
        shown = scaled(part, wide, high)
        high = rows if portion is None else max(1, min(rows, int(portion / (SIXEL_BYTES * wide * means.cell[1]))))
        cuts = range(0, rows, high)
        parts = [(cut, sixels(shown[cut * means.cell[1] : (cut + high) * means.cell[1]])) for cut in cuts]
        return Painted("sixel", columns, rows, parts=parts)
    if means.way == "kitty":
        number = kitty.next_number()
        small = scaled(part, wide, high) if found.width > wide and found.height > high else part
        lines = kitty.placeholders(number, columns, rows)
        messages = kitty.sent(small, number, columns, rows)
        many = len(messages) if portion is None else max(1, portion // kitty.CHUNK)
        parts = [(0, "".join(messages[at : at + many])) for at in range(0, len(messages), many)]
        return Painted("kitty", columns, rows, lines, parts, number)
    return Painted("off", columns, rows)


class Painter:
    """Does jobs on a thread of its own, the newest of each asker; it starts with the first job."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: dict[Hashable, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None

    def ask(self, asker: Hashable, job: Callable[[], None]) -> None:
        """Do this job instead of any of `asker` that has not begun."""
        with self._changed:
            self._jobs.pop(asker, None)
            self._jobs[asker] = job
            if self._thread is None or not self._thread.is_alive():  # a job may have broken it
                self._thread = threading.Thread(target=self._work, name="painter", daemon=True)
                self._thread.start()
            self._changed.notify()

    def drop(self, asker: Hashable) -> None:
        """Forget the job of an asker that is gone."""
        with self._changed:
            self._jobs.pop(asker, None)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs)
                job = self._jobs.pop(next(iter(self._jobs)))
            job()


PAINTER = Painter()
