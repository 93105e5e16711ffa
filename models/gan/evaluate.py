"""Measuring a trained GAN."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.data.sets import PictureSet
from models.downloads import Progress
from models.errors import UsageError
from models.gan.model import from_checkpoint
from models.vision.frechet import FeatureReader, Statistics, distance

MOST = 10_000
"""Pictures of each kind that are compared, at most."""
AT_ONCE = 256


def evaluate(
    checkpoint: Checkpoint,
    pictures: PictureSet,
    *,
    folder: Path,
    importance: int = 0,
    progress: Progress | None = None,
) -> dict[str, float]:
    """`frechet`, the Fréchet distance in the features of EfficientNet-Lite0 between a set and as many made pictures;
    `set_itself`, that between two halves of the set, which no model comes below but by chance; and how much the made
    pictures differ beside the real ones, `diversity`.

    Raises UsageError for fewer than four pictures, and for `importance`, which is for VAEs.
    """
    if importance:
        raise UsageError("a GAN has no likelihood to bound: leave importance out")
    count = min(pictures.count, MOST)
    if count < 4:
        raise UsageError(f"{pictures.name}: four pictures at least are compared, there are {count}")
    model, reader = from_checkpoint(checkpoint), FeatureReader(folder)
    chosen = np.random.default_rng(0).permutation(pictures.count)[:count].astype(np.int64)
    points = model.draw(count, seed=1)
    real: list[NDArray[np.float32]] = []
    made: list[NDArray[np.float32]] = []
    spreads = np.zeros(2)
    for start in range(0, count, AT_ONCE):
        given = pictures.read(np.sort(chosen[start : start + AT_ONCE]))
        drawn = model.decode(points[start : start + AT_ONCE])
        spreads += [given.std(axis=0).mean() * len(given), drawn.std(axis=0).mean() * len(drawn)]
        real.extend(reader.read(given))
        made.extend(reader.read(drawn))
        if progress is not None:
            progress(min(start + AT_ONCE, count), count)
    of_real, of_made = np.concatenate(real), np.concatenate(made)
    whole = Statistics.of(of_real)
    return {
        "frechet": distance(Statistics.of(of_made), whole),
        "set_itself": distance(Statistics.of(of_real[::2]), Statistics.of(of_real[1::2])),
        "diversity": float(spreads[1] / max(spreads[0], 1e-9)),
    }
