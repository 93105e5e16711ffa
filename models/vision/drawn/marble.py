"""Marbled paper: rings of ink dropped on water, drawn through by combs and a stylus, taken up by paper.

Each movement of the bath is undone for every pixel, until it is known which drop its ink came from (after Lu,
Jaffer et al., "Mathematical Marbling", 2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.vision.drawn.fields import Colours, Field, grid, hashed, hexed, noise, relief, shrunk

OVER = 2
INKS = hexed("10204e", "b8202e", "f3e6c8", "1f6f8b", "e8a33d", "0c3b3a", "d9573f", "f7f1e1", "274b9f", "6e1430")
ACROSS = 7


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    tall, wide = height * OVER, width * OVER
    y, x = grid(tall, wide)
    for sign in (1, -1):
        y, x = _swirled(y, x, random.uniform(-0.33, 0.33, 2), 2.6 * sign, 0.12)
    x = x + 0.02 * np.sin(2 * np.pi * (y * 2.2 + random.uniform()))
    y = y - 0.105 * _comb(x, 10.0, 5.0)
    x = x - 0.15 * _back_and_forth(y, 4.0)
    y = y - 0.24 * _back_and_forth(x, 2.25)
    colours = _inks(y, x, random)
    _speckle(colours, random)
    veins = noise((tall, wide), 9, random, 5)
    fibre = relief(noise((tall, wide), 190, random, 2), 1.6)
    tone = 1 + 0.05 * veins + 0.10 * fibre
    return shrunk(colours * tone[..., None] + 0.015 * veins[..., None], height, width)


def _comb(across: Field, teeth: float, sharp: float) -> Field:
    """How far the ink is drawn by teeth side by side, 0..1: most under a tooth, and less away from it."""
    away = np.abs((across * teeth) % 1 - 0.5)
    return np.asarray(np.exp(-sharp * away), np.float32)


def _back_and_forth(across: Field, teeth: float) -> Field:
    """The same for teeth that go each the other way than their neighbours, -1..1."""
    turn = np.sin(np.pi * across * teeth * 2)
    return np.asarray(np.sign(turn) * (1 - np.exp(-2.2 * np.abs(turn))), np.float32)


def _swirled(y: Field, x: Field, centre: NDArray[np.float64], turns: float, reach: float) -> tuple[Field, Field]:
    """Undo a stylus' turn around `centre`."""
    down, right = y - centre[0], x - centre[1]
    angle = np.asarray(turns * np.exp(-np.hypot(down, right) / reach), np.float32)
    sin, cos = np.sin(angle), np.cos(angle)
    return (
        np.asarray(centre[0] + cos * down - sin * right, np.float32),
        np.asarray(centre[1] + sin * down + cos * right, np.float32),
    )


def _inks(y: Field, x: Field, random: np.random.Generator) -> Colours:
    """The bath before it was combed: drop into drop, each pushing away those before it."""
    y, x = y.copy(), x.copy()
    stone = np.full(y.shape, -1, np.int64)
    share = np.zeros(y.shape, np.float32)
    places = np.linspace(-0.9, 0.9, ACROSS)
    centres = random.permutation(np.stack(np.meshgrid(places, places), -1).reshape(-1, 2))
    centres += random.uniform(-0.17, 0.17, centres.shape)
    radii = random.uniform(0.11, 0.27, len(centres))
    for number, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        down, right = y - np.float32(centre[0]), x - np.float32(centre[1])
        squared = (down * down + right * right) / np.float32(radius**2)
        inside = (squared < 1) & (stone < 0)
        stone[inside], share[inside] = number, squared[inside]
        push = np.sqrt(np.maximum(1 - 1 / np.maximum(squared, 1e-6), 0))
        y, x = np.float32(centre[0]) + down * push, np.float32(centre[1]) + right * push
    ring = np.floor(share * (4 + stone % 4)).astype(np.int64)
    ground = stone < 0
    which = np.floor(hashed((stone + 2) * 3 + ring * 7 + (ring % 2) * 11, 1) * len(INKS)).astype(np.int64)
    colours = INKS[np.where(ground, 0, which)]
    return np.asarray(colours, np.float32)


def _speckle(colours: Colours, random: np.random.Generator) -> None:
    """Fine drops that fell last, and were drawn nowhere."""
    tall, wide = colours.shape[:2]
    unit = min(tall, wide)
    for _ in range(40):
        middle, size = random.uniform(0, (tall, wide)), random.uniform(0.003, 0.010) * unit
        top, left = (int(max(0, place - size - 1)) for place in middle)
        part = colours[top : int(middle[0] + size + 2), left : int(middle[1] + size + 2)]
        rows, columns = np.indices(part.shape[:2])
        part[np.hypot(rows + top - middle[0], columns + left - middle[1]) < size] = INKS[random.choice([2, 4, 0])]
