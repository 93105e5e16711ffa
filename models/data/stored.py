"""Pictures that lie in arrays of one size, as IDX and NPZ files and the known sets have them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from models.data.kept import KeptSet
from models.data.sets import Attributes, Indices, Pixels
from models.data.shape import Channels, Fit, coloured, fitted
from models.errors import UsageError, UserError

SIDES = (16, 128)
"""The least and the most pixels a side of a set that networks here learn from."""

CLASSES = 100
"""Labels with more different values than this are no classes, and become no attributes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """`pixels` uint8 (n, height, width, 1 or 3); `labels` (n,) classes, `classes` what 0, 1, ... are called."""

    pixels: Pixels
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()


def check_memory(path: Path, size: int) -> None:
    """Raises UserError where a file's numbers, `size` bytes as they are read, do not fit into the memory that is free:
    a small file may unpack to more than there is."""
    free = psutil.virtual_memory().available
    if size > free:
        raise UserError(f"{str(path)!r} needs {size:,} bytes of memory, and {free:,} are free; take fewer pictures")


class StoredSet(KeptSet):
    """Some pictures of a `Stored`, scaled if a size is asked for. Raises UsageError for too small or large ones."""

    def __init__(
        self,
        name: str,
        stored: Stored,
        *,
        size: int | None,
        channels: Channels,
        count: int | None,
        fit: Fit,
        seed: int,
    ) -> None:
        chosen = some(len(stored.pixels), count, seed)
        pixels = stored.pixels if len(chosen) == len(stored.pixels) else stored.pixels[chosen]
        shape = (pixels.shape[1], pixels.shape[2]) if size is None else (size, size)
        check_size(name, shape)
        colours = {"auto": pixels.shape[3], "grey": 1, "rgb": 3}[channels]
        self._stored, self._fit, self._shape, self._colours = pixels, fit, shape, colours
        digest = hashlib.sha256(f"{pixels.shape} {shape} {colours} {fit if size else ''}".encode())
        digest.update(np.ascontiguousarray(pixels).data)
        self._is_whole = shape == pixels.shape[1:3] and colours == pixels.shape[3]
        super().__init__(
            name, len(pixels), shape, colours, digest.hexdigest(), attributes=_labelled(stored, chosen),
            room=0 if self._is_whole else None,
        )  # fmt: skip

    def _make(self, indices: Indices) -> Pixels:
        pixels = self._stored[indices]
        if self._is_whole:
            return pixels
        found = np.empty((len(pixels), *self._shape, pixels.shape[3]), np.uint8)
        for number, each in enumerate(pixels):
            found[number] = fitted(each, self._shape, self._fit)
        return coloured(found, self._colours)


def some(there: int, wanted: int | None, seed: int) -> Indices:
    """`wanted` of `there` indices, drawn by the seed and in their order; all of them if there are no more."""
    if wanted is None or wanted >= there:
        return np.arange(there)
    return np.sort(np.random.default_rng((seed, 4)).permutation(there)[:wanted])


def check_size(name: str, size: tuple[int, int]) -> None:
    """Raises UsageError for pictures that are too small or too large to learn from."""
    least, most = SIDES
    if not (least <= min(size) and max(size) <= most):
        raise UsageError(
            f"{name}: pictures of {size[1]}x{size[0]} pixels; {least} to {most} a side can be learnt from: set size"
        )


def by_class(labels: NDArray[Any], classes: Sequence[str] = ()) -> Attributes | None:
    """An attribute for each class, 1 for the pictures of it: called as `classes` says, or `label:3`.

    None where there are fewer than two classes, or too many for classes.
    """
    values = np.unique(labels)
    if not 2 <= len(values) <= CLASSES:
        return None
    names = tuple(classes[value] if 0 <= value < len(classes) else f"label:{value}" for value in values.tolist())
    return Attributes(names, (labels[:, None] == values).astype(np.float32))


def _labelled(stored: Stored, chosen: Indices) -> Attributes | None:
    if stored.labels is None:
        return None
    known = by_class(stored.labels, stored.classes)
    return None if known is None else known.take(chosen)
