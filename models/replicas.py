"""What the replicas of a training do together inside a step, and what their optimizers remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from models.devices import Placement


def shared(place: Placement, gradients: Sequence[Any]) -> list[Any]:
    """A replica's gradients as a Keras optimizer is to be given them: it adds up what the replicas bring."""
    return list(gradients) if place.replicas == 1 else [gradient / place.replicas for gradient in gradients]


def follow(place: Placement, averages: Sequence[Any], trained: Sequence[Any], rate: Any) -> None:
    """Move each average a part `rate` of the way (0..1) to the variable that it follows."""
    pairs = list(zip(averages, trained, strict=True))
    if place.replicas == 1:
        for average, variable in pairs:
            average.assign_add((variable - average) * rate)
        return

    def update(strategy: Any, rate: Any) -> None:
        for average, variable in pairs:
            strategy.extended.update(
                average, lambda a, t, r: a.assign_add((t - a) * r), args=(variable, rate), group=False
            )

    tf.distribute.get_replica_context().merge_call(update, args=(rate,))


def memory(optimizer: Any) -> Mapping[str, Any]:
    """The variables of a Keras optimizer that has been built, by names that no two share: `NAME/7/kernel_momentum`.

    Keras names them after the last part of what they belong to, which two networks may have in common.
    """
    return {f"{optimizer.name}/{place}/{each.name}": each for place, each in enumerate(optimizer.variables)}
