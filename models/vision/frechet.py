"""The Fréchet distance between two sets of pictures, in the features of EfficientNet-Lite0.

Heusel et al., "GANs trained by a two time-scale update rule", 2017, compare normal distributions fitted to features of
Inception; here the features are those of a network that needs no download, so the figures are no FID and compare with
each other only: the mean over the place of `block15`, 320 numbers, of pictures scaled to 128x128 (grey ones as RGB).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.vision.backbones import load

SIDE = 128
LAYER = "block15"
BATCH = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The mean (d,) and the covariance (d, d) of the features of a set of pictures."""

    mean: Floats
    covariance: Floats

    @classmethod
    def of(cls, features: NDArray[Any]) -> Statistics:
        """Those of features (n, d), n at least 2."""
        found = features.astype(np.float64)
        return cls(found.mean(axis=0), np.cov(found, rowvar=False))


class FeatureReader:
    """Reads the features of pictures. `folder` is the data folder."""

    def __init__(self, folder: Path) -> None:
        features = load("lite0", folder=folder).features([LAYER])

        def pooled(pixels: Any) -> Any:
            pictures = tf.image.resize(tf.cast(pixels, tf.float32), [SIDE, SIDE], antialias=True)
            return tf.reduce_mean(features(pictures)[0], axis=[1, 2])

        spec = tf.TensorSpec([BATCH, None, None, 3], tf.uint8)
        self._pooled = tf.function(pooled, input_signature=[spec], autograph=False)

    def read(self, pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """The features of pictures (n, height, width, 1 or 3), 32 at a time: float32 (32 or less, 320)."""
        for start in range(0, len(pixels), BATCH):
            part = pixels[start : start + BATCH]
            padded = np.zeros((BATCH, *part.shape[1:3], 3), np.uint8)
            padded[: len(part)] = part
            yield self._pooled(padded).numpy()[: len(part)]


def distance(one: Statistics, other: Statistics) -> float:
    """The squared Fréchet distance of two normal distributions (Dowson and Landau, 1982), 0 or more."""
    apart = one.mean - other.mean
    # The trace of the root of a product of covariances is the sum of the roots of its eigenvalues, all of them real.
    root = _root(one.covariance)
    values = np.linalg.eigvalsh(root @ other.covariance @ root)
    cross = np.sqrt(np.clip(values, 0.0, None)).sum()
    found = apart @ apart + np.trace(one.covariance) + np.trace(other.covariance) - 2.0 * cross
    return max(0.0, float(found))


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)
