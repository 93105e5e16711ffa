"""Finding the point in a GAN's latent space whose picture is like a given one.

The nearest of many random pictures is the start; then Adam moves the style, and a pull to where styles usually lie
keeps it among pictures of the kind (Abdal et al., "Image2StyleGAN", 2019; Zhu et al., "Improved StyleGAN embedding",
2020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.errors import UsageError
from models.gan.play import scaled

if TYPE_CHECKING:
    from models.gan.model import GanModel

CANDIDATES = 1024
STEPS = 200
RATE = 0.05
"""Of Adam, in units of the styles' spread."""
SEEN = 0.3
"""Weight of the discriminator's features beside the pixels."""
PULL = 0.01
"""Weight of the squared distance to the mean style, in units of the spread."""


def invert(model: GanModel, pixels: NDArray[np.uint8], steps: int = STEPS) -> NDArray[np.float32]:
    """Styles, float32 (n, latent), for pictures uint8 (n, height, width, channels) of the model's size.

    Raises UsageError for pictures of another size.
    """
    if pixels.shape[1:] != (*model.size, model.channels):
        raise UsageError(
            f"this model's pictures have the shape {(*model.size, model.channels)}, not {pixels.shape[1:]}"
        )
    wanted = scaled(tf.constant(pixels))
    middle, spread = model.usual.mean(axis=0), np.maximum(model.usual.std(axis=0), 1e-6)
    start = _nearest(model, pixels)
    place = keras.Variable((start - middle) / spread, name="place")
    optimizer = keras.optimizers.Adam(RATE)
    optimizer.build([place])
    features = [tf.stop_gradient(each) for each in model.discriminator.features(wanted)[:2]]

    def loss(position: Any) -> Any:
        made = model.generator(middle + position * spread)
        apart = tf.reduce_mean(tf.square(made - wanted), axis=[1, 2, 3])
        for have, want in zip(model.discriminator.features(made)[:2], features, strict=True):
            size = tf.reduce_mean(tf.square(want), axis=[1, 2, 3]) + 1e-6
            apart += SEEN * tf.reduce_mean(tf.square(have - want), axis=[1, 2, 3]) / size
        return tf.reduce_sum(apart + PULL * tf.reduce_mean(tf.square(position), axis=1))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(rate: Any) -> None:
        with tf.GradientTape() as tape:
            found = loss(place.value)
        optimizer.learning_rate = rate
        optimizer.apply([tape.gradient(found, place.value)])

    for index in range(steps):
        step(tf.constant(RATE * min(1.0, 4.0 * (1.0 - index / steps))))
    return np.asarray(middle + place.numpy() * spread, np.float32)


def _nearest(model: GanModel, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """For each picture the one of many styles whose picture is nearest by its pixels."""
    styles = model.usual[:CANDIDATES]
    made = model.decode(styles).reshape(len(styles), -1).astype(np.float32)
    given = pixels.reshape(len(pixels), -1).astype(np.float32)
    squared = (made**2).sum(axis=1) - 2.0 * given @ made.T
    return np.asarray(styles[squared.argmin(axis=1)])
