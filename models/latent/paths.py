"""Ways from point to point in a latent space. Points are float32 (latent,), paths float32 (count, latent)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.latent.model import LatentModel, Latents

Way = Literal["spherical", "linear", "smooth"]
Times = NDArray[np.float64]

TINY = 1e-12
"""Lengths below which a vector has no direction."""


def linear(start: Latents, end: Latents, times: Times) -> Latents:
    """The points of the straight line at `times` (n,), 0..1: float32 (n, latent)."""
    a, b, t = _wide(start), _wide(end), np.asarray(times, np.float64)[:, None]
    return np.asarray(a + t * (b - a), np.float32)


def spherical(start: Latents, end: Latents, times: Times, middle: Latents | None = None) -> Latents:
    """The points of the great circle around `middle` (by default 0) at `times` (n,): float32 (n, latent).

    Shoemake, "Animating rotation with quaternion curves", 1985; for latent spaces White, "Sampling Generative
    Networks", 2016, section 2. The distance from the middle changes evenly, as the angle does. Opposite points are
    joined by a half circle, always the same; a point in the middle has no direction, and is left in a straight line.
    """
    centre = np.zeros(len(start)) if middle is None else _wide(middle)
    a, b, t = _wide(start) - centre, _wide(end) - centre, np.asarray(times, np.float64)[:, None]
    far, near = np.linalg.norm(a), np.linalg.norm(b)
    if min(far, near) < TINY or len(a) < 2:
        return linear(start, end, times)
    u, v = a / far, b / near
    aside = v - (u @ v) * u
    apart = float(np.linalg.norm(aside))
    angle = float(np.arctan2(apart, u @ v))
    if apart < 1e-9:
        if u @ v > 0:
            return linear(start, end, times)
        aside, angle = _perpendicular(u), np.pi
    else:
        aside = aside / apart
    lengths = far + t * (near - far)
    found = centre + lengths * (np.cos(t * angle) * u + np.sin(t * angle) * aside)
    found = np.where(t == 0, centre + a, np.where(t == 1, centre + b, found))
    return np.asarray(found, np.float32)


def smooth(keyframes: Latents, times: Times, *, closed: bool = False, middle: Latents | None = None) -> Latents:
    """The points at `times`, in keyframes from the first one, of a smooth path through all of them.

    A Catmull-Rom spline ("A class of local interpolating splines", 1974), each point of it set to the distance from
    `middle` that the distances of the keyframes, joined gently, have there: a spline alone cuts through where no
    picture lies. `closed` comes back to the first keyframe at time len(keyframes); else the path ends at the last one.
    Raises UsageError for no keyframes.
    """
    if not len(keyframes):
        raise UsageError("a path needs at least one point")
    centre = np.zeros(keyframes.shape[1]) if middle is None else _wide(middle)
    points = _wide(keyframes) - centre
    count = len(points)
    at = np.asarray(times, np.float64)
    if not closed:
        at = np.clip(at, 0, count - 1)
    first = np.floor(at).astype(np.int64)
    t = (at - first)[:, None]
    places = [first + step for step in (-1, 0, 1, 2)]
    a, b, c, d = (points[place % count if closed else np.clip(place, 0, count - 1)] for place in places)
    spline = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    near, far = np.linalg.norm(b, axis=1, keepdims=True), np.linalg.norm(c, axis=1, keepdims=True)
    wanted = near + eased(t) * (far - near)
    lengths = np.linalg.norm(spline, axis=1, keepdims=True)
    factor = np.where(lengths > TINY, wanted / np.maximum(lengths, TINY), 1.0)
    # Between nearly opposite points a spline passes the middle, where to blow it up would make it jump.
    return np.asarray(centre + spline * np.minimum(factor, 4.0), np.float32)


def eased(times: Times) -> Times:
    """Times 0..1 that start and end gently: 3t^2 - 2t^3."""
    t = np.asarray(times, np.float64)
    return np.asarray(t * t * (3 - 2 * t))


def through(
    keyframes: Latents,
    count: int,
    way: Way = "spherical",
    *,
    closed: bool = False,
    ease: bool = False,
    middle: Latents | None = None,
) -> Latents:
    """A path of `count` points through `keyframes`, float32 (n, latent), evenly from one to the next.

    An open path begins with the first keyframe and ends with the last; a closed one goes on from the last to the
    first, which comes only once, so that a film of it begins anew without a jump. With `ease` it slows down at each
    keyframe (a smooth path does not). Raises UsageError for no keyframes, or a count below 1.
    """
    if not len(keyframes) or count < 1:
        raise UsageError("a path needs at least one point and one frame")
    spans = len(keyframes) if closed else len(keyframes) - 1
    times = np.linspace(0, spans, count, endpoint=not closed) if spans else np.zeros(count)
    if way == "smooth":
        return smooth(keyframes, times, closed=closed, middle=middle)
    first = np.clip(np.floor(times).astype(np.int64), 0, max(spans - 1, 0))
    within = times - first
    if ease:
        within = eased(within)
    found = np.empty((count, keyframes.shape[1]), np.float32)
    for place in np.unique(first).tolist():
        here = first == place
        start, end = keyframes[place], keyframes[(place + 1) % len(keyframes)]
        if way == "linear":
            found[here] = linear(start, end, within[here])
        else:
            found[here] = spherical(start, end, within[here], middle)
    return found


def middle_of(model: LatentModel) -> Latents:
    """The middle of a model's space, which great circles go around: where truncation draws everything to."""
    return np.asarray(model.draw(1, 0, 0.0)[0])


def _perpendicular(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """A unit vector at right angles to `unit`, always the same one."""
    axis = np.zeros_like(unit)
    axis[np.argmin(np.abs(unit))] = 1.0
    found = axis - (axis @ unit) * unit
    return np.asarray(found / np.linalg.norm(found))


def _wide(points: Latents) -> NDArray[np.float64]:
    return np.asarray(points, np.float64)
