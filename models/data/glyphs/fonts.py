"""Fonts: how a pen follows a skeleton. Lengths are in capital heights."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from models.data.glyphs.letters import skeleton

Field = NDArray[np.float32]

THIN, BOLD = 0.032, 0.088
"""Half of a stroke's width, at the least and the greatest weight."""

CUT = 96
"""The capital height, in pixels, at which an outline font is measured."""

AROUND = 48
"""Pixels around such a letter."""


@dataclass(frozen=True, slots=True)
class Font:
    """A manner of drawing.

    The pen is an ellipse whose short axis is `contrast` of its long one, which lies at `angle` degrees (0 is level, so
    that level strokes are thin). `serif` is how far a serif reaches to each side, `dots` the distance of dots instead
    of lines, `gap` the width of a stencil's bridges; `wave` bends the skeleton, `rough` frays its edge; `cell` makes
    squares of that size. `finish` is what is done with the shape: filled, its outline, an inline, a shadow, a glow.
    """

    contrast: float = 1.0
    angle: float = 0.0
    serif: float = 0.0
    dots: float = 0.0
    gap: float = 0.0
    wave: float = 0.0
    rough: float = 0.0
    cell: float = 0.0
    heavier: float = 1.0
    finish: str = "filled"
    is_outline: bool = False


FONTS = {
    "round": Font(),
    "sans": Font(is_outline=True),
    "roman": Font(contrast=0.42, heavier=1.25),
    "serif": Font(contrast=0.40, heavier=1.2, serif=0.12),
    "slab": Font(serif=0.15),
    "western": Font(contrast=0.42, angle=90, heavier=1.2, serif=0.17),
    "nib": Font(contrast=0.24, angle=-38, heavier=1.45),
    "brush": Font(contrast=0.5, angle=40, heavier=1.5, wave=0.03, rough=0.022),
    "hand": Font(wave=0.05, heavier=0.8),
    "chalk": Font(rough=0.05, heavier=1.15),
    "stencil": Font(heavier=1.35, gap=0.09),
    "dotted": Font(dots=0.155, heavier=1.15),
    "pixel": Font(cell=1 / 8),
    "outline": Font(heavier=1.7, finish="outline"),
    "inline": Font(heavier=2.0, finish="inline"),
    "shadow": Font(heavier=1.1, finish="shadow"),
    "neon": Font(heavier=0.8, finish="glow"),
}


def inked(name: str, character: str, x: Field, y: Field, weight: float, pixel: float) -> Field:
    """How much ink lies at places of a character in a font, 0..1; `pixel` is a pixel's size, in capital heights."""
    font = FONTS[name]
    half = (THIN + (BOLD - THIN) * weight) * font.heavier
    if font.cell:
        return _celled(font.cell, character, x, y, weight, pixel)
    if font.wave:
        x, y = x + font.wave * np.sin(6.5 * y + 1.0), y + font.wave * np.sin(5.5 * x + 0.5)
    if font.is_outline:
        distance = _cut(character, x, y) - (half - (THIN + BOLD) / 2)
    else:
        distance = _stroked(font, character, x, y, half)
    if font.rough:
        grain = np.sin(41 * x + 3 * np.sin(23 * y)) * np.sin(37 * y + 3 * np.sin(29 * x + 1))
        distance = distance + font.rough * grain
    if font.gap:
        bridges = np.abs(y - 0.2 + 0.18 * x)
        distance = np.maximum(distance, font.gap / 2 - bridges)
    return _finished(font.finish, distance, half, pixel)


def _finished(finish: str, distance: Field, half: float, pixel: float) -> Field:
    """The shape below 0 of `distance`, filled or otherwise."""
    full = _cover(distance, pixel)
    if finish == "outline":
        line = max(0.35 * half, 0.5 * pixel)
        return np.asarray(_cover(np.abs(distance + line) - line, pixel), np.float32)
    if finish == "inline":
        return np.asarray(full * (1 - 0.9 * _cover(distance + 0.72 * half, pixel)), np.float32)
    if finish == "glow":
        return np.asarray(np.maximum(full, 0.62 * np.exp(-np.maximum(distance, 0) / 0.07)), np.float32)
    return full


def _cover(distance: Field, pixel: float) -> Field:
    return np.asarray(np.clip(0.5 - distance / pixel, 0, 1), np.float32)


