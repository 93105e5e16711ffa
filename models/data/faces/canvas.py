"""Many pictures painted at once: shapes as signed distances, whose edges are soft by a pixel (analytic anti-aliasing).

x is 0 in the middle, y is 1 at the lower edge; a length of 1 is half of the picture's side, enlarged by ZOOM. What
differs from picture to picture is an array of shape (n, 1, 1); a field has shape (n, height, width), or broadcasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.vision.drawn.fields import ramp

Field = NDArray[Any]
"""float32."""

Colour = NDArray[Any]
"""float32 of shape (3,), (n, 3, 1, 1) or (n, 3, height, width): sRGB, 0..1."""


ZOOM = 1.1


@dataclass(frozen=True, slots=True)
class Canvas:
    """A part of n pictures, or all of them: `paint` (n, 3, height, width), and the place of each pixel's middle.

    Nothing is painted where `clip`, a share of 0..1, is 0.
    """

    paint: Field
    x: Field
    y: Field
    pixel: float
    clip: Field | None = None

    @classmethod
    def blank(cls, count: int, size: int) -> Canvas:
        """`count` pictures of `size` pixels a side, black as yet."""
        at = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1).astype(np.float32)
        x, y = at[None, None, :] / np.float32(ZOOM), 1 + (at[None, :, None] - 1) / np.float32(ZOOM)
        return cls(np.zeros((count, 3, size, size), np.float32), x, y, 2 / size / ZOOM)

    def turned(self, angle: Field, x: float, y: float) -> Canvas:
        """The same pictures, with places that turn by `angle` radians, clockwise, about (x, y)."""
        sine, cosine = np.sin(angle), np.cos(angle)
        right, down = self.x - x, self.y - y
        x_there, y_there = x + cosine * right + sine * down, y + cosine * down - sine * right
        return Canvas(self.paint, x_there, y_there, self.pixel, self.clip)

    def clipped(self, share: Field) -> Canvas:
        """The same pictures, to be painted where `share` is 1."""
        return Canvas(self.paint, self.x, self.y, self.pixel, share)

    def window(self, top: float, bottom: float, left: float = -1.0, right: float = 1.0) -> Canvas:
        """The pixels between places of the pictures, as if not turned: what is painted there costs less."""
        size = self.paint.shape[-1]
        places = [1 + (y - 1) * ZOOM for y in (top, bottom)] + [x * ZOOM for x in (left, right)]
        edges = [max(0, int((place + 1) / 2 * size + (number % 2))) for number, place in enumerate(places)]
        rows, columns = slice(*edges[:2]), slice(*edges[2:])

        def cut(field: Field) -> Field:
            tall, wide = field.shape[1] > 1, field.shape[2] > 1
            return field[:, rows if tall else slice(None), columns if wide else slice(None)]

        clip = None if self.clip is None else cut(self.clip)
        return Canvas(self.paint[:, :, rows, columns], cut(self.x), cut(self.y), self.pixel, clip)

    def along(self, field: Field, whole: Canvas) -> Field:
        """The part of a field of the `whole` canvas that lies in this window of it."""
        step = whole.paint.strides
        offset = self.paint.__array_interface__["data"][0] - whole.paint.__array_interface__["data"][0]
        top, left = offset // step[2], offset % step[2] // step[3]
        return field[:, top : top + self.paint.shape[2], left : left + self.paint.shape[3]]

    def cover(self, distance: Field, soft: float = 0.0) -> Field:
        """How much of each pixel lies inside a shape, 0..1; `soft` widens the edge by that length."""
        return np.asarray(np.clip(np.float32(0.5) - distance / np.float32(self.pixel + soft), 0, 1), np.float32)

    def lay(self, colour: Colour, share: Field) -> None:
        """A colour over what is there, as opaque as `share` says, 0..1."""
        above = colour[None, :, None, None] if colour.ndim == 1 else colour
        difference = above - self.paint
        difference *= (share if self.clip is None else share * self.clip)[:, None]
        self.paint[...] += difference

    def shade(self, share: Field, tint: Colour) -> None:
        """Darken by up to 1 - `tint` (shape (3,)) where `share` is 1: shadow keeps some of a colour's warmth."""
        clipped = share if self.clip is None else share * self.clip
        self.paint[...] *= 1 - clipped[:, None] * (1 - tint[None, :, None, None])


def ellipse(x: Field, y: Field, wide: Field | float, high: Field | float) -> Field:
    """About the distance to an ellipse around the origin with these half axes, below 0 inside."""
    along, down = x / wide, y / high
    away = np.sqrt(along * along + down * down)
    slope = np.sqrt(np.square(along / wide) + np.square(down / high))
    return np.asarray(away * (away - 1) / np.maximum(slope, 1e-4), np.float32)


def bump(x: Field, y: Field, wide: Field | float, high: Field | float) -> Field:
    """A soft spot around the origin, 1 in its middle: a Gaussian with these deviations."""
    return np.asarray(np.exp(np.float32(-0.5) * (np.square(x / wide) + np.square(y / high))), np.float32)


def smooth(values: Field, low: Field | float, high: Field | float) -> Field:
    """0 below `low`, 1 above `high`, smooth between them; the other way round if `low` is above `high`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def wheel(turn: NDArray[np.float32], colours: Colour) -> Colour:
    """The colours at `turn` (0..1, shape (n,)) around a circle of some, shape (n, 3, 1, 1)."""
    return ramp(turn, np.concatenate([colours, colours[:1]]))[:, :, None, None]
