"""Colours kept or matched, apart from what a style does to light and dark. NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
LIGHT = np.array([0.299, 0.587, 0.114], np.float32)
"""The weights of red, green and blue in luminance (ITU-R BT.601)."""
LEAST = 1e-3
"""The least variance, in squared levels of 0..255, that counts as a colour: grey pictures have none beside light."""


def luminance(pixels: Pixels) -> NDArray[np.float32]:
    """The luminance of a picture, uint8 (height, width, 3): float32 (height, width), 0..255."""
    found: NDArray[np.float32] = pixels.astype(np.float32) @ LIGHT
    return found


def with_luminance(pixels: Pixels, light: NDArray[np.float32]) -> Pixels:
    """`pixels`, uint8 (height, width, 3), with the luminance `light` (height, width) of another picture.

    Luminance-only transfer: Gatys et al. 2016, Preserving Color in Neural Artistic Style Transfer, section 3.2.
    """
    shift = light - luminance(pixels)
    found: Pixels = np.clip(np.rint(pixels + shift[..., None]), 0, 255).astype(np.uint8)
    return found


def matched(pixels: Pixels, model: Pixels) -> Pixels:
    """`pixels` with the mean colour and the covariance of colours of `model`; both uint8 (height, width, 3).

    Colour matching by a linear map, with square roots of the covariances taken by eigenvalues (the same paper,
    section 3.1). Pictures without colours, or of one colour, are fine: what does not vary gives no direction.
    """
    values, wanted = (each.reshape(-1, 3).astype(np.float64) for each in (pixels, model))
    mean, target = values.mean(axis=0), wanted.mean(axis=0)
    _, inverse = roots(np.cov(values - mean, rowvar=False) if len(values) > 1 else np.zeros((3, 3)))
    goal, _ = roots(np.cov(wanted - target, rowvar=False) if len(wanted) > 1 else np.zeros((3, 3)))
    moved = (values - mean) @ (goal @ inverse).T + target
    found: Pixels = np.clip(np.rint(moved), 0, 255).astype(np.uint8).reshape(pixels.shape)
    return found


def roots(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The square root of a covariance matrix, and its inverse, which is 0 where there is no variance."""
    variances, axes = np.linalg.eigh(covariance)
    spread = np.sqrt(np.clip(variances, 0, None))
    back = np.where(variances > LEAST, 1 / np.sqrt(np.maximum(variances, LEAST)), 0.0)
    return axes * spread @ axes.T, axes * back @ axes.T
