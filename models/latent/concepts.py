"""Concept vectors: named directions in a latent space, from what is known of pictures or from two groups of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data.sets import Attributes
from models.errors import UsageError, shown
from models.latent.model import Concept, Latents

RIDGE = 1e-4
"""What is added to the variances (1) of the attributes, so that two that always go together share a direction."""


SHRINK = 0.01
"""Weight of the penalty on the slopes of a plane of readings, a code's share."""
LEVEL = 0.1
"""How far a direction may climb the planes of other attributes: near 0 it keeps level at all costs."""
FARTHEST = 3.0


def from_attributes(codes: Latents, attributes: Attributes) -> tuple[Concept, ...]:
    """The direction of each attribute: from pictures without it to pictures with it, or from the lowest to the highest.

    `codes` is float32 (n, latent), one row for each picture of `attributes`. The other attributes are evened out:
    where most people with hats have beards, White ("Sampling Generative Networks", 2016, section 4) balances by taking
    pictures again and again until the shares are equal; here one least-squares fit of the codes on all attributes does
    so, for numbers as well. The kinds of one attribute (`hat:cap`, `hat:brim`) are each set against the others in the
    shares that those have. What is not known (NaN) counts as the mean. An attribute that is the same for all pictures
    has no direction, and is left out.

    Raises UsageError if there are not as many rows as pictures.
    """
    if len(codes) != len(attributes.values):
        raise UsageError(f"{len(codes)} codes for the attributes of {len(attributes.values)} pictures")
    values = np.asarray(attributes.values, np.float64)
    known = np.isfinite(values)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, values, 0.0).sum(axis=0) / counts
    values = np.where(known, values, means)
    spreads = values.std(axis=0)
    used = np.flatnonzero(spreads > 1e-6)
    if not len(used):
        return ()
    names = [attributes.names[place] for place in used]
    columns = (values[:, used] - means[used]) / spreads[used]
    centred = np.asarray(codes, np.float64) - codes.mean(axis=0, dtype=np.float64)
    moments = columns.T @ columns / len(columns) + RIDGE * np.eye(len(used))
    slopes = np.linalg.solve(moments, columns.T @ centred / len(columns)) / spreads[used][:, None]
    directions = _against_others(slopes, names, means[used])
    reach = np.ptp(values[:, used], axis=0)
    found = (directions * reach[:, None]).astype(np.float32)
    return tuple(Concept(name, direction) for name, direction in zip(names, found, strict=True))


def from_readings(codes: Latents, readings: Attributes) -> tuple[Concept, ...]:
    """The direction of each attribute where attributes were read off the pictures that codes make, and are no facts.

    `codes` is float32 (n, latent), n well above `latent`. Each attribute is fitted as a plane over the codes, scaled to
    their spread; its direction is the shortest that climbs its plane and stays level on those of the others: the
    conditional manipulation of Shen et al., "Interpreting the latent space of GANs for semantic face editing", 2020,
    section 3.3, softened, since there may be more attributes than dimensions. The kinds of one attribute do not hold
    each other level. At a strength of 1 it goes from the lowest to the highest reading,
    or `FARTHEST` spreads of the codes if that is less.

    Raises UsageError if there are not as many rows as pictures.
    """
    if len(codes) != len(readings.values):
        raise UsageError(f"{len(codes)} codes for the attributes of {len(readings.values)} pictures")
    values = np.asarray(readings.values, np.float64)
    spreads = values.std(axis=0)
    used = np.flatnonzero(spreads > 1e-6)
    names = [readings.names[place] for place in used]
    columns = (values[:, used] - values[:, used].mean(axis=0)) / spreads[used]
    reach = np.ptp(columns, axis=0)
    middle = codes.mean(axis=0, dtype=np.float64)
    # Scaled to a spread of 1 in every direction, so that short ways are likely ones.
    covariance = np.cov(codes, rowvar=False).astype(np.float64)
    root = np.linalg.cholesky(covariance + 1e-6 * np.trace(covariance) / len(middle) * np.eye(len(middle)))
    white = np.linalg.solve(root, (codes - middle).T).T
    planes = np.linalg.solve(white.T @ white + SHRINK * len(white) * np.eye(len(middle)), white.T @ columns)
    found = []
    for place, name in enumerate(names):
        owner = name.partition(":")[0] if ":" in name else ""
        held = [at for at, other in enumerate(names) if at != place and (not owner or other.partition(":")[0] != owner)]
        others = planes[:, held]
        level = np.eye(len(middle)) + others @ others.T / LEVEL
        way = np.linalg.solve(level, planes[:, place])
        climbs = way @ planes[:, place]
        step = min(reach[place] / max(climbs, 1e-9), FARTHEST / max(float(np.linalg.norm(way)), 1e-9))
        found.append(Concept(name, (root @ way * step).astype(np.float32)))
    return tuple(found)


def from_groups(without: Latents, with_: Latents, name: str = "") -> Concept:
    """The direction from the middle of one group of points to the middle of another (White 2016, section 4).

    Both are float32 (n, latent), n at least 1. Raises UsageError for a group without points.
    """
    for points, called in ((without, "without"), (with_, "with")):
        if not len(points):
            raise UsageError(f"the group of pictures {called} it is empty: a concept needs at least one in each")
    direction = with_.mean(axis=0, dtype=np.float64) - without.mean(axis=0, dtype=np.float64)
    return Concept(name, direction.astype(np.float32))


def applied(points: Latents, concept: Concept, strength: float = 1.0) -> Latents:
    """`points`, float32 (..., latent), with a concept added `strength` times; below 0 it is taken away."""
    return np.asarray(points + np.float32(strength) * concept.direction, np.float32)


def named(concepts: Sequence[Concept], name: str) -> Concept:
    """The concept called `name`. Raises UsageError with the names there are."""
    for concept in concepts:
        if concept.name == name:
            return concept
    there = ", ".join(shown(concept.name) for concept in concepts) or "none"
    raise UsageError(f"there is no concept '{shown(name)}'; this model has {there}")


def _against_others(
    slopes: NDArray[np.float64], names: Sequence[str], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Have each kind of an attribute lead from the mean of its other kinds, not from nowhere."""
    found = slopes.copy()
    owners = [name.partition(":")[0] if ":" in name else "" for name in names]
    for place, owner in enumerate(owners):
        others = [other for other, same in enumerate(owners) if owner and same == owner and other != place]
        weights = shares[others]
        if weights.sum() > 0:
            found[place] -= weights @ slopes[others] / weights.sum()
    return found
