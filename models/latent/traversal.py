"""Traversals: what one direction of a latent space does to a picture, all else left alone."""

from __future__ import annotations

import numpy as np

from models.errors import UsageError
from models.latent.model import Latents


def axis(latent: int, dimension: int) -> Latents:
    """The unit direction of a dimension, counted from 0: float32 (latent,). Raises UsageError if there is none."""
    if not 0 <= dimension < latent:
        raise UsageError(f"this model has the dimensions 0 to {latent - 1}, not {dimension}")
    found = np.zeros(latent, np.float32)
    found[dimension] = 1.0
    return found


def along_dimension(point: Latents, dimension: int, values: Latents) -> Latents:
    """`point`, float32 (latent,), with one dimension set to each of `values` (n,): float32 (n, latent).

    Raises UsageError if there is no such dimension.
    """
    axis(len(point), dimension)
    found = np.repeat(np.asarray(point, np.float32)[None], len(values), axis=0)
    found[:, dimension] = values
    return found


def along(point: Latents, direction: Latents, reach: float, count: int) -> Latents:
    """`count` points from `reach` times a direction before `point` to as far after it: float32 (count, latent)."""
    steps = np.linspace(-reach, reach, count, dtype=np.float32) if count > 1 else np.zeros(1, np.float32)
    return np.asarray(point, np.float32) + steps[:, None] * np.asarray(direction, np.float32)
