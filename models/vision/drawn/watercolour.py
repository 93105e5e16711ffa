"""Watercolour: loose flowers before hills in mist, in washes that dry darker at their edges.

A wash lets light through twice, so that washes multiply (Beer's law); its pigment gathers at the edge, in the paper's
hollows, and where water ran back into it (after Curtis et al., "Computer-Generated Watercolor", 1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.vision.drawn.fields import Colours, Field, grid, hexed, noise, relief, shrunk, step

OVER = 2
PAPER = hexed("fbf7ec")[0]
BLOOMS = hexed("d6294b", "e8603c", "7a3fa8", "2f5fc0", "f0a92a", "d94f9a")
GREENS = hexed("3f7a3a", "6a9a3f", "2f6a5a", "8aa04a")
HILLS = hexed("9ab4d6", "7a9ac0", "6f9aa0")
SKY, WARM, DARK = hexed("8fbfe6", "f6c6a8", "2a1f38")


class _Paper:
    """Paper to paint on, or a part of it; `colours` is shared with the whole."""

    def __init__(self, y: Field, x: Field, colours: Colours, rough: Field, cloud: Field, wobble: Field) -> None:
        self.y, self.x, self.colours = y, x, colours
        self.rough, self.cloud, self.wobble = rough, cloud, wobble

    def part(self, top: float, left: float, reach: float) -> _Paper:
        """The part that lies within `reach` of a place."""
        rows = slice(*np.searchsorted(self.y[:, 0], (top - reach, top + reach)))
        columns = slice(*np.searchsorted(self.x[0], (left - reach, left + reach)))
        here = (rows, columns)
        return _Paper(
            self.y[here], self.x[here], self.colours[here], self.rough[here], self.cloud[here], self.wobble[here]
        )

    def wash(
        self, outside: NDArray[Any], colour: Colours, strength: float, edge: float = 0.6, soft: float = 0.003,
        shake: float = 0.012,
    ) -> None:  # fmt: skip
        """Lay a wash where `outside`, the distance to its outline, is below 0.

        `soft` is the width of the outline, `shake` how far it strays, `edge` how much darker it dries.
        """
        away = outside + shake * self.wobble
        inside = step(away, soft, -soft)
        rim = edge * np.exp(-np.maximum(-away, 0) / 0.006) + 0.35 * edge * np.exp(-np.maximum(-away, 0) / 0.03)
        density = inside * strength * (0.55 + 0.32 * self.cloud + rim + 0.22 * self.rough)
        self.colours *= np.maximum(colour, 0.03) ** np.maximum(density, 0)[..., None]

    def lift(self, outside: NDArray[Any], share: float) -> None:
        """Take colour off again with a damp brush, so that what comes next shines."""
        self.colours += (PAPER - self.colours) * (share * step(outside + 0.012 * self.wobble, 0.004, -0.004))[..., None]


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = grid(height * OVER, width * OVER)
    shape = y.shape
    grain = noise(shape, 130, random, 3)
    cloud = noise(shape, 7, random, 4)
    cloud = np.where(np.abs(cloud) < 0.12, cloud + 0.9 * (0.12 - np.abs(cloud)) / 0.12, cloud)  # rims of backruns
    wobble = noise(shape, 11, random, 4)
    paper = _Paper(y, x, np.ones((*shape, 3), np.float32) * PAPER, grain, np.asarray(cloud, np.float32), wobble)
    right, low = np.array([width, height]) / (2 * min(height, width))
    left = -right
    paper.wash(np.maximum(y + 0.08 + 0.12 * wobble, -0.48 - y + 0.06 * cloud), SKY, 1.25, 0.12, 0.16)
    paper.wash(np.abs(y + 0.02 + 0.05 * wobble) - 0.10, WARM, 0.9, 0.0, 0.12)
    for number, colour in enumerate(HILLS):
        top = -0.10 + 0.085 * number - 0.05 * np.sin((4 + number) * x + random.uniform(0, 6)) - 0.02 * np.sin(13 * x)
        paper.wash(np.maximum(top - y, (y - top - 0.16) * 0.2), colour, 0.75, 0.35)
    paper.wash(0.18 - y + 0.04 * np.sin(5 * x), GREENS[3], 0.7, 0.2, 0.10)
    flowers = []
    for at in np.linspace(left + 0.08, right - 0.08, max(3, round(6 * (right - left)))):
        flowers.append((random.uniform(-0.26, 0.20), at + random.uniform(-0.05, 0.05), random.uniform(0.085, 0.14)))
    for top, middle, size in flowers:
        _stem(paper, top, middle, low, size, random)
    for number in random.permutation(len(flowers)):
        top, middle, size = flowers[number]
        colour = BLOOMS[(number * 5 + int(random.integers(2))) % len(BLOOMS)]
        _flower(paper, top, middle, size, colour, random)
    for _ in range(90):
        place, size = random.uniform((-0.5, left), (low, right)), 0.0016 + 0.006 * random.uniform() ** 4
        spot = paper.part(place[0], place[1], 4 * size + 0.01)
        dot = np.hypot(spot.y - place[0], spot.x - place[1]) - size
        spot.wash(dot, BLOOMS[random.integers(len(BLOOMS))], random.uniform(0.5, 1.3))
    tooth = relief(grain, 1.3)
    return shrunk(np.asarray(paper.colours * (1 + 0.05 * tooth)[..., None], np.float32), height, width)


def _flower(paper: _Paper, top: float, left: float, size: float, colour: Colours, random: np.random.Generator) -> None:
    """Petals in three washes, the later ones smaller and darker, and a dark heart with stamens."""
    part = paper.part(top, left, 1.7 * size)
    down, right = part.y - top, (part.x - left) * random.uniform(0.9, 1.15)
    away, turn = np.hypot(down, right), np.arctan2(down, right)
    petals, seat = int(random.integers(5, 8)), random.uniform(0, 6)
    part.lift(away - 0.93 * size * (0.6 + 0.4 * np.abs(np.cos(0.5 * petals * (turn + seat))) ** 0.55), 0.85)
    for share, strength in ((1.0, 0.75), (0.86, 0.55), (0.55, 0.7)):
        lobes = np.abs(np.cos(0.5 * petals * (turn + seat))) ** 0.55
        edge = size * share * (0.58 + 0.42 * lobes + 0.07 * np.sin(7 * turn + seat))
        tint = np.clip(colour + random.normal(0, 0.05, 3), 0.03, 0.98).astype(np.float32)
        part.wash(away - edge, tint, strength, 0.7)
        seat += random.uniform(0.1, 0.5)
    veins = np.abs(np.sin(petals * 4 * turn + 2 * part.wobble)) * away
    part.wash(np.maximum(veins - 0.10 * size, np.abs(away - 0.45 * size) - 0.24 * size), colour, 0.7, 0.1)
    part.wash(away - size * 0.13, DARK, 1.0, 0.4, shake=0.006)
    for angle in random.uniform(0, 2 * np.pi, 16):
        far = size * random.uniform(0.24, 0.36)
        dot = np.hypot(down - far * np.sin(angle), right - far * np.cos(angle)) - 0.026 * size
        part.wash(dot, DARK, 1.2, shake=0.0)


def _stem(paper: _Paper, top: float, left: float, low: float, size: float, random: np.random.Generator) -> None:
    """A bent stem from a flower to the ground, with long leaves."""
    bend, colour = random.uniform(-0.10, 0.10), GREENS[random.integers(len(GREENS))]
    part = paper.part((top + low) / 2, left, (low - top) / 2 + 0.12)
    middle = left + bend * np.maximum(part.y - top, 0) ** 1.5
    part.wash(np.maximum(np.abs(part.x - middle) - 0.006, top - part.y), colour, 1.3, 0.3, shake=0.002)
    for _ in range(3):
        foot = random.uniform(top + 1.2 * size, low)
        turn, length = random.choice([-1, 1]) * random.uniform(0.35, 1.0) - np.pi / 2, random.uniform(0.12, 0.24)
        at = left + bend * (foot - top) ** 1.5
        part = paper.part(foot, at, 1.1 * length)
        ahead = ((part.x - at) * np.cos(turn) + (part.y - foot) * np.sin(turn)) / length
        aside = np.abs((part.y - foot) * np.cos(turn) - (part.x - at) * np.sin(turn) + 0.25 * length * ahead**2)
        blade = np.clip(ahead * (1 - ahead), 0, 1) ** 0.8 * 0.42 * length
        tint = GREENS[random.integers(len(GREENS))]
        part.wash(
            np.where((ahead > 0) & (ahead < 1), aside - blade, 0.05), tint, random.uniform(0.7, 1.1), 0.6, shake=0.006
        )
        part.wash(np.where((ahead > 0.05) & (ahead < 0.95), aside - 0.0016, 0.05), tint, 0.8, 0.0, shake=0.0)
