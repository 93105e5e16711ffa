"""The evidence lower bound and its parts, in nats a picture, summed over pixels (Kingma and Welling, "Auto-encoding
variational Bayes", 2014)."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

LIMIT = 20.0
"""Logarithms of variances are held within this, so that no exponential of one is infinite."""
FINEST = math.log(0.01)
"""The least logarithm of a Gaussian pixel's scale: two and a half grey levels of 255."""


def divergence(mean: Any, log_variance: Any) -> Any:
    """The Kullback-Leibler divergence of each dimension from a unit normal: (n, latent), 0 or more."""
    log_variance = tf.clip_by_value(log_variance, -LIMIT, LIMIT)
    return 0.5 * (tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance)


def sampled(mean: Any, log_variance: Any, noise: Any) -> Any:
    """Points of the posterior: all tensors (n, latent), `noise` of a unit normal."""
    return mean + tf.exp(0.5 * tf.clip_by_value(log_variance, -LIMIT, LIMIT)) * noise


def reconstruction(likelihood: str, pictures: Any, logits: Any, log_scale: Any) -> Any:
    """The negative log-likelihood of pictures in 0..1, (n,), 0 or more.

    `bernoulli` is the cross entropy. `gaussian` has its mean in the logistic of the logits and one scale for all
    pixels (Rybkin et al., "Simple and effective VAE training with calibrated decoders", 2021); it is the likelihood of
    the grey level, a 255th wide, and so comparable and never negative.
    """
    if likelihood == "bernoulli":
        nats = tf.nn.sigmoid_cross_entropy_with_logits(pictures, logits)
    else:
        scale = tf.maximum(log_scale, FINEST)
        apart = tf.square(pictures - tf.sigmoid(logits)) * tf.exp(-2.0 * scale)
        nats = 0.5 * apart + scale + (0.5 * math.log(2.0 * math.pi) + math.log(255.0))
    return tf.reduce_sum(nats, axis=[1, 2, 3])


def log_weights(likelihood: str, pictures: Any, logits: Any, log_scale: Any, point: Any, posterior: Any) -> Any:
    """log p(x, z) - log q(z | x) of points drawn from the posterior (mean, log_variance): (n,)."""
    mean, log_variance = posterior
    log_variance = tf.clip_by_value(log_variance, -LIMIT, LIMIT)
    prior = -0.5 * tf.reduce_sum(tf.square(point), axis=1)
    drawn = -0.5 * tf.reduce_sum(tf.square(point - mean) * tf.exp(-log_variance) + log_variance, axis=1)
    return prior - drawn - reconstruction(likelihood, pictures, logits, log_scale)
