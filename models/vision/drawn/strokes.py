"""A brush: strokes that follow a field of directions, each of several bristles, with the relief of thick paint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.vision.drawn.fields import Colours, Field, relief

Places = NDArray[np.float32]
"""Shape (n, 2): y and x in pixels."""

POINTS = 6


@dataclass(frozen=True, slots=True)
class Brush:
    """How one layer is painted. Lengths are in 512ths of the short side.

    `gap` is the distance of strokes; `spread` is how far the bristles of one stroke differ in lightness, 0..1;
    `cover` is how wide a bristle is, in distances of bristles: over 1 for paint, far less for pens.
    """

    gap: float
    length: float
    width: float
    bristles: int = 5
    spread: float = 0.10
    cover: float = 1.35


class Canvas:
    """Paint on a ground: `colours`, and how thick it lies."""

    def __init__(self, ground: NDArray[np.uint8]) -> None:
        self.height, self.width = ground.shape[:2]
        self.unit = min(ground.shape[:2]) / 512
        self.paint = Image.fromarray(ground)
        self.thickness = Image.new("L", self.paint.size, 110)

    def layer(
        self,
        brush: Brush,
        angles: Field,
        colour: Callable[[Places], Colours],
        random: np.random.Generator,
        where: NDArray[np.bool_] | None = None,
    ) -> None:
        """Cover the canvas, or the part `where`, with strokes along `angles` (radians, 0 to the right, y down).

        Both fields may be smaller than the canvas. `colour` tells the colours of the strokes that begin at places.
        """
        gap = brush.gap * self.unit
        rows, columns = max(1, round(self.height / gap)), max(1, round(self.width / gap))
        at = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1).reshape(-1, 2)
        starts = ((at + random.uniform(0, 1, at.shape)) * (self.height / rows, self.width / columns)).astype(np.float32)
        starts = random.permutation(starts)
        if where is not None:
            starts = starts[self.looked_up(where, starts)]
        if len(starts):
            self._stroke(brush, self._paths(starts, angles, brush.length * self.unit), colour(starts), random)

    def looked_up(self, field: NDArray, places: Places) -> NDArray:  # type: ignore[type-arg]
        """The values of a field, which may be smaller than the canvas, at places."""
        rows = np.clip(places[..., 0] / self.height * field.shape[0], 0, field.shape[0] - 1).astype(np.int64)
        columns = np.clip(places[..., 1] / self.width * field.shape[1], 0, field.shape[1] - 1).astype(np.int64)
        return np.asarray(field[rows, columns])

    def finished(self, depth: float) -> Colours:
        """The painting under light from the upper left, `depth` times as deep as usual."""
        heights = np.asarray(self.thickness, np.float32) / 255
        light = relief(heights, 2.2 * depth)
        colours = np.asarray(self.paint, np.float32) / 255
        return np.asarray(colours * (1 + 0.42 * light[..., None]) + 0.05 * np.maximum(light, 0)[..., None], np.float32)

    def _paths(self, starts: Places, angles: Field, length: float) -> NDArray[np.float32]:
        """Shape (strokes, points, 2): from half a length behind each place, along the directions."""
        step = length / (POINTS - 1)
        at, found = starts.copy(), []
        for _ in range(POINTS // 2):
            at = at - step * self._along(angles, at)
        for _ in range(POINTS):
            found.append(at)
            at = at + step * self._along(angles, at)
        return np.stack(found, 1)

    def _along(self, angles: Field, at: Places) -> Places:
        here = self.looked_up(angles, at)
        return np.stack([np.sin(here), np.cos(here)], -1)

    def _stroke(self, brush: Brush, paths: NDArray[np.float32], colours: Colours, random: np.random.Generator) -> None:
        count, bristles = len(paths), brush.bristles
        widths = brush.width * self.unit * random.uniform(0.7, 1.25, count)
        ways = np.gradient(paths, axis=1)
        across = np.stack([-ways[..., 1], ways[..., 0]], -1)
        across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
        offsets = np.linspace(-0.5, 0.5, bristles) if bristles > 1 else np.zeros(1)
        tones = 1 + brush.spread * random.uniform(-1, 1, (count, bristles))
        fills = np.clip(colours[:, None] * tones[..., None] * 255, 0, 255).astype(int)
        heights = np.clip(150 + 90 * random.uniform(-1, 1, (count, bristles)) - 70 * np.abs(offsets), 0, 255).astype(
            int
        )
        paint, thickness = ImageDraw.Draw(self.paint), ImageDraw.Draw(self.thickness)
        thick = np.maximum(1, np.ceil(widths / bristles * brush.cover)).astype(int).tolist()
        # A bristle begins and ends a little before or after its neighbours: the ends of strokes are ragged.
        shifts = random.uniform(-0.5, 0.5, (count, bristles, 1, 1)) * ways.mean(1)[:, None, None]
        lines = paths[:, None] + across[:, None] * (offsets[None, :, None] * widths[:, None, None])[..., None] + shifts
        flat = lines[..., ::-1].reshape(count, bristles, -1).tolist()
        for line, fill, height, wide in zip(flat, fills.tolist(), heights.tolist(), thick, strict=True):
            for bristle in range(bristles):
                paint.line(line[bristle], tuple(fill[bristle]), wide)
                thickness.line(line[bristle], height[bristle], wide)
