"""A picture set that makes each picture once, when it is first read, and keeps it as long as the memory lasts."""

from __future__ import annotations

import os
from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil

from models.data.sets import Attributes, Indices, PictureSet, Pixels

MOST = 4 << 30
"""Bytes of pixels that a set keeps at most, and no more than a third of what is free when it is opened."""

PART = 64
"""Pictures that one thread makes at a time."""


def budget() -> int:
    """Bytes of pixels that a set opened now may keep."""
    return int(min(MOST, psutil.virtual_memory().available // 3))


class KeptSet(PictureSet):
    """The pictures `_make` makes, in several threads. The first ones that fit into `room` bytes are made only once."""

    def __init__(
        self,
        name: str,
        count: int,
        size: tuple[int, int],
        channels: int,
        identity: str,
        *,
        attributes: Attributes | None = None,
        skipped: tuple[str, ...] = (),
        room: int | None = None,
    ) -> None:
        self.name, self.count, self.size, self.channels, self.identity = name, count, size, channels, identity
        self.attributes, self.skipped = attributes, skipped
        many = min(count, (budget() if room is None else room) // (size[0] * size[1] * channels))
        # Memory that nothing was written to costs nothing yet.
        self._kept = np.empty((many, *size, channels), np.uint8)
        self._has = np.zeros(many, np.bool_)
        self._threads: ThreadPoolExecutor | None = None

    @abstractmethod
    def _make(self, indices: Indices) -> Pixels:
        """Some of the pictures, as `read` returns them; called from several threads at once."""

    def read(self, indices: Indices) -> Pixels:
        indices = np.asarray(indices, np.int64)
        many = len(self._kept)
        inside = indices < many
        wanted = np.unique(indices[inside])
        # Two threads may make the same picture at once: both write the same bytes, then say that it is there.
        missing = wanted[~self._has[wanted]]
        self.put(missing, self._made(missing))
        if inside.all():
            return np.asarray(self._kept[indices])
        found = np.empty((len(indices), *self.size, self.channels), np.uint8)
        found[inside] = self._kept[indices[inside]]
        found[~inside] = self._made(indices[~inside])
        return found

    def put(self, indices: Indices, pixels: Pixels) -> None:
        """Keep pictures that are made already, as far as there is room."""
        inside = indices < len(self._kept)
        self._kept[indices[inside]] = pixels[inside]
        self._has[indices[inside]] = True

    def _made(self, indices: Indices) -> Pixels:
        if len(indices) <= PART:
            return self._make(indices)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(min(32, os.cpu_count() or 1), "pictures")
        parts = [indices[first : first + PART] for first in range(0, len(indices), PART)]
        return np.concatenate(list(self._threads.map(self._make, parts)))
