"""What the two players of a GAN play for. Scores are float32 (n,): the higher, the more real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from models.gan.chance import uniform

Score = Callable[[Any], Any]


def discriminator_loss(kind: str, real: Any, fake: Any, *, smoothing: float = 0.0) -> Any:
    """A scalar from the scores of real and of made pictures.

    `non-saturating`: the cross entropy of Goodfellow et al., "Generative adversarial nets", 2014, with the real label
    lowered by `smoothing` (Salimans et al., "Improved techniques for training GANs", 2016). `hinge`: Lim and Ye,
    "Geometric GAN", 2017. `wasserstein`: Arjovsky et al., "Wasserstein GAN", 2017.
    """
    if kind == "hinge":
        return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))
    if kind == "wasserstein":
        return tf.reduce_mean(fake) - tf.reduce_mean(real)
    labelled = (1.0 - smoothing) * tf.nn.softplus(-real) + smoothing * tf.nn.softplus(real)
    return tf.reduce_mean(labelled) + tf.reduce_mean(tf.nn.softplus(fake))


def generator_loss(kind: str, fake: Any) -> Any:
    """A scalar from the scores of made pictures."""
    return tf.reduce_mean(tf.nn.softplus(-fake)) if kind == "non-saturating" else -tf.reduce_mean(fake)


def r1_penalty(score: Score, real: Any) -> Any:
    """Half the squared norm of the scores' slope at real pictures, a scalar (Mescheder et al., "Which training methods
    for GANs do actually converge?", 2018)."""
    return 0.5 * tf.reduce_mean(_squared_norm(_slope(score, real)))


def gradient_penalty(score: Score, real: Any, fake: Any, seed: Any) -> Any:
    """How far the slope's norm is from 1 between real and made pictures, squared, a scalar (Gulrajani et al., "Improved
    training of Wasserstein GANs", 2017)."""
    part = uniform([tf.shape(real)[0], 1, 1, 1], seed, "between")
    slope = _slope(score, real + part * (fake - real))
    return tf.reduce_mean(tf.square(tf.sqrt(_squared_norm(slope) + 1e-12) - 1.0))


def _slope(score: Score, pictures: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        total = tf.reduce_sum(score(pictures))
    return tape.gradient(total, pictures)


def _squared_norm(x: Any) -> Any:
    return tf.reduce_sum(tf.square(x), axis=[1, 2, 3])
