"""A walk without end through a latent space: smooth, seeded, among pictures of the usual kind."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from models.latent.model import LatentModel, Latents
from models.latent.paths import middle_of, smooth

KEPT = 8
"""Stations that are remembered."""


class Walk:
    """Goes from one random point of the model to the next, on a smooth path. Station 0 is `start`, where one is given.

    The stations are drawn as the model draws, so that they lie where its pictures do; what lies between them is kept
    at their distance (see `models.latent.paths.smooth`). Any time can be asked for, in any order.
    """

    def __init__(self, model: LatentModel, seed: int, *, truncation: float = 1.0, start: Latents | None = None) -> None:
        self._model, self._seed, self._truncation = model, seed, truncation
        self._start = None if start is None else np.asarray(start, np.float32)
        self._middle = middle_of(model)
        self._stations: OrderedDict[int, Latents] = OrderedDict()

    def at(self, time: float) -> Latents:
        """The point, float32 (latent,), at a time from 0 on, counted in stations."""
        first = int(time)
        nearby = np.stack([self.station(max(0, first + step)) for step in (-1, 0, 1, 2)])
        return np.asarray(smooth(nearby, np.array([1 + time - first]), middle=self._middle)[0])

    def points(self, count: int, pace: float, fps: float) -> Latents:
        """The first `count` frames of it, at `pace` stations a second: float32 (count, latent)."""
        return np.stack([self.at(frame * pace / fps) for frame in range(count)])

    def station(self, number: int) -> Latents:
        """A point that the walk passes through, float32 (latent,)."""
        if number == 0 and self._start is not None:
            return self._start
        if number not in self._stations:
            self._stations[number] = self._model.draw(1, self._seed + number, self._truncation)[0]
            while len(self._stations) > KEPT:
                self._stations.popitem(last=False)
        return self._stations[number]
