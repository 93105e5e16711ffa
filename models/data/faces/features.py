"""Eyes, brows, nose and mouth: what expression moves."""

from __future__ import annotations

import numpy as np

from models.data.faces.canvas import Canvas, Field, bump, ellipse, smooth
from models.data.faces.head import WARM, WHITE
from models.data.faces.pose import MOUTH, Pose
from models.vision.drawn.fields import hexed

INK, EYEBALL, THROAT, TEETH, TONGUE, LIP = hexed("241a1c", "fbf7f2", "4a1518", "fdf9f2", "c9545a", "b8383f")
EYES = 0.02
"""The y of the eyes' middle."""


def eyes(canvas: Canvas, pose: Pose) -> None:
    """Both eyes, with lids, lashes and catchlights; the lower lids rise with a smile."""
    size = 1 + 0.18 * pose.field("eye_size")
    opened = pose.field("eyes_open")
    smiling = np.maximum(pose.field("smile"), 0)
    for side in (-1, 1):
        at, narrow = pose.across(side * (0.42 + 0.055 * pose.field("eye_distance")))
        part = canvas.window(-0.34, 0.36, *((-0.75, 0.35) if side < 0 else (-0.35, 0.75)))
        narrow = np.maximum(narrow, 0.35)
        wide, high = 0.152 * size * narrow, 0.125 * size * opened
        x = part.x - at
        y = part.y - EYES + side * 0.22 * pose.field("eye_slant") * x
        bow = np.maximum(1 - np.square(x / wide), -1.5)
        upper, lower = -high * bow, high * (0.85 - 0.42 * smiling) * bow
        part.shade(bump(x, y, wide * 1.25, 0.15 * size) * 0.26, WARM)
        slit = np.maximum(upper - y, y - lower) * 0.8
        inside = part.cover(slit)
        part.lay(EYEBALL, inside)
        part.shade(inside * smooth(y - upper, 0.075, 0.0) * 0.45, WARM)
        ball = 0.104 * size
        gaze_x, gaze_y = 0.055 * pose.field("gaze_x") * narrow, 0.045 * pose.field("gaze_y")
        _iris(part, pose, x - gaze_x, y - gaze_y + 0.005, narrow, ball, inside)
        part.lay(
            INK,
            part.cover(np.abs(y - upper + 0.010) - 0.008 - 0.009 * opened)
            * part.cover(np.abs(x) - wide * 1.08, 0.03)
            * 0.9,
        )
        part.shade(part.cover(np.abs(y - lower - 0.01) - 0.006) * part.cover(np.abs(x) - wide * 0.8, 0.06) * 0.45, WARM)
        crease = part.cover(np.abs(y - upper + 0.055) - 0.004, 0.02) * part.cover(np.abs(x) - wide * 0.9, 0.08)
        part.shade(crease * 0.40, WARM)


def _iris(part: Canvas, pose: Pose, x: Field, y: Field, narrow: Field, ball: Field, inside: Field) -> None:
    away = np.sqrt(np.square(x / (0.5 + 0.5 * narrow)) + y * y)
    colour = pose.iris * (0.72 + 0.75 * smooth(y, -0.03, 0.09))[:, None]
    part.lay(np.minimum(colour, 1).astype(np.float32), inside * part.cover(away - ball))
    part.lay(INK, inside * part.cover(np.abs(away - ball) - 0.006, 0.02) * 0.65)
    part.lay(INK, inside * part.cover(away - 0.055))
    shine = np.sqrt(np.square(x + 0.030 - 0.07 * (pose.field("light") > 0)) + np.square(y + 0.036))
    part.lay(WHITE, inside * part.cover(shine - 0.026) * 0.95)


def brows(canvas: Canvas, pose: Pose) -> None:
    """Brows that taper outwards; drawn together with a frown."""
    raised, smile = pose.field("brow_raise"), pose.field("smile")
    thick = 0.034 + 0.015 * pose.field("brow_thickness")
    arch = 0.035 + 0.03 * pose.field("brow_arch") + 0.02 * np.maximum(raised, 0)
    ink = pose.hair * 0.72
    part = canvas.window(-0.50, 0.12, -0.8, 0.8)
    for side in (-1, 1):
        at, narrow = pose.across(side * (0.44 + 0.05 * pose.field("eye_distance")))
        narrow = np.maximum(narrow, 0.35)
        wide = 0.175 * narrow
        x = side * (part.x - at) / wide
        level = EYES - 0.205 - 0.055 * raised - 0.015 * smile - 0.01 * pose.field("eye_size")
        inner = 0.05 * np.maximum(-raised, 0) + 0.035 * np.maximum(-smile, 0)
        middle = level - arch * (1 - x * x) + inner * (0.4 - x) - 0.03 * pose.field("eye_slant") * x
        half = thick * np.sqrt(np.maximum(1 - np.square(np.maximum(x + 0.1, -x * 0.6)), 0)) * (1 - 0.25 * x)
        share = part.cover(np.abs(part.y - middle) - half * 0.8) * smooth(np.abs(x), 1.12, 0.92)
        part.lay(ink, share * 0.9)


