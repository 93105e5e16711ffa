"""Drawn pictures as a set: each is painted when it is first read."""

from __future__ import annotations

import hashlib
from types import ModuleType
from typing import Any

import numpy as np

from models.data import faces, glyphs
from models.data.attributes import Table
from models.data.faces.face import Face
from models.data.glyphs.glyph import Glyph
from models.data.kept import KeptSet
from models.data.sets import Attributes, Indices, Pixels
from models.data.shape import Channels, coloured
from models.errors import UsageError

COUNT = 20_000
"""Pictures of a drawn set, where nobody says how many."""

PROVEN = 8
"""Pictures by which a set is told from one that another version of the drawing made."""

MODULES: dict[str, tuple[ModuleType, type[Any], int]] = {
    "faces": (faces, Face, 64),
    "glyphs": (glyphs, Glyph, 32),
}
"""Each kind's module, what describes a picture of it, and the pixels a side where nobody says."""


class DrawnSet(KeptSet):
    """The first `count` pictures of a kind and a seed, as float attributes say: see `Table.matrix`.

    Raises UsageError for a size that they cannot be drawn at.
    """

    def __init__(self, kind: str, *, size: int | None, channels: Channels, count: int | None, seed: int) -> None:
        self._module, described, usual = MODULES[kind]
        self._side = usual if size is None else size
        count = COUNT if count is None else count
        # Below the least size they are drawn twice as large, and four pixels make one.
        self._scale = 2 if self._side < self._module.SIZES[0] <= 2 * self._side else 1
        self._table: Table[Any] = Table.drawn(described, range(count), seed)
        self._colours = {"auto": 3 if kind == "faces" else 1, "grey": 1, "rgb": 3}[channels]
        if not self._module.SIZES[0] <= self._side * self._scale <= self._module.SIZES[1]:
            least, most = self._module.SIZES
            raise UsageError(f"size: {kind} are drawn at {least} to {most} pixels a side, not {self._side}")
        proof = hashlib.sha256(f"{kind} {seed} {count} {self._side} {self._colours}".encode())
        proof.update(self._make(np.arange(min(count, PROVEN))).tobytes())
        super().__init__(
            kind, count, (self._side, self._side), self._colours, proof.hexdigest(),
            attributes=Attributes(self._table.columns(), self._table.matrix()),
        )  # fmt: skip

    def _make(self, indices: Indices) -> Pixels:
        pixels = self._module.render(self._table.take(indices), self._side * self._scale)
        pixels = pixels[..., None] if pixels.ndim == 3 else pixels
        if self._scale > 1:
            n, side = len(pixels), self._side
            pixels = np.rint(pixels.reshape(n, side, 2, side, 2, -1).mean(axis=(2, 4))).astype(np.uint8)
        return coloured(pixels, self._colours)
