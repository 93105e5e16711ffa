"""How pictures of any shape come to be of one: cut or padded, scaled, grey or coloured."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from models.data.sets import Pixels

Channels = Literal["auto", "grey", "rgb"]
Fit = Literal["crop", "pad"]

LUMA = np.array([19595, 38470, 7471], np.uint32)
"""Red, green and blue in grey, of 65536: ITU-R BT.601, as Pillow rounds it."""


def coloured(pixels: Pixels, channels: int) -> Pixels:
    """Pictures (..., height, width, 1 or 3) with `channels` of them."""
    if pixels.shape[-1] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=-1)
    return ((pixels.astype(np.uint32) @ LUMA + 0x8000) >> 16).astype(np.uint8)[..., None]


def is_grey(pixels: Pixels) -> bool:
    """Whether a picture (..., 3) shows no colour."""
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


def fitted(pixels: Pixels, size: tuple[int, int], fit: Fit) -> Pixels:
    """A picture (height, width, 1 or 3) at `size` (height, width), its proportions kept, by Lanczos' filter.

    `crop` fills it and cuts off what juts out on both sides; `pad` shows all, on black.
    """
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels
    scales = size[0] / height, size[1] / width
    scale = max(scales) if fit == "crop" else min(scales)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    if fit == "crop":
        across, down = size[1] / scale, size[0] / scale
        left, top = (width - across) / 2, (height - down) / 2
        box = (max(left, 0.0), max(top, 0.0), min(left + across, width), min(top + down, height))
        found = np.asarray(picture.resize((size[1], size[0]), Image.Resampling.LANCZOS, box))
    else:
        across, down = max(1, round(width * scale)), max(1, round(height * scale))
        inner = np.asarray(picture.resize((across, down), Image.Resampling.LANCZOS))
        found = np.zeros((*size, *inner.shape[2:]), np.uint8)
        top, left = (size[0] - down) // 2, (size[1] - across) // 2
        found[top : top + down, left : left + across] = inner
    return found[..., None] if found.ndim == 2 else found
