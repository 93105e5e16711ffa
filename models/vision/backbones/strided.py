"""A pyramid of strided convolutions as a network to dream through: with it the studio's own models look at pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.vision.backbones.network import Network
from models.vision.backbones.scaling import Scaling

SLOPE = 0.2
GREY = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""


def strided(
    name: str, convolutions: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32], int]], scaling: Scaling
) -> Network:
    """The network of convolutions by name, each a kernel (k, k, inputs, filters), a bias (filters,) and a stride,
    with a leaky ReLU after it. If the first takes one channel, pictures are made grey."""
    inputs = x = keras.Input((None, None, 3), dtype="float32")
    layers: dict[str, Any] = {}
    weights: dict[str, list[NDArray[np.float32]]] = {}
    first = next(iter(convolutions.values()))[0]
    if first.shape[2] == 1:
        grey = keras.layers.Conv2D(1, 1, use_bias=False, trainable=False, dtype="float32", name="grey")
        weights["grey"] = [np.asarray(GREY, np.float32).reshape(1, 1, 3, 1)]
        x = grey(x)
    for called, (kernel, bias, stride) in convolutions.items():
        convolution = keras.layers.Conv2D(
            kernel.shape[3], kernel.shape[0], stride, "same", trainable=False, dtype="float32", name=f"{called}_conv"
        )
        weights[f"{called}_conv"] = [kernel, bias]
        x = layers[called] = keras.layers.LeakyReLU(negative_slope=SLOPE, dtype="float32", name=called)(convolution(x))
    model = keras.Model(inputs, x)
    for layer, arrays in weights.items():
        model.get_layer(layer).set_weights(arrays)
    return Network(name, inputs, layers, scaling=scaling, minimum=2 ** len(layers))
