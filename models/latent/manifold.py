"""The manifold in two dimensions: a grid of points, as dense as points are (Kingma & Welling, 2014, appendix A)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from models.errors import UsageError
from models.latent.model import LatentModel, Latents
from models.latent.paths import middle_of
from models.latent.traversal import axis

LARGEST = 64
"""Rows and columns at most."""


def quantiles(count: int) -> Latents:
    """`count` values at which the standard normal's cumulative distribution rises evenly: float32 (count,)."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((place + 0.5) / count) for place in range(count)], np.float32)


def plane(model: LatentModel) -> tuple[Latents, Latents]:
    """The two unit directions of the grid: the model's dimensions if it has two, else the two strongest ones."""
    if model.latent == 2:
        return axis(2, 0), axis(2, 1)
    strongest = model.principal()
    return strongest[0], strongest[1] if len(strongest) > 1 else axis(model.latent, model.latent - 1)


def grid(model: LatentModel, rows: int, columns: int, point: Latents | None = None) -> Latents:
    """The points of a grid on the plane through `point`, by default the middle: float32 (rows * columns, latent).

    Row by row from the top left; the first direction grows to the right, the second one upwards. Raises UsageError
    for more than 64 rows or columns, or fewer than 1.
    """
    for count, what in ((rows, "rows"), (columns, "columns")):
        if not 1 <= count <= LARGEST:
            raise UsageError(f"a grid has 1 to {LARGEST} {what}, not {count}")
    right, up = plane(model)
    start = middle_of(model) if point is None else np.asarray(point, np.float32)
    across = quantiles(columns)[None, :, None] * right
    down = quantiles(rows)[::-1][:, None, None] * up
    found = start + np.float32(model.scale) * (across + down)
    return np.asarray(found.reshape(rows * columns, model.latent), np.float32)
