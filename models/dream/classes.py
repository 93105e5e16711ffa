"""The classes that a network knows: found by name or number, and how they are told from its deepest layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Classifier:
    """How a network tells classes: the mean over all places of `layer` times `kernel`, (channels, classes), and
    `bias`, (classes,), are the scores."""

    layer: str
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


def classifier(network: Any) -> Classifier:
    """Read off a network's scores for a small picture.

    Raises UsageError if the network tells its classes in another way, as VGG does.
    """
    layer = network.layers[-1]
    side = 2 * max(network.minimum, network.stride(layer))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        pixels = tf.fill([1, side, side, 3], 127.5)
        tape.watch(pixels)
        features, scores = network.features((layer, "logits"))(pixels)
    slopes = tape.jacobian(scores, features)[0, :, 0].numpy()
    places = slopes.reshape(slopes.shape[0], -1, slopes.shape[-1])
    if not np.allclose(places, places[:, :1], rtol=1e-3, atol=1e-3 * np.abs(places).max()):
        raise UsageError(
            f"target_class: {network.name} tells classes from whole pictures alone; choose another backbone"
        )
    kernel = np.ascontiguousarray(places.sum(axis=1).T)
    return Classifier(layer, kernel, scores[0].numpy() - features.numpy().mean(axis=(0, 1, 2)) @ kernel)
