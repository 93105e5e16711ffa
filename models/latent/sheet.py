"""Contact sheets: pictures side by side."""

from __future__ import annotations

import math

import numpy as np

from models.latent.model import Pixels

GROUND = 24
"""The grey between the pictures, 0..255."""


def sheet(pictures: Pixels, columns: int = 0, gap: int = 2) -> Pixels:
    """Pictures uint8 (n, height, width, 1 or 3), row by row, `gap` pixels apart: uint8 (.., .., 3).

    `columns` of 0 makes it about square. What is left over in the last row is dark grey, as the gaps are.
    """
    count, height, width = pictures.shape[:3]
    columns = columns or math.ceil(math.sqrt(max(count, 1)))
    rows = max(1, -(-count // columns))
    found = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), GROUND, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = (place // columns) * (height + gap), (place % columns) * (width + gap)
        found[top : top + height, left : left + width] = picture
    return found


def table(side: Pixels, top: Pixels, inner: Pixels, gap: int = 2) -> Pixels:
    """A table: pictures (n, height, width, 1 or 3) down its side, (k, ..) along its top, and for each pair one of
    `inner` (n, k, height, width, 1 or 3): uint8 (.., .., 3). Its corner is dark grey."""
    rows = [np.full_like(side[:1], GROUND), top]
    for place, row in enumerate(inner):
        rows += [side[place : place + 1], row]
    return sheet(np.concatenate(rows), len(top) + 1, gap)


def coloured(picture: Pixels) -> Pixels:
    """A picture uint8 (height, width, 1 or 3) with three channels."""
    return np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))


def enlarged(picture: Pixels, times: int) -> Pixels:
    """A picture uint8 (height, width, 3) with sides `times` as long, by Lanczos' filter."""
    from PIL import Image

    if times == 1:
        return picture
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width * times, height * times), Image.Resampling.LANCZOS))
