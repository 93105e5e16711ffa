"""An abstract composition of circles, wedges, lines and boards, as the Bauhaus painted them around 1923."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.vision.drawn.fields import Colours, Field, grid, hexed, noise, pixels, relief, shrunk, step

OVER = 2
GROUND = hexed("efe2c6")[0]
INKS = hexed("d8321f", "1d3f94", "f2b41c", "161616", "2f8f83", "e9702a", "7fb2d6", "7a2f6f", "f6efe0", "c98a9a")
BLACK = (22, 20, 20)


class _Sheet:
    """What is drawn on, or a part of it: `colours`, and coordinates with the short side 1 long and 0 in the middle."""

    def __init__(self, y: Field, x: Field, colours: Colours, grain: Field, soft: float) -> None:
        self.y, self.x, self.colours, self.grain = y, x, colours, grain
        self.soft = soft  # half the width of an edge

    def part(self, top: float, left: float, reach: float) -> _Sheet:
        """The part that lies within `reach` of a place; it shares its colours with the whole."""
        rows = slice(*np.searchsorted(self.y[:, 0], (top - reach, top + reach)))
        columns = slice(*np.searchsorted(self.x[0], (left - reach, left + reach)))
        here = (rows, columns)
        return _Sheet(self.y[here], self.x[here], self.colours[here], self.grain[here], self.soft)

    def wash(self, share: NDArray[Any], colour: Colours, opaque: float = 0.92) -> None:
        """Colour where `share` is 1, thinner here and there as from a dry brush."""
        self.colours += (colour - self.colours) * (share * (opaque - self.grain))[..., None]


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = grid(height * OVER, width * OVER)
    tone = 1 + 0.05 * noise(y.shape, 2.5, random, 3) - 0.10 * (y * y + x * x)
    grain = 0.11 + 0.11 * noise(y.shape, 14, random, 4)
    sheet = _Sheet(y, x, np.asarray(GROUND * tone[..., None], np.float32), grain, 1.2 / min(y.shape))
    extent = np.array([height, width]) / min(height, width)
    for _ in range(5):
        _wedge(sheet, random.uniform(-0.46, 0.46, 2) * extent, random)
    for _ in range(2):
        _board(sheet, random.uniform(-0.4, 0.4, 2) * extent, random)
    sizes = (0.21, 0.155, 0.12, 0.10, 0.085, 0.07, 0.06, 0.05, 0.045, 0.04, 0.035, 0.03)
    spots = [(-0.16 * extent[0], -0.14 * extent[1], sizes[0])]
    for size in sizes[1:]:
        for _ in range(60):
            top, left = random.uniform(-0.46, 0.46, 2) * extent
            if all(np.hypot(top - low, left - right) > 0.78 * (size + other) for low, right, other in spots):
                spots.append((top, left, size))
                break
    for top, left, size in spots:
        _rings(sheet.part(top, left, 2.1 * size), top, left, size, random)
    picture = Image.fromarray(pixels(sheet.colours))
    _lines(picture, random)
    colours = np.asarray(picture, np.float32) / 255
    weave = relief(noise(y.shape, 150, random, 2), 1.4) + 0.5 * noise(y.shape, 60, random, 3)
    return shrunk(np.asarray(colours * (1 + 0.06 * weave)[..., None], np.float32), height, width)


def _rings(sheet: _Sheet, top: float, left: float, size: float, random: np.random.Generator) -> None:
    """Circles in each other, with a halo around; some are halved in two colours."""
    away = np.hypot(sheet.y - top, sheet.x - left)
    colours = random.permutation(len(INKS))
    glow = np.exp(-((np.maximum(away - size, 0) / (0.42 * size)) ** 2))
    sheet.wash(0.75 * glow, INKS[colours[0]])
    share = 1.0
    for number in range(int(random.integers(3, 7)) if size > 0.05 else 2):
        edge = share * size
        inside = step(away, edge + sheet.soft, edge - sheet.soft)
        sheet.wash(inside, INKS[colours[number % len(INKS)]], 0.98)
        if number == 0 and size > 0.05 and random.uniform() < 0.5:
            half = (
                np.sin(random.uniform(0, 6)) * (sheet.y - top) + np.cos(random.uniform(0, 6)) * (sheet.x - left)
            ) > 0
            sheet.wash(inside * half, INKS[colours[-1]], 0.98)
        sheet.wash(step(np.abs(away - edge), 0.0035, 0.0015), INKS[3])
        share *= random.uniform(0.55, 0.85)


def _wedge(sheet: _Sheet, tip: NDArray[np.float64], random: np.random.Generator) -> None:
    """A long triangle of thin colour that grows fainter towards its base."""
    top, left = tip
    turn, open_, length = random.uniform(0, 2 * np.pi), random.uniform(0.10, 0.32), random.uniform(0.5, 1.0)
    ahead = (sheet.x - left) * np.cos(turn) + (sheet.y - top) * np.sin(turn)
    aside = np.abs((sheet.y - top) * np.cos(turn) - (sheet.x - left) * np.sin(turn))
    inside = step(aside - ahead * open_, sheet.soft, -sheet.soft) * (ahead > 0) * (ahead < length)
    sheet.wash(inside * (1 - 0.6 * np.clip(ahead / length, 0, 1)), INKS[random.integers(len(INKS))], 0.9)


def _board(sheet: _Sheet, middle: NDArray[np.float64], random: np.random.Generator) -> None:
    """A slanted chess board."""
    top, left = middle
    sheet = sheet.part(top, left, 0.18)
    turn, cell = random.uniform(-0.7, 0.7), random.uniform(0.022, 0.034)
    across = ((sheet.x - left) * np.cos(turn) + (sheet.y - top) * np.sin(turn)) / cell
    down = ((sheet.y - top) * np.cos(turn) - (sheet.x - left) * np.sin(turn)) / cell
    inside = (np.abs(across) < 4) & (np.abs(down) < 3)
    odd = (np.floor(across) + np.floor(down)) % 2
    first, second = INKS[random.integers(len(INKS))], INKS[3]
    sheet.wash(np.asarray(inside & (odd == 0), np.float32), first)
    sheet.wash(np.asarray(inside & (odd == 1), np.float32), second)


def _lines(picture: Image.Image, random: np.random.Generator) -> None:
    """Straight lines, bundles, arcs and zigzags of black ink, over everything."""
    wide, tall = picture.size
    short = min(wide, tall)
    pen = ImageDraw.Draw(picture)

    def place() -> NDArray[np.float64]:
        return random.uniform(0.02, 0.98, 2) * (wide, tall)

    for _ in range(9):
        begin, turn = place(), random.uniform(0, np.pi)
        way = np.array([np.cos(turn), np.sin(turn)]) * short * random.uniform(0.25, 0.75)
        pen.line((*begin, *(begin + way)), BLACK, max(1, round(short * random.uniform(0.002, 0.008))))
    for _ in range(4):
        begin, turn = place(), random.uniform(0, np.pi)
        way, aside = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        for number in range(int(random.integers(4, 9))):
            start = begin + aside * short * 0.016 * number
            pen.line((*start, *(start + way * short * (0.16 + 0.012 * number))), BLACK, max(1, round(short * 0.003)))
    for _ in range(6):
        middle, size = place(), short * random.uniform(0.05, 0.22)
        first = random.uniform(0, 360)
        box = (*(middle - size), *(middle + size))
        pen.arc(box, first, first + random.uniform(70, 200), BLACK, max(1, round(short * random.uniform(0.003, 0.012))))
    for _ in range(3):
        begin, step_, high = place(), short * 0.022, short * random.uniform(0.015, 0.04)
        points = [(begin[0] + step_ * number, begin[1] + high * (number % 2)) for number in range(9)]
        pen.line(points, BLACK, max(1, round(short * 0.004)), joint="curve")
