"""Pointillism: a river bank at sunset in dots of pure colour, which the eye mixes.

Each dot takes a colour near that of its place, now and then its complement, as the painters of 1886 did.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.vision.drawn.fields import Colours, Field, grid, hexed, mixed, noise, pixels, ramp, shrunk, step

OVER = 2
COARSE = 256
LAYERS = ((6.0, 4.4, 0.30), (4.8, 3.3, 0.45), (4.4, 2.6, 0.60))
"""One layer of dots over the other: their distance and radius, in 512ths of the short side, and how far the colours
of neighbours differ.
"""

SKY = hexed("3a4fa8", "6f7fd0", "b79ad8", "f2a7b0", "ffc27a", "ffe59a")
WATER = hexed("ffe08a", "ffab72", "c98ac2", "6f86d6", "3a5fb8", "274391")
GRASS = hexed("1d4a4a", "2f7a4a", "7aa84a", "c8c45a", "f0dc7a")
LEAVES = hexed("14324a", "1f5f4f", "4a8f4f", "9ab84f", "e0b04a", "cf5f3a")
TRUNK, SAIL, SUN = hexed("4a2348", "fdf6e0", "fff6b8")
HORIZON = 0.02


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    short = min(height, width)
    y, x = grid(max(1, round(height * COARSE / short)), max(1, round(width * COARSE / short)))
    scene = _scene(y, x, random)
    paper = Image.fromarray(pixels(np.broadcast_to(hexed("efe3cf")[0], (height * OVER, width * OVER, 3))))
    for gap, radius, spread in LAYERS:
        _dots(paper, scene, gap, radius, spread, random)
    return shrunk(np.asarray(paper, np.float32) / np.float32(255), height, width)


def _dots(
    paper: Image.Image, scene: Colours, gap: float, radius: float, spread: float, random: np.random.Generator
) -> None:
    """A layer of dots that are neither in rows nor in heaps."""
    wide, tall = paper.size
    unit = min(wide, tall) / 512
    rows, columns = max(1, round(tall / gap / unit)), max(1, round(wide / gap / unit))
    at = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1).reshape(-1, 2)
    places = (at + random.uniform(0, 1, at.shape)) * (tall / rows, wide / columns)
    places = random.permutation(places)
    index = (places / (tall, wide) * scene.shape[:2]).astype(int)
    found = scene[index[:, 0], index[:, 1]]
    grey = found.mean(axis=1, keepdims=True)
    found = grey + (found - grey) * random.uniform(1.0, 1.0 + 0.9 * spread, (len(found), 1))
    found += random.normal(0, 0.16 * spread, found.shape) + random.normal(0, 0.16 * spread, (len(found), 1))
    others = random.uniform(0, 1, len(found)) < 0.16 * spread
    found[others] = np.clip(1.05 - found[others], 0, 1) * 0.5 + grey[others] * 0.5 + 0.05
    sizes = radius * unit * random.uniform(0.7, 1.2, len(found))
    pen = ImageDraw.Draw(paper)
    boxes = np.concatenate([places[:, ::-1] - sizes[:, None], places[:, ::-1] + sizes[:, None]], 1).tolist()
    for box, fill in zip(boxes, pixels(np.asarray(found, np.float32)).tolist(), strict=True):
        pen.ellipse(box, fill=tuple(fill))


def _scene(y: Field, x: Field, random: np.random.Generator) -> Colours:
    """The colours of a river between meadows, trees to the left, sails, and the sun going down."""
    shape = y.shape
    sun_y, sun_x, left = HORIZON - 0.10, 0.20, float(x.min())
    away = np.hypot(y - sun_y, (x - sun_x) * 0.8)
    clouds = noise(shape, 4, random, 4, stretch=3)
    found = ramp(np.clip(1.05 - 1.5 * away + 0.16 * clouds, 0, 1), SKY)
    found = mixed(found, np.broadcast_to(SUN, found.shape), step(away, 0.060, 0.045))
    depth = np.maximum(y - HORIZON, 0)
    ripple = noise(shape, 22, random, 2, stretch=6)
    glitter = np.exp(-(((x - sun_x) / (0.035 + 0.30 * depth)) ** 2)) * (0.75 + 0.6 * ripple)
    water = ramp(np.clip(0.30 + 1.1 * depth + 0.14 * ripple - 0.75 * glitter, 0, 1), WATER)
    found = np.where((y > HORIZON)[..., None], water, found)
    hills = HORIZON - 0.035 - 0.025 * np.sin(7 * x + 1) - 0.012 * np.sin(19 * x)
    far = ramp(0.25 + 0.25 * noise(shape, 12, random), hexed("2f3f8a", "5a5fae", "9a7fb8"))
    found = np.where(((y > hills) & (y < HORIZON))[..., None], far, found)
    for middle, foot, high in ((-0.02, 0.085, 0.13), (0.33, 0.05, 0.08), (0.10, 0.04, 0.055)):
        down = (foot - y) / high
        lean = x - middle
        sail = (down > 0.12) & (down < 1) & (lean > -0.02 * high) & (lean < 0.55 * high * (1 - down))
        hull = (down > 0) & (down < 0.09) & (np.abs(lean - 0.15 * high) < 0.42 * high)
        found[sail], found[hull] = SAIL, TRUNK
    bank = 0.25 - 0.30 * step(x, 0.25, left) + 0.02 * noise(shape, 6, random, 2)
    grass = np.clip(0.55 + 0.32 * noise(shape, 7, random, 3) - 0.9 * (y - bank) + 0.35 * (x - left) / 1.5, 0, 1)
    found = np.where((y > bank)[..., None], ramp(grass, GRASS), found)
    for at, size in ((0.12, 0.22), (0.34, 0.15), (0.0, 0.19)):
        found = _tree(found, y, x, left + at, 0.16 + 0.2 * at, size, random)
    return np.asarray(found, np.float32)


def _tree(
    below: Colours, y: Field, x: Field, middle: float, foot: float, size: float, random: np.random.Generator
) -> Colours:
    """A tree whose crown is lit from the right, and its shade on the grass."""
    shape = y.shape
    shade = np.hypot((y - foot) / 0.18, (x - middle + 0.5 * size) / 1.1) / size
    found = mixed(below, below * np.array([0.45, 0.5, 0.85], np.float32), 0.8 * step(shade, 1.0, 0.7))
    bend = middle + 0.02 * np.sin(9 * y + middle * 9)
    stem = (np.abs(x - bend) < 0.09 * size * (1 + 0.5 * (y - foot) / size)) & (y < foot) & (y > foot - 1.3 * size)
    found[stem] = TRUNK
    top = foot - 2.1 * size
    edge = np.hypot((y - top) * 0.85, x - bend) / size + 0.30 * noise(shape, 9, random, 3)
    light = 0.42 + 0.5 * (x - bend) / size - 0.35 * (y - top) / size + 0.28 * noise(shape, 14, random, 2)
    return np.where((edge < 1)[..., None], ramp(np.clip(light, 0, 1), LEAVES), found)
