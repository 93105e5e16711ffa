"""Hats and glasses."""

from __future__ import annotations

import numpy as np

from models.data.faces.canvas import Canvas, bump, ellipse, smooth, wheel
from models.data.faces.features import EYES
from models.data.faces.head import COOL, WARM, WHITE, Head
from models.data.faces.pose import EDGE, MIDDLE, Pose
from models.vision.drawn.fields import hexed

HATS = hexed("c8493f", "e08a3c", "e8c25a", "7fa35c", "3f8f8a", "3f6ea3", "5a4f95", "a84c7c")
"""Around their circle."""

FRAME, LENS = hexed("2b2228", "dfeaf2")


def hats(canvas: Canvas, pose: Pose, head: Head) -> None:
    """A cap with a visor, a knitted beanie with a pompom, or a hat with a brim."""
    if not pose.table["hat"].any():
        return
    turn = np.sin(pose.yaw)
    cap, beanie, brim = (pose.chosen("hat", {name: 1.0}) for name in ("cap", "beanie", "brim"))
    inside = canvas.cover(head.distance)
    any_ = cap + beanie + brim
    edge = EDGE - 0.10 * np.square(canvas.x / pose.wide) * (0.6 * cap + 0.2 * beanie + 0.6 * brim)
    canvas.shade(inside * smooth(canvas.y - edge, 0.20, 0.02) * any_ * 0.6, WARM)
    part = canvas.window(-1.0, 0.0)
    edge = edge[:, : part.paint.shape[2]]
    x, y = part.x, part.y
    wide = pose.wide + 0.06 + 0.06 * beanie
    high = pose.high + 0.06 + 0.04 * beanie + 0.08 * brim
    dome = np.maximum(ellipse(x, y - MIDDLE + 0.02, wide - 0.06 * brim, high), y - edge)
    side = smooth(x * pose.field("light") - 0.5 * y, -0.35, 0.75)
    ribs = beanie * 0.10 * np.sin(x * 42)
    tone = 0.60 + 0.42 * side + ribs - 0.12 * cap * np.exp(-np.square((x - 0.2 * turn) / 0.012))
    colour = wheel(pose.table["hat_hue"], HATS)
    pompom = ellipse(x, y - MIDDLE + high + 0.02, 0.15, 0.14) - 0.01 * np.sin(9 * np.arctan2(x, y + 0.75))
    part.lay(np.minimum(colour * 0.45 + (0.28 + 0.28 * side)[:, None], 1), part.cover(pompom) * beanie)
    share = part.cover(dome)
    part.lay(np.clip(colour * tone[:, None], 0, 1), share * any_)
    band = part.cover(np.abs(y - edge + 0.075) - 0.075) * share
    part.lay(np.clip(colour * (tone * 0.8 + 0.12)[:, None], 0, 1), band * beanie)
    part.shade(part.cover(np.abs(y - edge + 0.155) - 0.008) * share * beanie * 0.6, COOL)
    part.shade(band * brim * 0.75, COOL)
    part.lay(
        np.clip(colour * 0.75 * tone[:, None], 0, 1), part.cover(ellipse(x, y - MIDDLE + high + 0.02, 0.05, 0.03)) * cap
    )
    visor = np.maximum(ellipse(x - 0.30 * turn, y - edge, wide * 0.95, 0.125), edge - 0.035 - y)
    part.lay(np.clip(colour * (tone * 0.72)[:, None], 0, 1), part.cover(visor) * cap)
    part.lay(
        WHITE, part.cover(visor) * cap * bump(x - 0.3 * turn - 0.15 * pose.field("light"), y - edge, 0.2, 0.05) * 0.2
    )
    rim = ellipse(x, y - edge - 0.02 + 0.1 * x * x, wide + 0.20, 0.085)
    part.lay(np.clip(colour * (tone * 0.85)[:, None], 0, 1), part.cover(rim) * brim)
    part.shade(part.cover(rim) * smooth(y - edge, 0.0, 0.09) * brim * 0.5, COOL)


def glasses(canvas: Canvas, pose: Pose) -> None:
    """Round or square frames that turn with the head, with a gleam on the lenses."""
    wears = pose.field("glasses")
    if not wears.any():
        return
    part = canvas.window(-0.35, 0.45, -0.85, 0.85)
    round_ = pose.chosen("frames", {"round": 1.0})
    y = part.y - EYES - 0.03
    half = 0.195 + 0.01 * round_
    for side in (-1, 1):
        at, narrow = pose.across(side * (0.43 + 0.04 * pose.field("eye_distance")))
        narrow = np.maximum(narrow, 0.35)
        x = (part.x - at) / narrow
        disc = np.sqrt(x * x + y * y) - half
        across, down = np.maximum(np.abs(x) - half + 0.06, 0), np.maximum(np.abs(y) - 0.155 + 0.06, 0)
        box = np.sqrt(across * across + down * down) - 0.06
        away = np.where(round_ > 0, disc, box).astype(np.float32)
        lens = part.cover(away) * wears
        part.lay(LENS, lens * (0.10 + 0.26 * smooth(np.abs(x + y + 0.06), 0.055, 0.02)))
        part.shade(part.cover(np.abs(away) - 0.03, 0.05) * smooth(y, -0.1, 0.2) * wears * 0.25, WARM)
        part.lay(FRAME, part.cover((np.abs(away) - 0.020) * (0.4 + 0.6 * narrow)) * wears * 0.95)
        arm = np.maximum(np.abs(y + 0.06) - 0.016, np.maximum(half - side * x, side * part.x - pose.wide - 0.01))
        part.lay(FRAME, part.cover(arm) * wears * 0.85)
    nose = np.sin(pose.yaw) * pose.wide
    inner, _ = pose.across(0.43 + 0.04 * pose.field("eye_distance"))
    reach = np.maximum(np.abs(inner - nose) - half, 0.03)
    bridge = np.maximum(np.abs(y + 0.05 - 2.5 * np.square(part.x - nose)) - 0.016, np.abs(part.x - nose) - reach)
    part.lay(FRAME, part.cover(bridge) * wears * 0.95)
