"""One step of gradient ascent on a picture, in place and band by band, so that a large picture needs no copies."""

from __future__ import annotations

from typing import Literal

import numpy as np

from models.vision.pyramid import Floats, add_resized, bands, resized

Normalise = Literal["rms", "laplacian", "none"]
GRAIN = 256
"""Values are kept to this part of a level, so that 16 bits hold a picture exactly (see `packed`)."""
LEVELS, SMALLEST = 4, 16
"""Levels of the Laplacian pyramid below the gradient itself, and the shortest side that is halved once more."""


def climb(
    picture: Floats, gradient: Floats, *, step_size: float, normalise: Normalise = "rms", total_variation: float = 0.0
) -> float:
    """Move `picture` (0..255, in place) by `step_size` along `gradient`, which is used up. Both (height, width, 3).

    Normalised, the gradient's root mean square is 1 and a step changes a pixel by about `step_size` levels.
    `total_variation` draws each pixel to the mean of its neighbours, by that many hundredths of the way for a step of
    one level. Returns the root mean square of the gradient as it came: 0 leaves the picture as it is, and so does one
    that is not finite.
    """
    strength = rms(gradient)
    if strength == 0 or not np.isfinite(strength):
        return strength
    if normalise == "laplacian":
        level(gradient, LEVELS)
    factor = step_size if normalise == "none" else step_size / rms(gradient)
    if total_variation:
        _smooth(picture, gradient, total_variation * step_size / factor)
    for rows in bands(picture):
        band = gradient[rows]
        band *= np.float32(factor)
        band += picture[rows]
        np.clip(band, 0, 255, out=band)
        band *= GRAIN
        np.rint(band, out=band)
        np.multiply(band, np.float32(1 / GRAIN), out=picture[rows])
    return strength


def rms(values: Floats) -> float:
    """The root mean square, added up in double precision over bands."""
    total = 0.0
    for rows in bands(values):
        band = values[rows].ravel()
        total += float(np.einsum("i,i->", band, band))
    return float(np.sqrt(total / values.size))


def level(gradient: Floats, levels: int) -> None:
    """Make all scales of `gradient` equally strong, in place: each level of its Laplacian pyramid gets a root mean
    square of 1 (Mordvintsev's DeepDream notebook, "Laplacian Pyramid Gradient Normalization")."""
    size = gradient.shape[:2]
    coarse = None
    if levels and min(size) >= SMALLEST:
        coarse = resized(gradient, (size[0] // 2, size[1] // 2))
        add_resized(gradient, coarse, -1.0)
        level(coarse, levels - 1)
    strength = rms(gradient)
    if strength > 0:
        gradient *= np.float32(1 / strength)
    if coarse is not None:
        add_resized(gradient, coarse)


def _smooth(picture: Floats, gradient: Floats, weight: float) -> None:
    """Add to `gradient` that of the squared total variation: from each pixel to the mean of its four neighbours."""
    height = picture.shape[0]
    for rows in bands(picture):
        at = np.arange(rows.start, rows.stop)
        band = picture[rows]
        pull = picture[np.maximum(at - 1, 0)] + picture[np.minimum(at + 1, height - 1)]
        pull[:, 1:] += band[:, :-1]
        pull[:, :1] += band[:, :1]
        pull[:, :-1] += band[:, 1:]
        pull[:, -1:] += band[:, -1:]
        pull -= 4 * band
        pull *= np.float32(weight / 400)
        gradient[rows] += pull


def settled(picture: Floats) -> Floats:
    """`picture`, changed in place: in range, and in parts of a level that `packed` holds."""
    for rows in bands(picture):
        band = picture[rows]
        np.clip(band, 0, 255, out=band)
        band *= GRAIN
        np.rint(band, out=band)
        band *= np.float32(1 / GRAIN)
    return picture


def packed(picture: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """A settled picture in half the space, exactly."""
    found = np.empty(picture.shape, np.uint16)
    for rows in bands(picture):
        found[rows] = picture[rows] * GRAIN
    return found


def unpacked(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> Floats:
    """What `packed` packed."""
    found = np.empty(picture.shape, np.float32)
    for rows in bands(found):
        np.multiply(picture[rows], np.float32(1 / GRAIN), out=found[rows])
    return found
