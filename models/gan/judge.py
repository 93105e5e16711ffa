"""What tells how a GAN fares: the Fréchet distance to the set it learns from, and where the set's attributes lie in
its latent space."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.sets import Attributes, PictureSet
from models.latent.concepts import from_attributes
from models.vision.frechet import FeatureReader, Statistics, distance

RIDGE = 1e-2
"""Weight of the penalty of the regression from features to attributes, a feature's share of the pictures."""
SMALL = 16
"""Pixels a side of the small pictures that the regression sees beside the features."""

Made = Callable[[NDArray[np.float32]], tuple[NDArray[np.uint8], NDArray[np.float32]]]
"""Pictures and styles of random points (n, latent)."""


class Judge:
    """Compares made pictures with `count` ones of a set. `latent` is the dimension of the random points.

    A regression from pictures to attributes, fitted to the real ones, reads the attributes off the made ones; where
    they differ along the styles gives the concepts (after Shen et al., "Interpreting the latent space of GANs", 2020).
    """

    def __init__(self, pictures: PictureSet, count: int, latent: int, seed: int, folder: Path) -> None:
        self._pictures, self._latent, self._seed = pictures, latent, seed
        self._count = min(count, pictures.count)
        self._made_count = count
        self._reader = FeatureReader(folder)
        self._real: Statistics | None = None
        self._regression: NDArray[np.float32] | None = None
        self.names = () if pictures.attributes is None else pictures.attributes.names

    def judge(self, made: Made) -> Generator[None, None, tuple[float, NDArray[np.float32] | None]]:
        """The distance, and the concepts' directions (k, latent) if the set has attributes."""
        if self._real is None:
            yield from self._look_at_the_set()
        assert self._real is not None
        z = np.random.default_rng((self._seed, 4)).normal(size=(self._made_count, self._latent)).astype(np.float32)
        pixels, styles = made(z)
        features = yield from self._features(pixels)
        found = distance(Statistics.of(features), self._real)
        if self._regression is None:
            return found, None
        guessed = _regressors(features, pixels) @ self._regression
        concepts = from_attributes(styles, Attributes(self.names, guessed))
        by_name = {concept.name: concept.direction for concept in concepts}
        nothing = np.zeros(self._latent, np.float32)
        return found, np.stack([by_name.get(name, nothing) for name in self.names])

    def _look_at_the_set(self) -> Generator[None, None, None]:
        chosen = np.random.default_rng((self._seed, 5)).permutation(self._pictures.count)[: self._count]
        indices = np.sort(chosen).astype(np.int64)
        pixels = self._pictures.read(indices)
        features = yield from self._features(pixels)
        self._real = Statistics.of(features)
        attributes = self._pictures.attributes
        if attributes is None:
            return
        x = _regressors(features, pixels).astype(np.float64)
        y = attributes.take(indices).values.astype(np.float64)
        gram = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
        self._regression = np.linalg.solve(gram, x.T @ y).astype(np.float32)

    def _features(self, pixels: NDArray[np.uint8]) -> Generator[None, None, NDArray[np.float32]]:
        found = []
        for part in self._reader.read(pixels):
            found.append(part)
            yield
        return np.concatenate(found)


def _regressors(features: NDArray[np.float32], pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the regression sees of pictures: their features, small copies of them, and a one: float32 (n, d)."""
    count, side = len(pixels), pixels.shape[1]
    step = side // SMALL
    small = pixels.reshape(count, SMALL, step, SMALL, step, -1).mean(axis=(2, 4)).reshape(count, -1) / 127.5 - 1.0
    ones = np.ones((count, 1), np.float32)
    return np.concatenate([features, small, ones], axis=1, dtype=np.float32)
