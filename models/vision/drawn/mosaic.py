"""A mosaic of glass and stone: a medallion with a star, on a ground of fans, laid in rows that follow the forms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.vision.drawn.fields import Colours, Field, grid, hashed, hexed, noise, relief, shrunk, step

OVER = 2
TILE = 0.0235
FAN = 0.185
MEDALLION = 0.365
GROUT = np.array([0.30, 0.27, 0.24], np.float32)

GOLD, IVORY, LAPIS, TEAL, EMERALD, RED, PLUM, SKY, NIGHT, ORANGE = hexed(
    "d9a520", "efe3c4", "1d3f8f", "148a93", "1e7a4a", "b5331f", "5b2350", "6fb7d6", "14213f", "dd7a26"
)
FANS = np.stack([
    np.stack([ORANGE, RED, GOLD, IVORY, TEAL, TEAL, SKY, NIGHT]),
    np.stack([GOLD, ORANGE, IVORY, SKY, LAPIS, LAPIS, TEAL, NIGHT]),
    np.stack([IVORY, GOLD, RED, PLUM, EMERALD, TEAL, IVORY, NIGHT]),
])  # fmt: skip
"""The rows of three kinds of fans, from the middle out."""


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    tall, wide = height * OVER, width * OVER
    y, x = grid(tall, wide)
    x = x + 0.0022 * noise(y.shape, 24, random, 2)
    y = y + 0.0022 * noise(y.shape, 24, random, 2)
    seat = random.uniform(0, 2 * np.pi)
    area, away, turn = _fans(y, x, random)
    centre = np.hypot(y, x)
    inside = centre < MEDALLION
    area = np.where(inside, 0, area)
    away, turn = np.where(inside, centre, away), np.where(inside, np.arctan2(y, x), turn)
    row = np.floor(away / TILE).astype(np.int64)
    count = np.maximum(np.round(2 * np.pi * (row + 0.5)), 1)
    spin = hashed(area * 97 + row, 1)
    around = (turn / (2 * np.pi) + 0.5) * count + spin
    column = np.floor(around).astype(np.int64) % count.astype(np.int64)
    ids = (area * 64 + row) * 1024 + column
    middle = ((np.floor(around) + 0.5 - spin) / count - 0.5) * 2 * np.pi
    fan = FANS[(hashed(area, 2) * len(FANS)).astype(np.int64), np.minimum(row, 7)]
    colours = np.where(inside[..., None], _medallion((row + 0.5) * TILE, middle - seat), fan)
    return shrunk(_laid(colours, ids, random), height, width)


def _fans(y: Field, x: Field, random: np.random.Generator) -> tuple[NDArray[np.int64], Field, Field]:
    """Discs in rows that hide each other like scales: which one is seen, and where on it (distance, angle)."""
    area = np.zeros(y.shape, np.int64)
    away, turn = np.full(y.shape, FAN, np.float32), np.zeros(y.shape, np.float32)
    shift = random.uniform(0, FAN)
    low, high = float(y.min()), float(y.max())
    for line in range(round(2 * (high + 1.5 * FAN - low) / FAN), -1, -1):
        top = low + line * FAN / 2
        across = (x - shift) / (2 * FAN) + 0.5 * (line % 2)
        number = np.round(across)
        right = (across - number) * 2 * FAN
        far = np.hypot(y - top, right)
        seen = (area == 0) & (far < FAN)
        area[seen] = (1 + line * 128 + number.astype(np.int64) + 64)[seen]
        away[seen], turn[seen] = far[seen], np.arctan2(y - top, right)[seen]
    return area, away, turn


def _medallion(away: Field, turn: Field) -> Colours:
    """The colour of a tile of the medallion by where its middle is: a star of twelve points in bands."""
    found = np.empty((*away.shape, 3), np.float32)
    share = away / MEDALLION
    point = np.abs((turn / (2 * np.pi) * 12) % 1 - 0.5) * 2
    small = np.abs((turn / (2 * np.pi) * 12 + 0.5) % 1 - 0.5) * 2
    found[:] = LAPIS
    for inside, colour in (
        (share < 0.86 - 0.5 * small, TEAL),
        (share < 0.82 - 0.42 * point, GOLD),
        (share < 0.70 - 0.42 * point, ORANGE),
        (share < 0.58 - 0.42 * point, RED),
        (share < 0.27, NIGHT),
        (share < 0.23, IVORY),
        (share < 0.16, SKY),
        (share < 0.10, LAPIS),
        (share < 0.05, GOLD),
        (share > 0.80, IVORY),
        (share > 0.865, np.where(((turn / (2 * np.pi) * 24) % 1 < 0.5)[..., None], RED, GOLD)),
        (share > 0.93, NIGHT),
    ):
        found[inside] = colour if colour.ndim == 1 else colour[inside]
    return found


def _laid(colours: Colours, ids: NDArray[np.int64], random: np.random.Generator) -> Colours:
    """Each tile in a tone of its own and a little askew, so that it catches the light; and grout between them."""
    shape = ids.shape
    unit = min(shape) / 512
    edge = np.zeros(shape, bool)
    edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    away = np.asarray(ndimage.distance_transform_edt(~edge), np.float32) / unit if edge.any() else np.full(shape, 9.0)
    tone = 0.70 + 0.62 * hashed(ids, 3)
    hue = np.stack([hashed(ids, salt) - 0.5 for salt in (4, 5, 6)], -1) * 0.13
    glint = (hashed(ids, 7) > 0.93) * 0.28
    stone = noise(shape, 90, random, 3)
    gap = 1.35 + 0.35 * noise(shape, 40, random)
    bevel = relief(np.minimum(away, gap + 2.4) * unit, 0.5)
    tiles = (colours + hue) * (tone + 0.10 * stone + 0.30 * bevel)[..., None] + glint[..., None] * 0.6
    grout = GROUT * (1 + 0.35 * noise(shape, 120, random, 2))[..., None]
    inside = step(away, gap - 0.5, gap + 0.5)[..., None]
    return np.asarray(grout + (tiles - grout) * inside, np.float32)
