"""The layers of the two networks. Their weights are drawn from a unit normal and scaled when they are used, so that
all of them learn at the same pace: the equalised learning rate of Karras et al., "Progressive growing of GANs", 2018.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from models.gan.chance import normal

SLOPE = 0.2
GAIN = math.sqrt(2.0)
"""Restores the spread that the leaky ReLU takes away, nearly."""


def leaky(x: Any) -> Any:
    """The leaky ReLU, times `GAIN`."""
    return tf.nn.leaky_relu(x, SLOPE) * tf.cast(GAIN, x.dtype)


class Layer:
    """Weights with names. `kernel()` is the kernel as it is used, scaled, and with `spectral` divided by its norm."""

    def __init__(self, name: str, shape: tuple[int, ...], fan: int, *, seed: Any, bias: int, spectral: bool) -> None:
        self.scale = 1.0 / math.sqrt(fan)
        self.variables: dict[str, Any] = {
            "kernel": keras.Variable(normal(shape, seed, name), name="kernel"),
            "bias": keras.Variable(tf.zeros([bias]), name="bias"),
        }
        self.name = name
        self.norm: Any = None
        if spectral:
            start = tf.math.l2_normalize(normal((shape[-1],), seed, f"{name}/norm"))
            self.norm = keras.Variable(start, trainable=False, name="norm")

    def named(self) -> dict[str, Any]:
        """What is trained, by name."""
        return {f"{self.name}/{name}": variable for name, variable in self.variables.items()}

    @property
    def bias(self) -> Any:
        return self.variables["bias"].value

    def kernel(self, *, turn: bool = False) -> Any:
        """The kernel; `turn` first takes one step of the power iteration for its spectral norm
        (Miyato et al., "Spectral normalization for GANs", 2018)."""
        kernel = self.variables["kernel"].value
        if self.norm is None:
            return kernel * self.scale
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        u = self.norm.value
        v = tf.math.l2_normalize(tf.linalg.matvec(matrix, u))
        if turn:
            u = tf.stop_gradient(tf.math.l2_normalize(tf.linalg.matvec(matrix, v, transpose_a=True)))
            self.norm.assign(u)
        v, u = tf.stop_gradient(v), tf.stop_gradient(tf.convert_to_tensor(u))
        return kernel / tf.tensordot(v, tf.linalg.matvec(matrix, u), 1)


class Dense(Layer):
    """(n, inputs) to (n, units)."""

    def __init__(self, name: str, inputs: int, units: int, *, seed: Any, spectral: bool = False) -> None:
        super().__init__(name, (inputs, units), inputs, seed=seed, bias=units, spectral=spectral)

    def __call__(self, x: Any, *, turn: bool = False) -> Any:
        return x @ tf.cast(self.kernel(turn=turn), x.dtype) + tf.cast(self.bias, x.dtype)


class Conv(Layer):
    """A convolution that keeps the size, or with `stride` 2 halves it."""

    def __init__(
        self, name: str, inputs: int, filters: int, kernel: int = 3, stride: int = 1, *, seed: Any,
        spectral: bool = False,
    ) -> None:  # fmt: skip
        shape = (kernel, kernel, inputs, filters)
        super().__init__(name, shape, kernel * kernel * inputs, seed=seed, bias=filters, spectral=spectral)
        self.stride = stride

    def __call__(self, x: Any, *, turn: bool = False) -> Any:
        kernel = tf.cast(self.kernel(turn=turn), x.dtype)
        return tf.nn.bias_add(tf.nn.conv2d(x, kernel, self.stride, "SAME"), tf.cast(self.bias, x.dtype))


class Styled:
    """A convolution whose input channels are weighted by a style, and whose outputs are brought back to unit spread:
    the modulation and demodulation of Karras et al., "Analyzing and improving StyleGAN", 2020.
    """

    def __init__(self, name: str, inputs: int, filters: int, style: int, *, seed: Any) -> None:
        self.conv = Layer(name, (3, 3, inputs, filters), 9 * inputs, seed=seed, bias=filters, spectral=False)
        self.style = Dense(f"{name}/style", style, inputs, seed=seed)

    def named(self) -> dict[str, Any]:
        return {**self.conv.named(), **self.style.named()}

    def __call__(self, x: Any, w: Any) -> Any:
        kernel = self.conv.kernel()
        style = self.style(w) + 1.0
        power = tf.reduce_sum(tf.square(kernel), [0, 1])
        demodulate = tf.math.rsqrt(tf.square(style) @ power + 1e-8)[:, None, None, :]
        x = x * tf.cast(style[:, None, None, :], x.dtype)
        x = tf.nn.conv2d(x, tf.cast(kernel, x.dtype), 1, "SAME")
        return leaky(tf.nn.bias_add(x * tf.cast(demodulate, x.dtype), tf.cast(self.conv.bias, x.dtype)))


def doubled(x: Any) -> Any:
    """Twice as large, between pixels in proportion: (n, h, w, c) to (n, 2h, 2w, c), in the dtype that it has."""
    return tf.cast(tf.image.resize(x, [x.shape[1] * 2, x.shape[2] * 2]), x.dtype)
