"""Background, clothes, neck, ears and the head itself, with light from one side and above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.faces.canvas import Canvas, Field, bump, ellipse, smooth, wheel
from models.data.faces.pose import MIDDLE, Pose
from models.vision.drawn.fields import hexed

WARM = hexed("9c5a4c")[0]
"""What shadow leaves of skin."""

COOL = hexed("6d6478")[0]
"""What shadow leaves of everything else."""

WALLS = hexed("efcfa8", "e9b3a2", "d7a3b4", "b3a4cf", "94abd3", "8cc1cf", "98c8ae", "cdd3a2")
CLOTHES = hexed("b8433c", "d9883a", "e0b84c", "6f9a55", "2f7f7a", "2f5d8f", "4a4380", "8f3f6c")
"""Around their circles."""

WHITE, ROSE = hexed("ffffff", "d93f48")
FRECKLES = ((-0.36, 0.16), (-0.27, 0.21), (-0.44, 0.22), (-0.2, 0.15), (0.36, 0.16), (0.27, 0.21), (0.44, 0.22),
            (0.2, 0.15), (-0.07, 0.13), (0.08, 0.15))  # fmt: skip
"""Places across the face and down the picture."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head's distance at each pixel, and how much light falls on it, about 0..1."""

    distance: Field
    light: Field


def backdrop(canvas: Canvas, pose: Pose) -> None:
    """A wall in a soft colour, lit from the side of the light."""
    colour = wheel(pose.table["background"], WALLS)
    light = pose.field("light")
    glow = bump(canvas.x - 0.75 * light, canvas.y + 0.55, 1.1, 1.2)
    canvas.paint[...] = colour * (0.74 + 0.34 * glow)[:, None]
    canvas.lay(WHITE, 0.22 * glow)


def body(canvas: Canvas, pose: Pose) -> None:
    """Shoulders in a round-necked jumper."""
    part = canvas.window(0.5, 1.0)
    x, y = part.x, part.y
    neck = 0.80 + 0.03 * pose.field("face_length")
    slope = ellipse(x, y - 1.42, 0.88, 0.62)
    inside = part.cover(slope)
    cloth = wheel(pose.table["clothes_hue"], CLOTHES)
    part.lay(cloth, inside)
    light = pose.field("light")
    part.shade(inside * smooth(x * light + 0.5 * (y - 0.8), 0.35, -0.55) * 0.75, COOL)
    opening = ellipse(x, y - neck, 0.30, 0.17)
    part.lay(cloth * 0.72, inside * part.cover(np.abs(opening - 0.035) - 0.03))
    part.shade(inside * bump(x, y - neck - 0.02, 0.42, 0.16) * 0.35, COOL)
    part.lay(pose.skin, part.cover(opening))
    part.shade(part.cover(opening) * 0.35, WARM)


def neck(canvas: Canvas, pose: Pose, head: Canvas) -> None:
    """The neck, in the shadow of the chin."""
    part = canvas.window(0.3, 0.95, -0.5, 0.5)
    tip = head.window(0.3, 0.95, -0.5, 0.5)
    half = 0.245 + 0.02 * pose.field("face_width")
    inside = part.cover(np.abs(part.x) - half - 0.05 * smooth(part.y, 0.6, 0.95)) * smooth(part.y, 0.93, 0.84)
    part.lay(pose.skin, inside)
    chin = outline(tip, pose)
    part.shade(inside * smooth(chin, 0.30, 0.02) * 0.9, WARM)
    part.shade(inside * smooth(part.x * pose.field("light"), 0.05, -0.25) * 0.5, WARM)


def ears(canvas: Canvas, pose: Pose) -> None:
    """Both ears; the one that the head turns away from comes forward."""
    tall = 0.135 + 0.03 * pose.field("ears")
    for side, (left, right) in ((-1, (-0.85, -0.2)), (1, (0.2, 0.85))):
        part = canvas.window(-0.2, 0.4, left, right)
        shift = np.sin(pose.yaw) * side
        x = part.x - side * (pose.wide + 0.02 - 0.13 * np.maximum(shift, 0) + 0.02 * np.maximum(-shift, 0))
        y = part.y - MIDDLE - 0.02
        away = ellipse(x, y, 0.62 * tall, tall)
        inside = part.cover(away)
        part.lay(pose.skin, inside)
        part.shade(inside * (0.35 - 0.3 * side * pose.field("light")), WARM)
        part.shade(inside * bump(x, y, 0.28 * tall, 0.5 * tall) * 0.65, WARM)


def outline(canvas: Canvas, pose: Pose) -> Field:
    """About the distance to the outline of the head: an ellipse whose lower half narrows to the chin."""
    x, y = canvas.x, canvas.y - MIDDLE
    down = np.maximum(y / pose.high, 0)
    narrow = 1 - (0.16 - 0.18 * pose.field("jaw")) * down * down
    aside = 0.26 * np.sin(pose.yaw) * down * down * pose.wide
    return ellipse((x - aside) / narrow, y, pose.wide, pose.high)


def head(canvas: Canvas, pose: Pose) -> Head:
    """The head, without its features."""
    distance = outline(canvas, pose)
    right, down = canvas.x / pose.wide, (canvas.y - MIDDLE) / pose.high
    front = np.sqrt(np.maximum(1 - 0.8 * (right * right + down * down), 0.04))
    side = pose.field("light")
    light = (0.60 * side * right - 0.42 * down + 0.70 * front).astype(np.float32)
    dark = 0.72 * smooth(light, 0.74, -0.10) + 0.30 * smooth(distance, -0.10, 0.0) * smooth(down, 0.1, 0.8)
    colour = pose.skin * (1 - dark[:, None] * (1 - WARM[None, :, None, None]))
    colour += (0.22 * np.square(smooth(light, 0.60, 1.02)))[:, None] * (1 - colour)
    canvas.lay(colour, canvas.cover(distance))
    return Head(distance, light)


def cheeks(canvas: Canvas, pose: Pose) -> None:
    """Rosy cheeks, which a smile lifts and rounds, and freckles."""
    part = canvas.window(-0.15, 0.6, -0.75, 0.75)
    smiling = np.maximum(pose.field("smile"), 0)
    rosy = (0.05 + 0.48 * pose.field("blush")) * (1 - 0.35 * pose.field("skin"))
    for side in (-1, 1):
        at, wide = pose.across(side * 0.62)
        x, y = part.x - at, part.y - 0.27 + 0.04 * smiling
        part.lay(ROSE, bump(x, y, np.maximum(0.13 * wide, 0.02), 0.09) * (rosy + 0.06 * smiling))
        part.lay(WHITE, bump(x, y + 0.07, np.maximum(0.08 * wide, 0.02), 0.04) * (0.05 + 0.13 * smiling))
        fold = bump(x + side * (0.16 + 0.06 * y), y - 0.10, 0.016, 0.06)
        part.shade(fold * smiling * 0.35, WARM)
    if pose.table["freckles"].any():
        spots = np.zeros((), np.float32)
        for place, down in FRECKLES:
            at, wide = pose.across(place * 0.9)
            spots = np.maximum(spots, bump(part.x - at, part.y - down, 0.017, 0.017) * (wide > 0.1))
        part.shade(spots * pose.field("freckles") * 0.75, WARM)
