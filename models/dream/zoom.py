"""The next frame of a zoom: the picture turned and enlarged about its middle, mirrored where it ends."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.vision.pyramid import Floats
from models.vision.tiles import mirrored


def steadied(picture: Floats, like: NDArray[np.uint8]) -> Floats:
    """`picture`, changed in place: each channel gets the mean and the deviation that it has in `like`.

    Without it, frame upon frame, a dream's contrast grows until it is burnt.
    """
    for channel in range(picture.shape[2]):
        plane, model = picture[..., channel], like[..., channel]
        deviation = float(plane.std())
        scale = float(model.std()) / deviation if deviation > 0 else 1.0
        plane -= plane.mean()
        plane *= np.float32(scale)
        plane += np.float32(model.mean())
    return picture


def zoomed(picture: Floats, zoom: float, degrees: float) -> Floats:
    """`picture`, (height, width, channels) float32, enlarged by `zoom` and turned by `degrees` against the clock.

    Bicubic, so values may leave their range by a little.
    """
    height, width, channels = picture.shape
    turn = math.radians(degrees)
    cosine, sine = math.cos(turn) / zoom, math.sin(turn) / zoom
    reach_x = (abs(cosine) * width + abs(sine) * height) / 2
    reach_y = (abs(sine) * width + abs(cosine) * height) / 2
    left, top = (max(0, math.ceil(reach - side / 2)) + 2 for reach, side in ((reach_x, width), (reach_y, height)))
    rows, columns = mirrored(-top, height + top, height), mirrored(-left, width + left, width)
    middle_x, middle_y = width / 2, height / 2
    # Pillow asks where in the source each pixel of the result comes from.
    matrix = (
        cosine, -sine, middle_x + left - cosine * middle_x + sine * middle_y,
        sine, cosine, middle_y + top - sine * middle_x - cosine * middle_y,
    )  # fmt: skip
    found = np.empty_like(picture)
    for channel in range(channels):
        plane = Image.fromarray(np.ascontiguousarray(picture[rows][:, columns, channel]))
        moved = plane.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
        found[..., channel] = np.asarray(moved)
    return found
