"""What tells how a GAN fares: the Fréchet distance to the set it learns from."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.sets import PictureSet
from models.vision.frechet import FeatureReader, Statistics, distance

Made = Callable[[NDArray[np.float32]], tuple[NDArray[np.uint8], NDArray[np.float32]]]
"""Pictures and styles of random points (n, latent)."""


class Judge:
    """Compares made pictures with `count` ones of a set. `latent` is the dimension of the random points."""

    def __init__(self, pictures: PictureSet, count: int, latent: int, seed: int, folder: Path) -> None:
        self._pictures, self._latent, self._seed = pictures, latent, seed
        self._count = min(count, pictures.count)
        self._made_count = count
        self._reader = FeatureReader(folder)
        self._real: Statistics | None = None

    def judge(self, made: Made) -> Generator[None, None, float]:
        """The distance."""
        if self._real is None:
            chosen = np.random.default_rng((self._seed, 5)).permutation(self._pictures.count)[: self._count]
            features = yield from self._features(self._pictures.read(np.sort(chosen).astype(np.int64)))
            self._real = Statistics.of(features)
        z = np.random.default_rng((self._seed, 4)).normal(size=(self._made_count, self._latent)).astype(np.float32)
        features = yield from self._features(made(z)[0])
        return distance(Statistics.of(features), self._real)

    def _features(self, pixels: NDArray[np.uint8]) -> Generator[None, None, NDArray[np.float32]]:
        found = []
        for part in self._reader.read(pixels):
            found.append(part)
            yield
        return np.concatenate(found)
