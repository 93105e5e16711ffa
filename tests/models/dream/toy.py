"""A small convolutional network with fixed random weights, as a backbone is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models.vision.backbones.geometry import Field

LAYERS = {"first": (3, 2, 8), "second": (5, 2, 12), "third": (3, 1, 16)}
"""Kernel, stride and channels."""


class Toy:
    """`padding` is as TensorFlow has it: SAME as in most networks, VALID as in Inception."""

    name = "toy"
    layers = tuple(LAYERS)
    minimum = 12
    classes = ("tench, Tinca tinca", "espresso", "espresso maker", "tabby, tabby cat")

    def __init__(self, padding: str = "SAME", gain: float = 1.0) -> None:
        self.padding = padding
        random = np.random.default_rng(0)
        self._kernels, before = [], 3
        for kernel, _, channels in LAYERS.values():
            shape = (kernel, kernel, before, channels)
            scale = gain * (2 / (kernel * kernel * before)) ** 0.5
            self._kernels.append(tf.constant(random.normal(0, scale, shape).astype(np.float32)))
            before = channels
        self.dense = tf.constant(random.normal(size=(before, len(self.classes))).astype(np.float32))
        self.calls = 0

    def channels(self, layer: str) -> int:
        return LAYERS[layer][2]

    def stride(self, layer: str) -> int:
        return self.field(layer).stride

    def field(self, layer: str) -> Field:
        found = Field()
        for name, (kernel, stride, _) in LAYERS.items():
            # With sides that are even TensorFlow puts the smaller half of its padding first.
            before = (kernel - stride) // 2 if self.padding == "SAME" else 0
            found = found.through(kernel, stride, before)
            if name == layer:
                return found
        raise KeyError(layer)

    def features(self, layers: Sequence[str]) -> Callable[[Any], list[Any]]:
        def found(pixels: Any) -> list[Any]:
            self.calls += 1
            x, outputs = pixels / 127.5 - 1.0, {}
            for (name, (_, stride, _)), kernel in zip(LAYERS.items(), self._kernels, strict=True):
                x = tf.nn.relu(tf.nn.conv2d(x, kernel, stride, self.padding))
                outputs[name] = x
            outputs["logits"] = tf.reduce_mean(x, axis=(1, 2)) @ self.dense
            return [outputs[layer] for layer in layers]

        return found
