"""Face swap: the identity of one picture, the expression and pose of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.latent.concepts import named
from models.latent.groups import grouped
from models.latent.model import Concept, Latents

NOISE = 0.3
"""The variance of what no concept explains, beside that which concepts explain, in a dimension."""


def swapped(identity: Latents, expression: Latents, concepts: Sequence[Concept], take: Sequence[str] = ()) -> Latents:
    """The point of `identity` with the expression and pose of `expression`; all three float32 (latent,).

    The way from one point to the other is split: how much of it each concept accounts for is found for all concepts
    together, by least squares with a normal prior on their strengths (ridge regression: Hoerl & Kennard, 1970), and
    the part that lies in the span of the concepts taken over is gone, the rest is not. So a smile is taken over, and
    not the chin that often comes with it.

    `take` names the concepts to take over; by default those of the group `expression` (see `models.latent.groups`).
    Raises UsageError if the model has none of them, with the way out.
    """
    chosen = [named(concepts, name) for name in take] if take else list(grouped(concepts, "expression"))
    if not chosen:
        known = ", ".join(concept.name for concept in concepts)
        way = f"name those to take over, of {known}" if known else "make concepts of two groups of pictures first"
        raise UsageError(f"it is not known which of this model's concepts are expression and pose: {way}")
    names = {concept.name for concept in chosen}
    rest = [concept for concept in concepts if concept.name not in names]
    directions = np.stack([np.asarray(concept.direction, np.float64) for concept in (*chosen, *rest)])
    way_there = np.asarray(expression, np.float64) - np.asarray(identity, np.float64)
    strengths = _strengths(directions, way_there)
    taken = strengths[: len(chosen)] @ directions[: len(chosen)]
    return np.asarray(identity + taken, np.float32)


def _strengths(directions: NDArray[np.float64], way: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each direction (k, latent) is in `way` (latent,), as likely as not: (k,)."""
    products = directions @ directions.T
    ridge = NOISE * np.trace(products) / directions.shape[1] + 1e-12
    return np.asarray(np.linalg.solve(products + ridge * np.eye(len(directions)), directions @ way))
