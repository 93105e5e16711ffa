"""A VAE's two networks with the scale of its pixels: what is trained, measured, kept and used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.vae import bound
from models.vae.network import decoder, encoder, named
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape
from models.weights import put

FOLLOWS = 0.05
"""How far the scale moves towards that of a batch."""


class Nets:
    """The encoder, the decoder and the scale. `likelihood` is `bernoulli` or `gaussian`."""

    def __init__(self, recipe: VaeRecipe, shape: Shape, dtype: str = "float32") -> None:
        self.recipe, self.shape = recipe, shape
        policy = keras.DTypePolicy("mixed_bfloat16") if dtype == "bfloat16" else dtype
        self.encoder, self.decoder = encoder(recipe, shape, policy), decoder(recipe, shape, policy)
        self.log_scale = keras.Variable(np.float32(-1.0), trainable=False, aggregation="mean", name="log_scale")
        auto = "bernoulli" if shape.channels == 1 else "gaussian"
        self.likelihood: str = auto if recipe.likelihood == "auto" else recipe.likelihood

    def named(self) -> Mapping[str, Any]:
        """All variables by the names of their arrays, without `weights/`."""
        return {
            **{f"encoder/{name}": variable for name, variable in named(self.encoder).items()},
            **{f"decoder/{name}": variable for name, variable in named(self.decoder).items()},
            "log_scale": self.log_scale,
        }

    @property
    def trained(self) -> Mapping[str, Any]:
        """What gradients change: all but the scale."""
        return {name: each for name, each in self.named().items() if name != "log_scale"}

    def learn_scale(self, pictures: Any, logits: Any, share: Any) -> Any:
        """The best scale for a batch, whose pictures count by `share` (n,): the logarithm, through which gradients
        flow. What is kept of it is a moving average."""
        apart = tf.reduce_mean(tf.square(pictures - tf.sigmoid(logits)), axis=[1, 2, 3])
        best = tf.maximum(0.5 * tf.math.log(tf.reduce_sum(apart * share) + 1e-12), bound.FINEST)
        self.log_scale.assign(self.log_scale.value * (1.0 - FOLLOWS) + FOLLOWS * tf.stop_gradient(best))
        return best

    def parts(self, pictures: Any, noise: Any, share: Any = None) -> tuple[Any, Any, Any]:
        """Of pictures in 0..1 and noise (n, latent): the reconstruction term (n,), the divergence of each dimension
        (n, latent), and the means (n, latent). With `share` (n,), the weights of the pictures, the scale is learnt."""
        mean, log_variance = self.encoder(pictures)
        logits = self.decoder(bound.sampled(mean, log_variance, noise))
        log_scale = self.log_scale.value
        if share is not None and self.likelihood == "gaussian":
            log_scale = self.learn_scale(pictures, logits, share)
        term = bound.reconstruction(self.likelihood, pictures, logits, log_scale)
        return term, bound.divergence(mean, log_variance), mean

    def put(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set all variables from the arrays of a checkpoint. Raises CorruptFileError for one that does not fit."""
        put(self.named(), arrays)


def scaled(pixels: Any) -> Any:
    """uint8 0..255 to float32 0..1."""
    return tf.cast(pixels, tf.float32) / 255.0


def pixels_of(logits: Any) -> Any:
    """Logits to uint8 0..255, rounded."""
    return tf.cast(tf.floor(tf.sigmoid(logits) * 255.0 + 0.5), tf.uint8)
