"""Ink lines as in an engraving: mountains, firs and a lake, in lines that swell where it is dark, and cross there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.vision.drawn.fields import Field, grid, hexed, mixed, noise, shrunk, step

OVER = 2
PAPER, INK = hexed("f4ead4")[0], hexed("1a1512")[0]
SUN = (-0.25, 0.17, 0.075)
RANGES = ((0.00, 0.31, 2.2), (0.10, 0.20, 3.4), (0.20, 0.12, 5.0))
"""Ranges of mountains from the far one: where they stand (y), how high, how many peaks."""
SHORE = 0.25
LINES = 105
"""Lines along the short side."""


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = grid(height * OVER, width * OVER)
    shape = y.shape
    hand = 0.0016 * noise(shape, 30, random, 2)
    dark, along, ink = _sky(y, x, random)
    for number, (foot, high, peaks) in enumerate(RANGES):
        ridge = foot - high * _ridge(x[0], peaks, random)[None]
        depth = y - ridge
        spurs = noise(shape, 2.1 * peaks, random, 5, stretch=0.7) + 0.5 * np.sin(26 * x + 9 * depth)
        fall = np.gradient(ridge[0])[None] * min(shape) * np.exp(-np.maximum(depth, 0) * 11)
        lit = np.gradient(spurs, axis=1) * min(shape) / 26 + 0.9 * fall
        shade = 0.30 + 0.03 * number + 0.44 * np.tanh(lit) + 0.22 * np.exp(-np.abs(depth) * 40) - 0.5 * depth
        below = depth > 0
        dark = np.where(below, np.clip(shade, 0, 1), dark)
        along = np.where(below, y * 0.55 + x * np.where(number % 2, -0.8, 0.8) + 0.055 * spurs, along)
        thick = 0.0028 + 0.0012 * noise(shape, 25, random)
        ink = np.where(below, step(np.abs(depth), thick, thick * 0.4), ink)
    water = y > SHORE
    wet, ripple = _water(y, x, random)
    dark, along = np.where(water, wet, dark), np.where(water, ripple, along)
    ink = np.where(water, 0, ink)
    firs = _firs(y, x, random)
    edge = ndimage.maximum_filter(firs, max(1, round(min(shape) / 110)))
    dark = np.where(firs, 0.60 + 0.10 * noise(shape, 30, random), np.where(edge, 0, dark))
    along = np.where(firs, 0.8 * y + 0.05 * noise(shape, 14, random), along)
    ink = np.where(edge, 0, ink)
    ink = np.maximum(ink, _lines(along + hand, dark, 0.04, 0.62, random))
    ink = np.maximum(ink, _lines(0.75 * x - 0.62 * y + 1.5 * hand, dark, 0.44, 0.95, random) * ~water)
    ink = np.maximum(ink, _lines(0.75 * x + 0.68 * y - 1.5 * hand, dark, 0.62, 1.15, random) * ~water)
    paper = PAPER * (1 + 0.03 * noise(shape, 110, random, 3) + 0.03 * noise(shape, 3, random))[..., None]
    worn = 0.93 - 0.14 * step(noise(shape, 130, random, 2), 0.3, 1.0)
    return shrunk(mixed(paper, np.broadcast_to(INK, paper.shape), ink * worn), height, width)


def _lines(across: Field, dark: Field, least: float, full: float, random: np.random.Generator) -> Field:
    """Lines of ink, 0..1, side by side along `across`: none where it is lighter than `least`, closed at `full`."""
    share = np.clip((dark + 0.07 * noise(dark.shape, 45, random, 2) - least) / (full - least), 0, 1)
    half = np.where(share > 0.02, 0.10 + 0.36 * share, 0)
    away = np.abs((across * LINES) % 1 - 0.5)
    soft = LINES / min(dark.shape) * 0.6
    return np.asarray(np.clip((half - away) / soft + 0.5, 0, 1) * (half > 0), np.float32)


def _sky(y: Field, x: Field, random: np.random.Generator) -> tuple[Field, Field, Field]:
    """How dark the sky is, the coordinate across its lines, and the ink of the sun's outline."""
    away = np.hypot(y - SUN[0], x - SUN[1])
    clouds = noise(y.shape, 3.5, random, 5, stretch=2.6)
    edge = step(clouds, 0.05, 0.22)
    dark = 0.40 - 0.55 * (y + 0.5) + 0.10 * clouds
    dark = np.where(clouds > 0.05, 0.02 + 0.55 * np.clip(0.9 - edge, 0, 1) + 0.16 * np.maximum(clouds - 0.45, 0), dark)
    rays = (np.arctan2(y - SUN[0], x - SUN[1]) / (2 * np.pi) * 96) / LINES
    near = away < SUN[2] * 3.1
    beams = 0.34 * (0.5 + 0.5 * np.sign(np.sin(rays * LINES * 2 * np.pi / 8)))
    dark = np.where(near, beams * step(away, SUN[2] * 1.15, SUN[2] * 1.4), dark) * (away > SUN[2])
    along = np.where(near, rays, y + 0.012 * np.sin(5 * x) + 0.02 * clouds)
    ink = step(np.abs(away - SUN[2]), 0.0035, 0.0015)
    return np.asarray(np.clip(dark, 0, 1), np.float32), np.asarray(along, np.float32), ink


def _ridge(x: Field, peaks: float, random: np.random.Generator) -> Field:
    """The outline of a range, 0..1: jagged at every scale."""
    line = np.zeros_like(x)
    for octave in range(6):
        phase, often = random.uniform(0, 1), peaks * 2**octave * random.uniform(0.8, 1.2)
        line += (1 - np.abs(((x * often + phase) % 1) * 2 - 1)) / 2.5**octave
    return np.asarray(line / 1.66, np.float32)


def _water(y: Field, x: Field, random: np.random.Generator) -> tuple[Field, Field]:
    """How dark the lake is, and the coordinate across its lines: closer together far away."""
    depth = np.maximum(y - SHORE, 0)
    ripples = noise(y.shape, 16, random, 3, stretch=7)
    glitter = np.exp(-(((x - SUN[1]) / (0.05 + 0.3 * depth)) ** 2))
    dark = 0.46 + 0.5 * ripples - 0.75 * glitter - 0.6 * depth + 0.35 * np.exp(-depth * 40)
    return np.clip(dark, 0, 1), np.asarray(0.62 * depth**0.8 + 0.008 * ripples, np.float32)


def _firs(y: Field, x: Field, random: np.random.Generator) -> NDArray[np.bool_]:
    """Firs on a bank to the left and a few to the right."""
    left = float(x.min())
    slope = 0.37 + 0.20 * (np.maximum(x - left, 0) / 0.6) ** 1.5
    found = y > slope + 0.012 * noise(y.shape, 40, random, 2)
    for at in np.linspace(0.04, 0.44, 6):
        middle, high = left + at + random.uniform(-0.02, 0.02), random.uniform(0.20, 0.46)
        foot = 0.39 + 0.20 * (at / 0.6) ** 1.5
        down = (y - (foot - high)) / high
        wide = (0.17 * down * (0.45 + 0.55 * ((down * 9) % 1)) + 0.012) * high
        found |= (down > 0) & (down < 1) & (np.abs(x - middle) < wide + 0.004 * noise(y.shape, 90, random))
    return np.asarray(found)