def _celled(cell: float, character: str, x: Field, y: Field, weight: float, pixel: float) -> Field:
    """The squares of a grid that a skeleton passes through; the heavier, the larger."""
    columns, rows = np.rint(x / cell), np.rint(y / cell)
    snapped = np.rint(skeleton(character).segments / cell).astype(np.float32)
    is_lit = _nearest(snapped, columns, rows, np.eye(2, dtype=np.float32)) < -0.5
    aside = np.maximum(np.abs(x - columns * cell), np.abs(y - rows * cell))
    return np.asarray(is_lit * _cover(aside - cell * (0.36 + 0.15 * weight), pixel), np.float32)


def _stroked(font: Font, character: str, x: Field, y: Field, half: float) -> Field:
    """About the distance to what the pen has drawn along a skeleton, below 0 inside."""
    bones = skeleton(character)
    segments = bones.segments
    if font.dots:
        spots = _spots(segments, font.dots)
        return np.asarray(_nearest(np.stack([spots, spots], 1), x, y, np.eye(2, dtype=np.float32) / half), np.float32)
    turn = np.radians(font.angle)
    sine, cosine = np.sin(turn), np.cos(turn)
    pen = np.array([[cosine, sine], [-sine / font.contrast, cosine / font.contrast]], np.float32) / np.float32(half)
    found = _nearest(segments, x, y, pen)
    if font.serif and len(bones.serifs):
        middles, ways = bones.serifs.mean(1, keepdims=True), bones.serifs - bones.serifs.mean(1, keepdims=True)
        feet = (middles + ways * 2 * (font.serif + 0.3 * half)).astype(np.float32)
        thick = max(0.5 * half, 0.028) if font.contrast < 1 and not font.angle else 0.85 * half
        found = np.minimum(found, _nearest(feet, x, y, np.eye(2, dtype=np.float32) / np.float32(thick)))
    return found


def _nearest(segments: NDArray[np.float32], x: Field, y: Field, pen: NDArray[np.float32]) -> Field:
    """About the distance to segments drawn with a pen that the matrix `pen` makes a circle of radius 1."""
    lines = segments @ pen.T
    places = np.stack([x.ravel(), y.ravel()], -1) @ pen.T
    starts, ways = lines[:, 0], lines[:, 1] - lines[:, 0]
    lengths = np.maximum((ways * ways).sum(1), 1e-9)
    off_x, off_y = places[None, :, 0] - starts[:, 0, None], places[None, :, 1] - starts[:, 1, None]
    along = np.clip((off_x * ways[:, 0, None] + off_y * ways[:, 1, None]) / lengths[:, None], 0, 1)
    off_x -= along * ways[:, 0, None]
    off_y -= along * ways[:, 1, None]
    away = off_x * off_x + off_y * off_y
    best, every = away.argmin(0), np.arange(away.shape[1])
    apart = np.stack([off_x[best, every], off_y[best, every]], -1)
    length = np.maximum(np.sqrt(away[best, every]), 1e-5)
    slope = np.maximum(np.linalg.norm(apart @ pen, axis=1) / length, 1e-3)
    return np.asarray(((length - 1) / slope).reshape(x.shape), np.float32)


def _spots(segments: NDArray[np.float32], gap: float) -> NDArray[np.float32]:
    """Points along segments, about `gap` apart, none closer to another than half of it."""
    found: list[NDArray[np.float32]] = []
    left, last = 0.0, segments[0, 0]
    for start, end in segments:
        if not np.allclose(start, last):
            left = 0.0
        length = float(np.hypot(*(end - start)))
        at = left
        while at <= length + 1e-6:
            spot = start + (end - start) * np.float32(at / max(length, 1e-6))
            if all(np.hypot(*(spot - other)) > 0.6 * gap for other in found):
                found.append(spot)
            at += gap
        left, last = at - length, end
    return np.array(found, np.float32)


def _cut(character: str, x: Field, y: Field) -> Field:
    """The distance to the outline of a letter of the font that comes with Pillow, below 0 inside."""
    field = _measured(character)
    middle = (np.array(field.shape) - 1) / 2
    rows, columns = y * CUT + middle[0], x * CUT + middle[1]
    found = ndimage.map_coordinates(field, [rows, columns], order=1, mode="nearest")
    return np.asarray(found, np.float32)


@functools.cache
def _measured(character: str) -> Field:
    font = ImageFont.load_default(size=round(CUT / 0.7))
    capital = font.getbbox("H")
    left, _, right, _ = font.getbbox(character)
    wide, high = round(right - left) + 2 * AROUND, round(capital[3] - capital[1]) + 2 * AROUND
    picture = Image.new("L", (wide, high))
    ImageDraw.Draw(picture).text((AROUND - left, AROUND - capital[1]), character, 255, font)
    inside = np.asarray(picture) > 127
    away = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside)
    return np.asarray(away / CUT, np.float32)