def nose(canvas: Canvas, pose: Pose) -> None:
    """A nose of light and shadow alone: its side away from the light, its tip, its wings."""
    part = canvas.window(-0.2, 0.5, -0.5, 0.5)
    tip = 0.245 + 0.045 * pose.field("nose_length")
    wide = 0.085 + 0.024 * pose.field("nose_width")
    at = np.sin(pose.yaw) * (pose.wide + 0.08)
    root = np.sin(pose.yaw) * pose.wide
    down = np.clip((part.y - EYES) / (tip - EYES), 0, 1.25)
    x, y = part.x - root - (at - root) * down, part.y - tip
    dark = np.where(pose.field("light") > 0, -1, 1).astype(np.float32)
    ridge = smooth(down, 0.05, 0.9) * smooth(y, 0.10, 0.0)
    part.shade(bump(x - dark * wide * (0.35 + 0.45 * down), 0 * y, 0.4 * wide, 1) * ridge * 0.55, WARM)
    part.lay(WHITE, bump(x + dark * 0.15 * wide, 0 * y, 0.35 * wide, 1) * ridge * 0.16)
    part.shade(bump(x, y - 0.055, wide * 0.9, 0.022) * 0.6, WARM)
    for side in (-1, 1):
        wing = np.abs(ellipse(x - side * wide * 0.75, y - 0.015, wide * 0.5, 0.05))
        part.shade(part.cover(wing - 0.004, 0.03) * smooth(side * x, wide * 0.7, wide * 1.05) * 0.40, WARM)
        part.shade(bump(x - side * wide * 0.48, y - 0.042, wide * 0.24, 0.014) * 0.95, WARM)
    part.lay(WHITE, bump(x + dark * 0.25 * wide, y + 0.01, wide * 0.36, 0.028) * 0.42)


def mouth(canvas: Canvas, pose: Pose) -> None:
    """Lips that curve with the smile, and what is seen between them when they open."""
    part = canvas.window(0.2, 0.75, -0.6, 0.6)
    smile, opened = pose.field("smile"), pose.field("mouth_open")
    smiling = np.maximum(smile, 0)
    at = np.sin(pose.yaw) * pose.wide * 0.78
    wide = (0.190 + 0.026 * pose.field("mouth_width") + 0.045 * smiling + 0.012 * np.minimum(smile, 0)) * np.cos(
        0.8 * pose.yaw
    )
    level = MOUTH + 0.02 * pose.field("nose_length") + 0.01 * pose.field("face_length")
    x = (part.x - at) / wide
    bow = np.maximum(1 - x * x, 0)
    seam = part.y - level - 0.145 * smile * (bow - 0.55)
    gap = (0.012 + 0.100 * opened) * np.sqrt(bow)
    full = 0.032 + 0.018 * pose.field("lips")
    ends = part.cover((np.abs(x) - 1) * wide)
    above, below = -0.30 * gap, 0.70 * gap
    dip = 0.35 * np.exp(-40 * x * x)
    top, bottom = above - full * (0.95 - dip) * bow, below + full * 1.35 * bow
    colour = pose.skin * 0.45 + LIP[None, :, None, None] * 0.55 * (1 - 0.25 * pose.field("skin")[:, None])
    part.shade(bump(x, seam - 0.11 - 0.07 * opened, 0.6, 0.025) * 0.35, WARM)
    part.lay(colour * 0.86, part.cover(np.maximum(top - seam, seam - above) * 0.9) * ends * 0.9)
    part.lay(colour, part.cover(np.maximum(below - seam, seam - bottom) * 0.9) * ends * 0.9)
    part.lay(WHITE, bump(x - 0.2 * pose.field("light"), seam - below - full * 0.7, 0.3, 0.35 * full) * 0.14)
    hole = part.cover(np.maximum(above - seam, seam - below)) * ends
    part.lay(THROAT, hole)
    part.lay(TEETH, hole * part.cover(seam - above - 0.42 * gap) * smooth(opened, 0.06, 0.22))
    part.lay(TONGUE, hole * bump(x, seam - below, 0.5, 0.03 + 0.2 * gap) * opened)
    part.lay(INK, part.cover(np.abs(seam) - 0.013) * ends * smooth(opened, 0.22, 0.0) * 0.8)
    for side in (-1, 1):
        corner = bump((x - side) * wide, part.y - level + 0.145 * 0.55 * smile, 0.022, 0.022)
        part.shade(corner * (0.45 + 0.25 * smiling), WARM)
