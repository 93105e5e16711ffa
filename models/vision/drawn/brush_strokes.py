"""Thick brush strokes: a night of whirling stars over hills, a dark tree and wheat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.vision.drawn.fields import Colours, Field, grid, hexed, mixed, noise, ramp, shrunk, step
from models.vision.drawn.strokes import Brush, Canvas, Places

OVER = 2
COARSE = 256
"""The short side of the fields that guide the brush."""

NIGHT = hexed("0b1440", "13246e", "1b3f9c", "2a63b8", "4f93c8", "8cc3cf", "d5e3c0")
STAR = hexed("fffbe0", "ffe57a", "f7b733", "f3cf5a", "c9dc9a", "8fc9bd")
HILL = hexed("0a1c3a", "123a5a", "1d5f6d", "3f8a78", "7fae84")
WHEAT = hexed("7a4a12", "b8741a", "dfa126", "f2c84b", "fbe48c", "8a8a2e")
TREE = hexed("06120f", "0d2419", "1b3a22", "35522a", "5a6b2f")

LIGHTS = ((-0.30, 0.31, 0.105), (-0.36, -0.10, 0.06), (-0.16, 0.06, 0.045), (-0.20, -0.36, 0.05), (-0.40, -0.36, 0.04),
          (-0.08, 0.40, 0.04), (-0.42, 0.10, 0.035))  # fmt: skip
"""Moon and stars: y, x, radius."""

WHIRLS = ((-0.18, -0.12, 0.15, 1.0), (-0.08, 0.17, 0.11, -1.0), (-0.30, 0.31, 0.16, 1.0), (-0.36, -0.10, 0.10, 1.0))
"""Whirls of the sky: y, x, reach, sense of turning."""


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    short = min(height, width)
    y, x = grid(max(1, round(height * COARSE / short)), max(1, round(width * COARSE / short)))
    wave = random.uniform(0, 6, 3)
    ridge = 0.17 + 0.06 * np.sin(3.5 * x + wave[0]) + 0.03 * np.sin(9 * x + wave[1])
    field = 0.30 + 0.03 * np.sin(4 * x + wave[2])
    stem = x + 0.33 - 0.02 * np.sin(14 * y + wave[2])
    tree = np.abs(stem) < 0.10 * np.clip(y + 0.44, 0, 1) ** 0.8 * (1 + 0.2 * np.sin(30 * y))
    below, wheat = y > ridge, y > field
    angles = np.where(below, 0.5 * np.cos(3.5 * x + wave[0]) - 0.1, _whirling(y, x))
    angles = np.where(wheat, -1.15 + 0.5 * np.sin(5 * x + 6 * y), angles)
    angles = np.where(tree, -np.pi / 2 + 0.5 * np.sin(13 * y + 20 * stem), angles).astype(np.float32)
    scene = _scene(y, x, ridge, below, wheat, tree, random)
    canvas = Canvas(shrunk(scene * 0.7, height * OVER, width * OVER))

    def colour(places: Places) -> Colours:
        found = canvas.looked_up(scene, places)
        tone = random.uniform(0.82, 1.2, (len(places), 1))
        tint = random.normal(0, 0.035, found.shape)
        return np.asarray(np.clip(found * tone + tint, 0, 1), np.float32)

    canvas.layer(Brush(9, 42, 12, 5), angles, colour, random)
    canvas.layer(Brush(6.6, 28, 7.5, 4, 0.14), angles, colour, random)
    canvas.layer(Brush(7.5, 20, 5, 3, 0.18), angles, colour, random)
    return shrunk(canvas.finished(1), height, width)


def _whirling(y: Field, x: Field) -> Field:
    """The directions of the sky: a wind from the left that is drawn into whirls and around each light."""
    down, right = 0.35 * np.sin(6 * x + 3 * y), np.ones_like(x)
    for top, left, reach, sense in (*WHIRLS, *((*light[:2], light[2] * 1.3, 1.0) for light in LIGHTS)):
        from_y, from_x = y - top, x - left
        away = np.hypot(from_y, from_x) + 1e-6
        pull = 3.5 * np.exp(-((away / reach) ** 2))
        down = down + sense * pull * (from_x / away) - 0.25 * pull * (from_y / away)
        right = right - sense * pull * (from_y / away) - 0.25 * pull * (from_x / away)
    return np.asarray(np.arctan2(down, right), np.float32)


def _scene(
    y: Field, x: Field, ridge: Field, below: Field, wheat: Field, tree: Field, random: np.random.Generator
) -> Colours:
    """What is painted: the colours of each place."""
    bands = np.zeros_like(x)
    for top, left, reach, sense in WHIRLS:
        away, turn = np.hypot(y - top, x - left), np.arctan2(y - top, x - left)
        bands += np.exp(-((away / (1.5 * reach)) ** 2)) * np.sin(80 * away - 2 * sense * turn)
    drift = np.sin(26 * (y + 0.06 * np.sin(6 * x)) + 2.5 * noise(y.shape, 4, random))
    tone = 0.33 + 0.5 * (y + 0.3) + 0.30 * bands + 0.10 * drift + 0.12 * noise(y.shape, 16, random, 2)
    colours = ramp(tone, NIGHT)
    for top, left, radius in LIGHTS:
        away = np.hypot(y - top, x - left) / radius
        rings = 0.5 + 0.5 * np.cos(away * 9)
        halo = np.exp(-((away / 1.25) ** 2)) * (0.55 + 0.45 * rings)
        colours = mixed(colours, ramp(np.clip(away / 1.7, 0, 1), STAR), step(halo, 0.05, 0.62))
    hill = np.clip(0.25 + 0.9 * (ridge + 0.10 - y) / 0.14 * 0.6 + 0.35 * np.sin(60 * (y - ridge) + 7 * x), 0, 1)
    colours = np.where(below[..., None], ramp(hill + 0.15 * noise(y.shape, 20, random), HILL), colours)
    grain = 0.5 + 0.3 * np.sin(60 * (x + 0.45 * y) + 4 * noise(y.shape, 6, random)) + 0.3 * noise(y.shape, 24, random)
    colours = np.where(wheat[..., None], ramp(grain, WHEAT), colours)
    dark = np.clip(0.45 + 0.35 * np.sin(90 * (x + 0.33) + 12 * y) + 0.2 * noise(y.shape, 20, random), 0, 1)
    return np.asarray(np.where(tree[..., None], ramp(dark, TREE), colours), np.float32)
