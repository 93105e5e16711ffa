"""Which part of a picture shows, and on how many cells: plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """Pixels `left`, `top`, `width`, `height` of the picture, shown on `columns` x `rows` cells."""

    left: int
    top: int
    width: int
    height: int
    columns: int
    rows: int


def laid_out(
    size: tuple[int, int],
    room: tuple[int, int],
    cell: tuple[int, int],
    zoom: float = 1.0,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Layout:
    """How a picture of `size` (width, height in pixels, 1 or more) fits into `room` (columns, rows), its shape kept.

    `cell` is (width, height) of a cell in pixels. At `zoom` 1 all of it shows, as large as there is room for; above,
    the part around `centre` (0..1 across and down), as far as it goes without leaving the picture.
    """
    (width, height), (columns, rows) = size, (max(1, room[0]), max(1, room[1]))
    scale = min(columns * cell[0] / width, rows * cell[1] / height) * max(1.0, zoom)
    across, down = width * scale / cell[0], height * scale / cell[1]
    shown_columns = min(columns, max(1, round(across)))
    shown_rows = min(rows, max(1, round(down)))
    part_wide = min(1.0, shown_columns / across) if zoom > 1 else 1.0
    part_high = min(1.0, shown_rows / down) if zoom > 1 else 1.0
    wide, high = max(1, round(width * part_wide)), max(1, round(height * part_high))
    left = min(max(0, round(centre[0] * width - wide / 2)), width - wide)
    top = min(max(0, round(centre[1] * height - high / 2)), height - high)
    return Layout(left, top, wide, high, shown_columns, shown_rows)
