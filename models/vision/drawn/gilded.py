"""Gold and ornament: a tree whose branches curl into spirals, before gold leaf, over a meadow of jewels (after 1905).

A branch is a clothoid: its curvature grows with its length, and so it ends in a spiral.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from models.vision.drawn.fields import Colours, Field, grid, hashed, hexed, noise, pixels, ramp, relief, shrunk

OVER = 2
LEAF = hexed("7d5714", "b07f22", "d3a437", "e8c462", "f4dc92")
BARK, BRIGHT, DARK, IVORY, MOSS = hexed("3b2412", "e6c05a", "1c1512", "f3ead2", "2b3a1c")
JEWELS = hexed("1f5fa8", "c2312b", "2f8f6f", "f3ead2", "7a2f7f", "e58a2a", "1c1512", "6fb7d6")


class _Drawing:
    """Two pictures that are drawn alike: the colours, and how high the metal stands."""

    def __init__(self, ground: Colours) -> None:
        self.paint = Image.fromarray(pixels(ground))
        self.height = Image.new("L", self.paint.size, 90)
        self.pens = ImageDraw.Draw(self.paint), ImageDraw.Draw(self.height)
        self.short = min(self.paint.size)

    def dot(self, place: NDArray[np.float64], size: float, colour: Colours, height: int = 150) -> None:
        box = (*(place - size), *(place + size))
        self.pens[0].ellipse(box, fill=tuple(pixels(colour).tolist()))
        self.pens[1].ellipse(box, fill=height)

    def shape(self, points: NDArray[np.float64], colour: Colours, height: int = 140) -> None:
        corners = [tuple(point) for point in points.tolist()]
        self.pens[0].polygon(corners, fill=tuple(pixels(colour).tolist()))
        self.pens[1].polygon(corners, fill=height)


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = grid(height * OVER, width * OVER)
    drawing = _Drawing(_leaf(y, x, random))
    wide, tall = drawing.paint.size
    short = drawing.short
    for _ in range(round(46 * wide * tall / short**2)):
        place = random.uniform(0, 1, 2) * (wide, tall)
        curl = _clothoid(place, random.uniform(0, 6.3), 0.22 * short, random.choice([-1, 1]) * 13.0)
        _ribbon(drawing, curl, 0.0016 * short, 0.0012 * short, LEAF[0], 105)
    foot = np.array([0.47 * wide, 0.93 * tall])
    branches = [*_tree(foot, short, wide, tall, random)]
    for size, colour, high in ((1.0, BARK, 60), (0.62, BRIGHT, 200)):
        for path, thick in branches:
            _ribbon(drawing, path, thick * size, thick * size * 0.28, colour, high)
    _beads(drawing, branches, random)
    _meadow(drawing, random)
    metal = ndimage.gaussian_filter(np.asarray(drawing.height, np.float32) / 255, short / 900)
    light = relief(metal, 1.5) + relief(noise(y.shape, 70, random, 3), 2.2) * 0.5
    found = np.asarray(drawing.paint, np.float32) / 255
    sheen = np.maximum(light, 0)[..., None] * (1.0, 0.9, 0.6)
    return shrunk(np.asarray(found * (1 + 0.45 * light[..., None]) + 0.20 * sheen, np.float32), height, width)


def _leaf(y: Field, x: Field, random: np.random.Generator) -> Colours:
    """Sheets of gold leaf, each in a tone of its own, worn and speckled."""
    y = y + 0.004 * noise(y.shape, 8, random, 2)
    x = x + 0.004 * noise(x.shape, 8, random, 2)
    rows, columns = np.floor(y / 0.085).astype(np.int64) + 500, np.floor(x / 0.085).astype(np.int64) + 500
    tone = 0.42 + 0.42 * (hashed(rows * 1000 + columns, 1) - 0.5) + 0.20 * noise(y.shape, 4, random, 5)
    seam = np.minimum(np.abs((y / 0.085) % 1 - 0.5), np.abs((x / 0.085) % 1 - 0.5))
    tone -= 0.10 * (seam > 0.475) + 0.35 * (noise(y.shape, 100, random) > 0.95)
    return ramp(np.clip(tone, 0, 1), LEAF)


def _clothoid(begin: NDArray[np.float64], turn: float, length: float, total: float) -> NDArray[np.float64]:
    """A path, shape (n, 2) as x and y, that turns by `total` radians in all, ever more tightly."""
    share = np.linspace(0, 1, 140)
    angle = turn + total * share**1.75
    steps = np.stack([np.cos(angle), np.sin(angle)], 1) * (length / len(share)) * (1.35 - 1.05 * share)[:, None]
    return begin + np.cumsum(steps, 0)


def _tree(
    foot: NDArray[np.float64], short: int, wide: int, tall: int, random: np.random.Generator
) -> list[tuple[NDArray[np.float64], float]]:
    """The paths of trunk and branches with how thick they begin, in pixels."""
    share = np.linspace(0, 1, 80)[:, None]
    trunk = foot + share * (0.03 * wide, -0.50 * tall) + np.sin(share * 5) * (0.015 * short, 0)
    found = [(trunk, 0.040 * short)]
    reach = np.array([wide, tall]) / short

    def grow(begin: NDArray[np.float64], turn: float, length: float, sense: float, thick: float, depth: int) -> None:
        path = _clothoid(begin, turn, length * short, sense * random.uniform(12.5, 16))
        found.append((path, thick))
        if depth:
            for at in (random.integers(14, 24), random.integers(30, 42), random.integers(48, 60)):
                way = path[at + 1] - path[at]
                heading = float(np.arctan2(way[1], way[0]))
                grow(path[at], heading - 0.6 * sense, length * 0.58, -sense, thick * 0.58, depth - 1)

    for at, turn, sense in (
        (79, -2.3, 1),
        (79, -0.85, -1),
        (62, -2.75, -1),
        (60, -0.3, 1),
        (45, 3.0, 1),
        (44, 0.05, -1),
    ):
        length = 1.25 * float(reach.max() if abs(np.cos(turn)) > 0.6 else reach.min()) * random.uniform(0.85, 1.1)
        grow(trunk[at], turn, length, sense, 0.024 * short, 2)
    return found


def _ribbon(
    drawing: _Drawing, path: NDArray[np.float64], thick: float, thin: float, colour: Colours, height: int
) -> None:
    """A line that tapers from `thick` to `thin`, in pixels: half its width."""
    way = np.gradient(path, axis=0)
    aside = np.stack([-way[:, 1], way[:, 0]], 1) / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    half = np.linspace(thick, thin, len(path))[:, None]
    edges = path + aside * half, path - aside * half
    for begin in range(0, len(path) - 1, 4):  # in pieces: a spiral's outline would cross itself
        end = begin + 6
        drawing.shape(np.concatenate([edges[0][begin:end], edges[1][begin:end][::-1]]), colour, height)


def _beads(drawing: _Drawing, branches: list[tuple[NDArray[np.float64], float]], random: np.random.Generator) -> None:
    """Beads, eyes and leaves along the branches."""
    short = drawing.short
    for path, _ in branches:
        for at in random.integers(20, len(path), 2):
            size = short * random.uniform(0.005, 0.011)
            for share, colour in ((1.0, DARK), (0.78, JEWELS[random.integers(len(JEWELS))]), (0.36, IVORY)):
                drawing.dot(path[at], size * share, colour, 170)
    for path, _ in branches[1:]:
        for at in random.integers(6, 60, 2):
            place = path[at] + random.normal(0, 0.02, 2) * short
            size, turn = short * random.uniform(0.012, 0.02), random.uniform(0, 6.3)
            corner = turn + np.array([0, 2.3, 4.0])
            drawing.shape(place + size * np.stack([np.cos(corner), np.sin(corner)], 1), DARK, 120)
            drawing.shape(place + 0.55 * size * np.stack([np.cos(corner), np.sin(corner)], 1), IVORY, 160)


def _meadow(drawing: _Drawing, random: np.random.Generator) -> None:
    """Rings, boxes and triangles crowded together at the foot of the picture."""
    wide, tall = drawing.paint.size
    short = drawing.short
    left = np.linspace(0, wide, 60)
    edge = tall - short * (0.17 + 0.05 * np.sin(7 * left / short))
    drawing.shape(np.concatenate([np.stack([left, edge], 1), [(wide, tall), (0, tall)]]), MOSS, 90)
    count = round(230 * wide / short)
    for _ in range(count):
        across, depth = random.uniform(0, wide), random.uniform(0, 1)
        top = tall - short * (0.005 + (0.17 + 0.05 * np.sin(7 * across / short)) * depth)
        place, size = np.array([across, top]), short * random.uniform(0.012, 0.026)
        first, second = JEWELS[random.choice(len(JEWELS), 2, replace=False)]
        kind = random.uniform()
        if kind < 0.55:
            for share, colour in ((1.15, BRIGHT), (1.0, first), (0.68, BRIGHT), (0.5, second), (0.2, IVORY)):
                drawing.dot(place, size * share, colour, 130 + int(90 * (1 - share) + 20))
        elif kind < 0.8:
            box = np.array([(-1, -0.7), (1, -0.7), (1, 0.7), (-1, 0.7)])
            for share, colour in ((1.0, DARK), (0.75, IVORY if kind < 0.68 else first), (0.35, second)):
                drawing.shape(place + box * size * share, colour, 150)
        else:
            corners = np.array([(-0.9, 0.8), (0.9, 0.8), (0, -1.1)])
            for share, colour in ((1.0, BRIGHT), (0.75, first), (0.35, DARK)):
                drawing.shape(place + corners * size * share, colour, 150)
