"""Hair behind the head and in front of it, and beards. A style is a row of figures, so that all are painted at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.data.faces.canvas import Canvas, Colour, Field, bump, ellipse, smooth
from models.data.faces.face import HAIR_STYLES
from models.data.faces.head import COOL, WARM, Head
from models.data.faces.pose import EDGE, MIDDLE, MOUTH, Pose

CROWN = MIDDLE - 0.03
"""The y of the middle of the hair's round outline."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one style lies. Lengths are in halves of the picture's side.

    `volume` is how far it stands off the head, `end` the y where it ends beside the face, `back` where it ends behind
    it; `line` is the y of the hairline in the middle, `rise` and `power` how it goes on to the sides, about the parting
    `part`; `curls` and `spikes` is how far the outline waves; `knot` the size of a bun.
    """

    volume: float = 0.07
    end: float = 0.1
    back: float = 0.1
    flare: float = 0.0
    line: float = -0.30
    rise: float = 0.25
    power: float = 2.0
    part: float = 0.0
    curls: float = 0.0
    spikes: float = 0.0
    knot: float = 0.0
    strands: float = 1.0


STYLES = {
    "bald": Style(line=-9, volume=-0.5, end=-0.9, back=-0.9),
    "short": Style(volume=0.065, end=0.08, back=0.2, line=-0.30, rise=0.42, power=4),
    "parted": Style(volume=0.10, end=0.06, back=0.2, line=-0.47, rise=0.42, power=1.5, part=-0.45),
    "bob": Style(volume=0.13, end=0.50, back=0.56, flare=0.10, line=-0.22, rise=1.1, power=7),
    "long": Style(volume=0.11, end=0.95, back=1.3, flare=0.16, line=-0.47, rise=0.85, power=1.9, part=0.06),
    "curly": Style(volume=0.20, end=0.62, back=0.72, line=-0.29, rise=0.45, power=4, curls=0.035, strands=0.3),
    "bun": Style(volume=0.05, end=0.05, back=0.1, line=-0.40, rise=0.42, power=2.2, knot=0.20),
    "spiky": Style(volume=0.11, end=0.04, back=0.1, line=-0.31, rise=0.40, power=3, spikes=0.13),
}

LOCKS = {"parted": 0.03, "short": 0.02, "bob": 0.02, "curly": 0.04, "spiky": 0.07}
"""How far the hairline waves, by style."""

BEARD_LINE = {"stubble": 0.30, "full": 0.32, "goatee": 0.485}
HEAVY = {"stubble": 0.30, "full": 0.95, "goatee": 0.95}
LONGER = {"full": 0.075, "goatee": 0.06}


@dataclass(frozen=True, slots=True)
class Hair:
    """The outline of the hair at each pixel, and its colours: strands, gloss and shadow."""

    outline: Field
    colour: Colour


def hair(canvas: Canvas, pose: Pose) -> Hair:
    """What both layers of hair share."""
    figures = _Figures(pose)
    x, y = canvas.x, canvas.y - CROWN
    volume = figures["volume"]
    angle = np.arctan2(x, -y)
    curls, spikes = figures["curls"], figures["spikes"]
    wave = np.abs(((angle * 3.4 + 0.6 * x) % 1) * 2 - 1)
    outer = curls * (np.abs(np.sin(6 * angle)) - 0.3) + spikes * smooth(y, 0.1, -0.3) * (wave - 0.25)
    wide, high = pose.wide + volume, pose.high + 0.03 + volume
    around = ellipse(x, y, wide, high) - outer
    side = np.abs(x) - wide - figures["flare"] * smooth(y, 0, 0.6)
    distance = np.where((y < 0) | (curls > 0), around, side)
    strands = np.sin(angle * 34 + 5 * np.sin(angle * 7 + 2) + 3 * y) * 0.5 + np.sin(angle * 83 - 6 * y) * 0.3
    below = smooth(y, -0.1, 0.2)
    falling = np.sin(x * 60 + 3 * np.sin(5 * y)) * 0.6
    strands = figures["strands"] * (strands * (1 - below) + falling * below)
    coils = np.sin(x * 30 + 2 * np.sin(y * 17)) * np.sin(y * 30 + 2 * np.sin(x * 19))
    strands = strands + (1 - figures["strands"]) * coils
    away = ellipse(x - 0.12 * pose.field("light"), y, wide, high)
    gloss = (
        bump(away + 0.19 + 0.02 * strands, 0 * y, 0.055, 1)
        * smooth(y, 0.0, -0.45)
        * smooth(x * pose.field("light"), -0.45, 0.35)
    )
    tone = 0.86 + 0.13 * strands + 0.30 * smooth(x * pose.field("light") - 0.45 * y, -0.4, 0.7)
    tone = tone * (1 - 0.38 * smooth(distance, -0.10, 0.02))
    colour = pose.hair * tone[:, None] + (0.20 * gloss)[:, None]
    return Hair(distance.astype(np.float32), np.clip(colour, 0, 1).astype(np.float32))


def back(canvas: Canvas, pose: Pose, found: Hair) -> None:
    """The hair behind the head: nearly all of a long style, and the bun."""
    figures = _Figures(pose)
    knot = figures["knot"]
    if (knot > 0).any():
        part = canvas.window(-1.0, -0.3, -0.5, 0.5)
        away = ellipse(
            part.x + 0.12 * np.sin(pose.yaw),
            part.y - MIDDLE + pose.high + 0.10,
            np.maximum(knot, 0.1) + 0.02,
            np.maximum(knot, 0.1),
        )
        away = np.where(knot > 0, away, 1).astype(np.float32)
        rings = 0.8 + 0.12 * np.sin(away * 60) + 0.25 * smooth(part.x * pose.field("light") - part.y, 0.55, 0.95)
        part.lay(np.clip(pose.hair * rings[:, None], 0, 1), part.cover(away) * pose.chosen("hat", {"none": 1.0}))
    ends = figures["back"]
    share = canvas.cover(_ended(found.outline, canvas, ends)) * _below_hat(canvas, pose)
    canvas.lay(found.colour * 0.74, share)


def front(canvas: Canvas, pose: Pose, found: Hair, head: Head) -> None:
    """The hair over the forehead and beside the face, with the shadow that it throws."""
    figures = _Figures(pose)
    x = (canvas.x - 0.75 * np.sin(pose.yaw) * pose.wide) / pose.wide
    locks = pose.chosen("hair_style", LOCKS)
    away = np.abs(x - figures["part"])
    line = figures["line"] + figures["rise"] * away ** figures["power"]
    line = line - 0.05 * pose.field("face_length") + locks * (np.abs(((x * 2.3 + 0.3) % 1) * 2 - 1) - 0.5)
    below = canvas.y - line
    distance = np.maximum(_ended(found.outline, canvas, figures["end"]), below * 0.7)
    inside = canvas.cover(head.distance)
    shadow = smooth(np.maximum(found.outline, np.maximum(below - 0.03, canvas.y - figures["end"])), 0.09, 0.0)
    canvas.shade(inside * shadow * 0.55, WARM)
    share = canvas.cover(distance) * _below_hat(canvas, pose)
    canvas.lay(found.colour, share)
    canvas.shade(share * smooth(below, -0.10, 0.0) * 0.30, COOL)


def beard(canvas: Canvas, pose: Pose, head: Head) -> None:
    """Stubble, a moustache, a goatee or a full beard, around the mouth."""
    if not pose.table["beard"].any():
        return
    part = canvas.window(0.05, 0.85, -0.7, 0.7)
    distance, light = part.along(head.distance, canvas), part.along(head.light, canvas)
    at = np.sin(pose.yaw) * pose.wide * 0.78
    x = (part.x - at) / pose.wide
    smile, opened = pose.field("smile"), pose.field("mouth_open")
    is_goatee = pose.chosen("beard", {"goatee": 1.0})
    level = MOUTH + 0.02 * pose.field("nose_length")
    line = pose.chosen("beard", BEARD_LINE) - (1 - is_goatee) * 0.34 * np.clip(x * x - 0.10, 0, 0.9)
    reach = np.maximum(line - part.y, distance - pose.chosen("beard", LONGER))
    narrow = (np.abs(x) - 0.46 + 0.25 * (part.y - level)) * pose.wide
    reach = np.maximum(reach, np.where(is_goatee > 0, narrow, -1))
    mouth = ellipse(part.x - at, part.y - level - 0.03 * opened, 0.225 + 0.05 * smile, 0.095 + 0.05 * opened)
    reach = np.maximum(reach, -mouth)
    soft = pose.chosen("beard", {"stubble": 0.12, "full": 0.03, "goatee": 0.03})
    strands = np.sin(x * 40 + 8 * part.y + 2 * np.sin(30 * part.y)) * np.sin(34 * part.y + 3 * np.sin(9 * x))
    tone = 0.72 + 0.12 * strands + 0.32 * smooth(light, 0.1, 0.9)
    colour = np.clip(pose.hair * tone[:, None], 0, 1).astype(np.float32)
    share = np.clip(0.5 - (reach + 0.3 * soft) / (part.pixel + soft), 0, 1) * pose.chosen("beard", HEAVY)
    share = share * part.cover(distance - pose.chosen("beard", LONGER))
    part.lay(colour, share * (1 + 0.2 * strands * (pose.chosen("beard", HEAVY) < 0.5)))
    brush = part.y - level + 0.075 + 0.02 * smile - 0.11 * np.square(x) - 0.10 * smile * -np.square(x)
    width = 0.050 * np.sqrt(np.maximum(1 - np.square(x / 0.52), 0)) * (1 - 0.5 * np.exp(-90 * x * x))
    has = pose.chosen("beard", {"moustache": 1.0, "full": 1.0, "goatee": 0.9, "stubble": 0.0})
    part.lay(colour, part.cover(np.abs(brush) - width) * (np.abs(x) < 0.52) * has * 0.95)


def _ended(outline: Field, canvas: Canvas, end: Field) -> Field:
    """The outline cut off at a height, with round corners."""
    down = (canvas.y - end - 0.007 * np.sin(canvas.x * 44)) * 0.9
    corner = np.hypot(np.maximum(outline + 0.09, 0), np.maximum(down + 0.09, 0)) - 0.09
    return np.asarray(np.maximum(np.maximum(outline, down), corner), np.float32)


def _below_hat(canvas: Canvas, pose: Pose) -> Field:
    """How much of the hair is not pressed under a hat, 0..1."""
    return np.where(pose.table["hat"][:, None, None] > 0, canvas.cover(EDGE - canvas.y), 1).astype(np.float32)


class _Figures:
    """The figures of each face's style, by name, shape (n, 1, 1)."""

    def __init__(self, pose: Pose) -> None:
        self.styles = pose.table["hair_style"]

    def __getitem__(self, name: str) -> Field:
        figures = np.array([getattr(STYLES[style], name) for style in HAIR_STYLES], np.float32)
        return np.asarray(figures[self.styles][:, None, None])
