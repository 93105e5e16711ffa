"""Drawn faces: any number, softly lit, each with its attributes. Face i of a seed is the same whatever else is drawn.

pixels, table = sample(1000, seed=1)
smiling = pixels[table["smile"] > 0]
draw(Face(smile=1, glasses=True, hair_style="curly"), size=128)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.data.attributes import Table, schema
from models.data.faces import features, hair, wear
from models.data.faces import head as heads
from models.data.faces.canvas import Canvas
from models.data.faces.face import Face
from models.data.faces.pose import Pose
from models.errors import UsageError

Pixels = NDArray[np.uint8]

SIZE = 64
SIZES = (32, 128)
"""The least and the most pixels a side."""

AT_ONCE = 16 * 64 * 64
"""Pixels that are painted together: their fields stay in the processor's cache."""

SCHEMA = schema(Face)


def draw(face: Face, size: int = SIZE) -> Pixels:
    """One face as uint8 (size, size, 3), sRGB. Raises UsageError for a size that is not 32..128."""
    return np.asarray(render(Table.of(Face, [face]), size)[0])


def sample(count: int, seed: int = 0, *, start: int = 0, size: int = SIZE) -> tuple[Pixels, Table[Face]]:
    """The faces `start` to `start + count` of a seed: uint8 (count, size, size, 3), and their attributes."""
    table = Table.drawn(Face, range(start, start + count), seed)
    return render(table, size), table


def batches(
    batch: int, seed: int = 0, *, count: int | None = None, start: int = 0, size: int = SIZE
) -> Iterator[tuple[Pixels, Table[Face]]]:
    """Faces as they are needed, `batch` at a time, the last one shorter; without end if `count` is None."""
    done = 0
    while count is None or done < count:
        many = batch if count is None else min(batch, count - done)
        yield sample(many, seed, start=start + done, size=size)
        done += many


def render(table: Table[Face], size: int = SIZE) -> Pixels:
    """The faces of a table, uint8 (n, size, size, 3). Raises UsageError for a size that is not 32..128."""
    if not SIZES[0] <= size <= SIZES[1]:
        raise UsageError(f"faces are drawn at {SIZES[0]} to {SIZES[1]} pixels a side, not {size}")
    found = np.empty((len(table), size, size, 3), np.uint8)
    many = max(1, AT_ONCE // size**2)
    for first in range(0, len(table), many):
        found[first : first + many] = _painted(table.take(slice(first, first + many)), size)
    return found


def _painted(table: Table[Face], size: int) -> Pixels:
    pose = Pose.of(table)
    canvas = Canvas.blank(len(table), size)
    tilted = canvas.turned(pose.roll, 0.0, 0.62)
    heads.backdrop(canvas, pose)
    locks = hair.hair(tilted, pose)
    hair.back(tilted, pose, locks)
    heads.body(canvas, pose)
    heads.neck(canvas, pose, tilted)
    heads.ears(tilted, pose)
    found = heads.head(tilted, pose)
    skin = tilted.clipped(tilted.cover(found.distance))
    heads.cheeks(skin, pose)
    features.nose(tilted, pose)
    features.eyes(skin, pose)
    hair.beard(tilted, pose, found)
    features.mouth(skin, pose)
    features.brows(skin, pose)
    wear.glasses(tilted, pose)
    hair.front(tilted, pose, locks, found)
    wear.hats(tilted, pose, found)
    colours = np.clip(canvas.paint * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    return np.asarray(colours.transpose(0, 2, 3, 1))
