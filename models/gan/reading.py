"""Where the attributes of a set lie in the latent space of a GAN that learns from it.

Nobody knows the attributes of made pictures. The discriminator's features of real ones, whose attributes are known,
teach a regression to read them, and what it reads off made pictures gives the concepts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

from models.data.sets import Attributes, PictureSet
from models.gan.judge import Made
from models.latent.concepts import from_readings

COUNT = 2048
"""Pictures of each kind."""
AT_ONCE = 128
RIDGE = 0.1
"""Weight of the penalty of the regression, a feature's share of the pictures."""

Look = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Features (n, d) of pictures."""


class AttributeReader:
    """Reads the attributes of a set off made pictures. `latent` is the dimension of the random points."""

    def __init__(self, pictures: PictureSet, latent: int, seed: int) -> None:
        self._pictures, self._latent, self._seed = pictures, latent, seed
        self.names = () if pictures.attributes is None else pictures.attributes.names

    def directions(self, look: Look, made: Made) -> Generator[None, None, NDArray[np.float32]]:
        """The directions of the attributes among the styles, float32 (attributes, latent); zeros for one that all
        pictures share. Yields between pieces of the work."""
        attributes = self._pictures.attributes
        assert attributes is not None
        random = np.random.default_rng((self._seed, 7))
        chosen = np.sort(random.permutation(self._pictures.count)[:COUNT]).astype(np.int64)
        parts = []
        for start in range(0, len(chosen), AT_ONCE):
            parts.append(look(self._pictures.read(chosen[start : start + AT_ONCE])))
            yield
        seen = np.concatenate(parts)
        middle, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-3
        seen = (seen - middle) / spread
        known = np.nan_to_num(attributes.take(chosen).values.astype(np.float64))
        weights = _fitted(seen, known - known.mean(axis=0))
        yield
        readings, styles = [], []
        for _ in range(0, COUNT, AT_ONCE):
            pixels, style = made(random.normal(size=(AT_ONCE, self._latent)).astype(np.float32))
            readings.append(((look(pixels) - middle) / spread) @ weights)
            styles.append(style)
            yield
        concepts = from_readings(np.concatenate(styles), Attributes(self.names, np.concatenate(readings)))
        by_name = {concept.name: concept.direction for concept in concepts}
        nothing = np.zeros(self._latent, np.float32)
        return np.stack([by_name.get(name, nothing) for name in self.names])


def _fitted(seen: NDArray[np.float32], known: NDArray[np.float64]) -> NDArray[np.float32]:
    """The weights (d, k) of a ridge regression; by way of the pictures' products where they are fewer than features."""
    count, features = seen.shape
    penalty = RIDGE * count
    if count < features:
        products = (seen @ seen.T).astype(np.float64)
        return (seen.T @ np.linalg.solve(products + penalty * np.eye(count), known)).astype(np.float32)
    moments = (seen.T @ seen).astype(np.float64)
    return np.linalg.solve(moments + penalty * np.eye(features), seen.T @ known).astype(np.float32)
