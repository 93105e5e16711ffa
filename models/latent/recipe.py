"""What a picture or film of a latent space is made of: the model, the points, and the way from one to the next."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar, Literal, Self

import numpy as np

from models.errors import UsageError
from models.latent.model import Latents
from models.latent.paths import Way
from models.recipe import Recipe, knob

MOST_FRAMES = 20_000


class LatentRecipe(Recipe):
    """Pictures of points in the latent space of a trained model: one, a sheet of several, or a film through them."""

    family: ClassVar[str] = "latent"
    default_preset: ClassVar[str] = "plain"
    presets: ClassVar = {"plain": {}}

    model: str = knob("", "The model's file, in the data folder or by its full path.")
    sha256: str = knob("", "The checksum of that file.", pattern="^([0-9a-f]{64})?$")
    points: str = knob("", "The points, float32, row after row, in base64.")
    latent: int = knob(1, "Numbers in a point.", ge=1, le=65_536)
    how: str = knob("", "How the points came to be, in words.", max_length=2000)

    style: str = knob("", "Points whose style the fine layers take over, as `points` are written: one, or a table's.")
    layers: int = knob(0, "Layers, from the coarsest on, that keep the points' own style.", ge=0, le=64)
    table: bool = knob(False, "A table: points down the side, styles along the top, each mixed with each.")

    frames: int = knob(1, "Frames of a film through the points; 1 is a sheet of them.", ge=1, le=MOST_FRAMES)
    path: Way = knob("spherical", "How a film goes from point to point.")
    closed: bool = knob(False, "The film comes back to its first point.")
    ease: bool = knob(False, "The film slows down at each point.")
    fps: float = knob(12.0, "Frames a second.", ge=0.1, le=60)
    animation: Literal["gif", "webp", "mp4"] = knob("gif", "The kind of the film.")

    columns: int = knob(0, "Columns of a sheet; 0 makes it about square.", ge=0, le=256)
    gap: int = knob(2, "Pixels between the pictures of a sheet.", ge=0, le=64)
    enlarge: int = knob(1, "How many times as long the sides are made.", ge=1, le=16)

    @classmethod
    def of(cls, points: Latents, *, style: Latents | None = None, **knobs: Any) -> Self:
        """A recipe for points, float32 (n, latent), in the style of another, float32 (1, latent), or for a table of
        them and several, (k, latent). Raises UsageError for what is out of bounds."""
        mixed = {} if style is None else {"style": _text(style)}
        return cls.preset(points=_text(points), latent=points.shape[1], **mixed, **knobs)

    def at(self) -> Latents:
        """The points, float32 (n, latent), n at least 1. Raises UsageError if they cannot be read."""
        return self._numbers("points", self.points)

    def styles(self) -> Latents | None:
        """The points whose styles are taken over, float32 (1, latent), or (k, latent) for a table; None without.

        Raises UsageError if they cannot be read, or do not go with the other knobs.
        """
        if self.table and (not self.style or self.frames > 1):
            raise UsageError("table: one is made of points and styles, and as a sheet")
        if not self.style:
            return None
        found = self._numbers("style", self.style)
        if len(found) > 1 and not self.table:
            raise UsageError(f"style: {len(found)} of them want a table")
        return found

    def _numbers(self, name: str, text: str) -> Latents:
        try:
            found = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
            points = found.reshape(-1, self.latent).astype(np.float32)
        except (binascii.Error, ValueError):
            raise UsageError(f"{name}: these are not points of {self.latent} numbers") from None
        if not len(points) or not np.isfinite(points).all():
            raise UsageError(f"{name}: at least one is wanted, of finite numbers")
        return points


def _text(points: Latents) -> str:
    return base64.b64encode(np.ascontiguousarray(points, "<f4").tobytes()).decode("ascii")
