"""Losses between pictures as a network sees them, for TensorFlow. All are means, so that a picture's size is no part
of them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

EPSILON = 1e-8


def gram(features: Any) -> Any:
    """The Gram matrix of features (height, width, channels): (channels, channels), a mean over places.

    Gatys et al. 2016, Image Style Transfer Using Convolutional Neural Networks, equation 3.
    """
    shape = tf.shape(features)
    flat = tf.reshape(features, [-1, features.shape[-1]])
    return tf.matmul(flat, flat, transpose_a=True) / tf.cast(shape[0] * shape[1], features.dtype)


def masked_gram(features: Any, mask: Any) -> Any:
    """The Gram matrix of the places where `mask` (height, width), 0..1, is on; nothing where it is off everywhere.

    Gatys et al. 2017, Controlling Perceptual Factors in Neural Style Transfer, section 4.1.
    """
    flat = tf.reshape(features, [-1, features.shape[-1]])
    weights = tf.reshape(mask, [-1, 1])
    return tf.matmul(flat * weights, flat, transpose_a=True) / (tf.reduce_sum(weights) + EPSILON)


def relative(found: Any, target: Any) -> Any:
    """The squared distance of two tensors, in parts of the target's squared length."""
    return tf.reduce_sum(tf.square(found - target)) / (tf.reduce_sum(tf.square(target)) + EPSILON)


def total_variation(picture: Any) -> Any:
    """The mean squared difference of neighbouring pixels of a picture (height, width, 3) in 0..1.

    Mahendran and Vedaldi 2015, Understanding Deep Image Representations by Inverting Them, section 3, with beta 2.
    """
    down = tf.reduce_mean(tf.square(picture[1:] - picture[:-1]))
    right = tf.reduce_mean(tf.square(picture[:, 1:] - picture[:, :-1]))
    return down + right
