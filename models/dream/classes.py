"""A class that a network knows: found by name or number, and as a direction in the layer it is told from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.errors import UsageError, shown

SHOWN = 5
"""Names that an error lists."""


def number(wanted: str, classes: Sequence[str], backbone: str) -> int:
    """The number of the class called `wanted`: its number, its name, or a part that no other name has.

    Raises UsageError with what comes near.
    """
    if not classes:
        raise UsageError(f"target_class: {backbone} knows no classes; leave it empty")
    text = wanted.strip().lower().replace("_", " ")
    if text.isascii() and text.isdecimal():
        if int(text) < len(classes):
            return int(text)
        raise UsageError(f"target_class: {backbone} has the classes 0 to {len(classes) - 1}, not {text}")
    names = [name.lower().replace("_", " ") for name in classes]
    found = [index for index, name in enumerate(names) if text in [part.strip() for part in name.split(",")]]
    found = found or [index for index, name in enumerate(names) if text in name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"target_class: {backbone} knows no {shown(wanted)!r}; a number of 0 to {len(classes) - 1} does too"
        )
    near = ", ".join(classes[index] for index in found[:SHOWN])
    raise UsageError(f"target_class: {shown(wanted)!r} may be {near}{' or another' if len(found) > SHOWN else ''}")


def direction(network: Any, index: int) -> tuple[str, NDArray[np.float32]]:
    """The deepest layer, and the weights (channels,) with which its mean over all places gives the score of a class,
    less those of the mean class.

    Raises UsageError if the network tells its classes in another way, as VGG does.
    """
    layer = network.layers[-1]
    side = 2 * max(network.minimum, network.stride(layer))
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        pixels = tf.fill([1, side, side, 3], 127.5)
        tape.watch(pixels)
        features, scores = network.features((layer, "logits"))(pixels)
        score, mean = scores[0, index], tf.reduce_mean(scores)
    found = (tape.gradient(score, features) - tape.gradient(mean, features))[0].numpy()
    places = found.reshape(-1, found.shape[-1])
    if not np.allclose(places, places[0], rtol=1e-3, atol=1e-3 * np.abs(places).max()):
        raise UsageError(
            f"target_class: {network.name} tells classes from whole pictures alone; choose another backbone"
        )
    return layer, places.sum(axis=0)
