"""Waves as in a woodblock print: swells in stripes of blue with claws of foam, a far mountain, a pale sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from models.vision.drawn.fields import Colours, Field, grid, hexed, mixed, noise, pixels, ramp, relief, shrunk, step

OVER = 2
SKY = hexed("b09a78", "d9c294", "eedcb0", "ecd8ab", "dcc08c")
BLUES = hexed("0c1c42", "142f66", "1d4c8c", "2f6ea6", "6aa5bd", "b5d0cb")
FOAM, SHADE, LINE = hexed("f7f0dc", "bbd0d0", "0e1c3e")
ROCK, SNOW = hexed("46597c", "2b3d63", "6d8096"), hexed("fdfaf0")[0]

GREAT = (
    (-0.62, -0.10), (-0.50, -0.27), (-0.36, -0.385), (-0.20, -0.40), (-0.07, -0.345), (0.02, -0.25), (0.055, -0.15),
    (0.03, -0.085), (-0.015, -0.12), (-0.075, -0.16), (-0.14, -0.13), (-0.185, -0.05), (-0.19, 0.06), (-0.14, 0.17),
    (-0.03, 0.245), (0.14, 0.27), (0.33, 0.22), (0.48, 0.14), (0.62, 0.10),
)  # fmt: skip
"""The outline of the great wave from left to right, x and y: up its back, over its crest, down its hollow face."""

CREST = (140, 345)
"""Which of its points foam, once it is smooth."""

Outline = NDArray[np.float64]
"""Shape (n, 2): x and y, the short side of the picture is 1 long, 0 in its middle."""


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    tall, wide = height * OVER, width * OVER
    y, x = grid(tall, wide)
    found = _sky(y, x, random)
    stretch = wide / min(tall, wide)
    lows = [_rolling(stretch, *shape, random) for shape in ((0.10, 0.022, 0.30), (0.17, 0.04, 0.42), (0.25, 0.05, 0.6))]
    great = _smooth(np.array(GREAT) * (stretch, tall / min(tall, wide)))
    great += np.stack([np.zeros(len(great)), 0.006 * np.sin(np.linspace(0, 40, len(great)) + random.uniform(0, 6))], 1)
    fronts = [_rolling(stretch, *shape, random) for shape in ((0.40, 0.06, 0.62), (0.475, 0.045, 0.40))]
    for outline, claws in (*((low, 0.5) for low in lows), (great, 1.5), *((front, 0.75) for front in fronts)):
        found = _swell(found, outline, y, claws, CREST if outline is great else (0, len(outline)), random)
    wood, fibre = noise(y.shape, 60, random, 2, stretch=14), relief(noise(y.shape, 170, random, 2), 1.2)
    return shrunk(np.asarray(found * (1 + 0.04 * wood + 0.07 * fibre)[..., None], np.float32), height, width)


def _sky(y: Field, x: Field, random: np.random.Generator) -> Colours:
    """A pale sky, darker above, in drifts; and the mountain far away."""
    drift = 0.05 * noise(y.shape, 3, random, 3, stretch=4)
    found = ramp(np.clip(y + 0.5 + drift, 0, 0.75) / 0.75, SKY)
    side = np.abs(x - 0.27) + 0.004 * noise(y.shape, 40, random)
    top = -0.06 + 0.5 * np.maximum(side - 0.012, 0) ** 0.86
    found = mixed(found, ramp((y - top) / 0.22, ROCK), step(y - top, -0.002, 0.002))
    snow = -0.005 + 0.022 * np.sin(95 * x) * np.cos(37 * x + 1) + 0.3 * side**2
    return mixed(found, np.broadcast_to(SNOW, found.shape), step(y - top, 0.001, 0.004) * step(snow - y, 0, 0.003))


def _rolling(stretch: float, top: float, rise: float, length: float, random: np.random.Generator) -> Outline:
    """Swells one after the other, each crest leaning to the right over its trough (a trochoid, sheared)."""
    turn = np.linspace(-np.pi * (stretch / length + 2), np.pi * (stretch / length + 2), 900)
    high = np.cos(turn + random.uniform(0, 6)) * (1 + 0.3 * np.sin(0.37 * turn + random.uniform(0, 6)))
    peak = (0.5 + 0.5 * high) ** 2
    return np.stack([turn * length / (2 * np.pi) + 1.3 * rise * peak**1.5, top - rise * (2 * peak - 0.6)], 1)


def _smooth(points: Outline, between: int = 40) -> Outline:
    """A curve through all points (Catmull and Rom's)."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    a, b, c, d = ends[:-3, None], ends[1:-2, None], ends[2:-1, None], ends[3:, None]
    t = np.linspace(0, 1, between, endpoint=False)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _swell(
    below: Colours, outline: Outline, y: Field, claws: float, foams: tuple[int, int], random: np.random.Generator
) -> Colours:
    """A swell laid over what is behind it: stripes that follow its outline, a dark line, foam on its crest."""
    tall, wide = y.shape
    short = min(tall, wide)
    points = outline * short + (wide / 2, tall / 2)
    line = [tuple(point) for point in points.tolist()]
    mask = Image.new("L", (wide, tall))
    ImageDraw.Draw(mask).polygon([(-9, tall + 9), *line, (wide + 9, tall + 9)], fill=255)
    inside = np.asarray(mask) > 127
    small = np.pad(inside[::2, ::2], ((1, 1), (1, 1)), "edge")
    away = ndimage.distance_transform_edt(small)[1:-1, 1:-1] / (short / 2) if small.any() else small[1:-1, 1:-1] * 0.0
    depth, soft = (
        np.asarray(Image.fromarray(each.astype(np.float32)).resize((wide, tall), Image.Resampling.BILINEAR))
        for each in (away, ndimage.gaussian_filter(away, short * 0.008, truncate=2))
    )
    bent = np.maximum(soft + 0.010 * noise(y.shape, 7, random, 2), 0)
    stripe = 0.5 + 0.5 * np.sin(2 * np.pi * (bent / 0.05) ** 0.85)
    tone = 0.30 + 0.60 * step(stripe, 0.42, 0.58) - 0.9 * np.clip(bent, 0, 0.5) + 0.04 * noise(y.shape, 14, random, 2)
    water = ramp(np.clip(tone, 0, 1), BLUES)
    water = mixed(water, np.broadcast_to(LINE, water.shape), step(np.abs(stripe - 0.5), 0.10, 0.02))
    fine = 0.5 + 0.5 * np.sin(2 * np.pi * bent / 0.0125)
    water *= (1 - 0.20 * step(fine, 0.45, 0.95) * step(noise(y.shape, 9, random), -0.5, 0.2))[..., None]
    rim = 0.016 + 0.006 * noise(y.shape, 18, random)
    water = mixed(water, np.broadcast_to(FOAM, water.shape), step(depth, rim + 0.001, rim - 0.001))
    found = np.where(inside[..., None], water, below)
    picture = Image.fromarray(pixels(found))
    ImageDraw.Draw(picture).line(line, fill=_ink(LINE), width=max(1, round(short / 300)))
    _foam(picture, points[slice(*foams)], claws, short, random)
    return np.asarray(picture, np.float32) / np.float32(255)


def _foam(picture: Image.Image, points: Outline, claws: float, short: int, random: np.random.Generator) -> None:
    """Foam along the crest, where the outline runs up or over: clumps that end in claws, and spray."""
    ways = np.gradient(points, axis=0)
    length = np.hypot(*ways.T) + 1e-9
    heading = np.arctan2(ways[:, 1], ways[:, 0])
    over = np.cumsum(length)
    crest = ndimage.maximum_filter1d(heading > 0.45, 15)
    blobs: list[tuple[float, float, float]] = []
    spray: list[tuple[float, float, float]] = []
    at = 0.0
    while at < over[-1]:
        index = int(np.searchsorted(over, at))
        at += short * 0.012 * claws * random.uniform(0.7, 1.3)
        if index >= len(points) or not crest[index]:
            continue
        place, angle = points[index], heading[index] + random.normal(0, 0.35)
        size = short * 0.013 * claws * random.uniform(0.7, 1.25)
        turn = random.uniform(0.1, 0.5)
        for knuckle in range(int(random.integers(3, 7))):
            blobs.append((*place, size))
            if knuckle == 2:
                side = angle - 1.2
                aside = np.array([np.cos(side), np.sin(side)])
                blobs += [(*(place + size * k * aside), size * (0.8 - 0.18 * k)) for k in (1, 2, 3)]
            place = place + size * 1.25 * np.array([np.cos(angle), np.sin(angle)])
            angle, size = angle + turn, size * 0.83
        for _ in range(2):
            off = random.normal(0, 1, 2) * (0.03, 0.025) + (0.025, -0.012)
            spray.append((*(points[index] + off * short * claws), short * random.uniform(0.0012, 0.0035)))
    pen = ImageDraw.Draw(picture)
    edge = short * 0.0024
    for grown, fill in ((edge, LINE), (0.0, FOAM)):
        for left, top, size in blobs:
            _dot(pen, left, top, size + grown, fill)
    for left, top, size in blobs:
        _dot(pen, left - size * 0.22, top + size * 0.25, size * 0.42, SHADE)
    for left, top, size in spray:
        _dot(pen, left, top, size, FOAM)


def _dot(pen: ImageDraw.ImageDraw, left: float, top: float, size: float, fill: Colours) -> None:
    pen.ellipse((left - size, top - size, left + size, top + size), fill=_ink(fill))


def _ink(colour: Colours) -> tuple[int, ...]:
    return tuple(pixels(colour).tolist())
