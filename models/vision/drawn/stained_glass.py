"""Stained glass: a sun with its rays over hills and water, in leaded panes that are lit from behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.vision.drawn.fields import Colours, Field, grid, hashed, hexed, mixed, noise, ramp, relief, shrunk, step

OVER = 2
SUN = (-0.14, 0.06)

SKY = hexed("ffe27a", "ffb52e", "f2762e", "d43a4f", "8c2f86", "3d3a9e", "1f5fb8")
HILLS = (hexed("0f7a5c", "2fa36b", "8ccf5a"), hexed("0b5e4a", "147a4a", "55a83c"), hexed("4b2c7a", "7a3b9a", "b04aa8"))
WATER = hexed("0a3f8f", "0f6bb5", "18a2c4", "5fd0d0")
DISC = hexed("fff3b0", "ffd84a", "ff9d1f")
LEAD = np.array([0.075, 0.07, 0.085], np.float32)


def draw(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    tall, wide = height * OVER, width * OVER
    y, x = grid(tall, wide)
    x = x + 0.012 * noise((tall, wide), 5, random)
    y = y + 0.012 * noise((tall, wide), 5, random)
    panes, colours = _sky(y, x, random)
    for layer, (top, palette) in enumerate(zip((0.13, 0.2, 0.36), (HILLS[2], HILLS[0], HILLS[1]), strict=True)):
        _hill(panes, colours, y, x, top, palette, layer, random)
        if layer == 1:
            _water(panes, colours, y, x)
    unit = min(tall, wide) / 512
    edge = np.zeros(panes.shape, bool)
    edge[:, 1:] |= panes[:, 1:] != panes[:, :-1]
    edge[1:] |= panes[1:] != panes[:-1]
    away = np.asarray(ndimage.distance_transform_edt(~edge), np.float32) / unit if edge.any() else panes * 0 + 99.0
    glass = _lit(colours, panes, away.astype(np.float32), random)
    thick = 2.1 + 0.5 * noise((tall, wide), 18, random)
    bead = np.clip(1 - (away / thick) ** 2, 0, 1)
    lead = (
        LEAD
        + (0.16 + 0.5 * relief(ndimage.gaussian_filter(bead, unit * 0.7), 3 * unit))[..., None] * bead[..., None] * 0.5
    )
    found = mixed(glass, lead, step(away, *(thick.mean() + 0.6, thick.mean() - 0.6)))
    glow = ndimage.gaussian_filter(glass, (9 * unit, 9 * unit, 0), truncate=2.5)
    return shrunk(1 - (1 - found) * (1 - 0.22 * glow), height, width)


def _sky(y: Field, x: Field, random: np.random.Generator) -> tuple[NDArray[np.int64], Colours]:
    """Rays around the sun, each cut across at distances of its own, and the sun itself: panes and their colours."""
    away = np.hypot(y - SUN[0], x - SUN[1]).astype(np.float32)
    turn = np.arctan2(y - SUN[0], x - SUN[1]) + 0.18 * np.sin(9 * away)
    rays = 26
    bounds = (np.arange(rays) + random.uniform(-0.22, 0.22, rays)) * 2 * np.pi / rays - np.pi
    ray = np.searchsorted(np.sort(bounds), turn) % rays
    shift = random.uniform(0, 1, rays).astype(np.float32)[ray]
    ring = np.floor(np.log(np.maximum(away, 0.13) / 0.13) * 3.4 + shift).astype(np.int64)
    panes = 1000 + ray * 40 + ring
    tone = np.clip((away - 0.13) / 0.6 + 0.24 * (hashed(panes, 1) - 0.5) + 0.08 * (ray % 2), 0, 1)
    colours = ramp(tone, SKY)
    halo = (away >= 0.115) & (away < 0.165)
    panes = np.where(halo, 200 + np.floor((turn + np.pi) / (2 * np.pi) * 18).astype(np.int64), panes)
    colours = np.where(halo[..., None], ramp(hashed(panes, 2), hexed("e8452c", "ff8a2a", "f4623a")), colours)
    petal = np.floor((turn + np.pi + 0.2) / (2 * np.pi) * 8).astype(np.int64)
    disc = away < 0.115
    panes = np.where(disc, np.where(away < 0.05, 90, 100 + petal), panes)
    return panes, np.where(disc[..., None], ramp(away / 0.115 + 0.25 * (hashed(panes, 3) - 0.5), DISC), colours)


def _hill(
    panes: NDArray[np.int64], colours: Colours, y: Field, x: Field, top: float, palette: Colours, layer: int,
    random: np.random.Generator,
) -> None:  # fmt: skip
    """A hill below a swinging line, in slanted fields."""
    phase, swing = random.uniform(0, 6, 2), 0.05 + 0.02 * layer
    line = top + swing * np.sin(3.1 * x + phase[0]) + 0.4 * swing * np.sin(7.3 * x + phase[1])
    depth = y - line
    inside = depth > 0
    row = np.floor(np.sqrt(np.maximum(depth, 0)) * 5.2)
    slant = x * (1.2 + 0.3 * layer) * 5 + depth * (9 - 5 * layer) + row * 0.37
    ids = 20_000 * (layer + 1) + row.astype(np.int64) * 100 + np.floor(slant).astype(np.int64) + 50
    panes[inside] = ids[inside]
    tone = 0.75 - depth * 1.8 + 0.7 * (hashed(ids, 4 + layer) - 0.5)
    colours[inside] = ramp(np.clip(tone, 0, 1), palette)[inside]


def _water(panes: NDArray[np.int64], colours: Colours, y: Field, x: Field) -> None:
    """Water in wavy bands, with the sun's light on it."""
    line = 0.285 + 0.012 * np.sin(9 * x)
    depth = y - line
    inside = depth > 0
    band = np.floor((depth + 0.012 * np.sin(14 * x + 40 * depth)) / 0.036).astype(np.int64)
    part = np.floor(x * 3.4 + hashed(band, 7) * 3 + 0.25 * np.sin(30 * depth)).astype(np.int64)
    ids = 90_000 + band * 100 + part + 50
    panes[inside] = ids[inside]
    tone = np.clip(hashed(ids, 8) * 0.9 + 0.5 * np.exp(-(((x - SUN[1]) / 0.16) ** 2)), 0, 1)
    found = ramp(tone, WATER)
    sunlit = (np.abs(x - SUN[1]) < 0.13) & (hashed(ids, 9) > 0.55)
    found[sunlit] = hexed("ffcf5a")[0]
    colours[inside] = found[inside]


def _lit(colours: Colours, panes: NDArray[np.int64], away: Field, random: np.random.Generator) -> Colours:
    """Each pane in a tone of its own, streaked and seeded with bubbles, brighter in its middle."""
    tall, wide = panes.shape
    streaks = noise((tall, wide), 7, random, 4, stretch=3)
    ripples = relief(noise((tall, wide), 26, random, 2), 70 * min(tall, wide) / 1024)
    bubbles = noise((tall, wide), 110, random)
    light = 0.78 + 0.3 * (1 - np.exp(-away / 9)) + 0.13 * streaks + 0.1 * ripples + 0.12 * (bubbles > 0.9)
    light += 0.26 * (hashed(panes, 5) - 0.5)
    found: Colours = np.clip(colours, 0.02, 1) ** (1.12 - 0.1 * streaks[..., None]) * light[..., None]
    return found
