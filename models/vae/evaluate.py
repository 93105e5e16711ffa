"""Measuring a trained VAE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from models.checkpoint import Checkpoint
from models.data.sets import PictureSet
from models.devices import prepare
from models.downloads import Progress
from models.errors import UsageError
from models.vae import bound
from models.vae.model import nets_of
from models.vae.nets import Nets, scaled
from models.vae.task import ACTIVE

AT_ONCE = 64
SAMPLES = 16
"""Samples of the posterior that a picture is looked at with at once."""


def evaluate(
    checkpoint: Checkpoint,
    pictures: PictureSet,
    *,
    folder: Path,  # noqa: ARG001  what measuring a GAN needs
    importance: int = 0,
    progress: Progress | None = None,
) -> dict[str, float]:
    """In nats a picture: `elbo`, the evidence lower bound, and its parts `reconstruction` and `divergence`; `active`,
    the dimensions that say something of the pictures; with `importance` samples also `bound`, the tighter one of
    Burda et al., "Importance weighted autoencoders", 2016.

    Raises UsageError for pictures of another size than the model's.
    """
    prepare()
    nets = nets_of(checkpoint)
    if (*pictures.size, pictures.channels) != (*nets.shape.size, nets.shape.channels):
        raise UsageError(f"the pictures of {pictures.name} do not have the size and the channels of the model's")
    parts = tf.function(nets.parts, reduce_retracing=True, autograph=False)
    weigh = tf.function(lambda *given: _log_weights(nets, *given), reduce_retracing=True, autograph=False)
    random = np.random.default_rng(0)
    sums, means = np.zeros(3), []
    for start in range(0, pictures.count, AT_ONCE):
        chosen = np.arange(start, min(start + AT_ONCE, pictures.count))
        given = scaled(pictures.read(chosen))
        term, divergence, mean = parts(given, _noise(random, len(chosen), nets))
        means.append(mean.numpy())
        sums[:2] += float(tf.reduce_sum(term)), float(tf.reduce_sum(divergence))
        if importance:
            found = []
            for done in range(0, importance, SAMPLES):
                many = min(SAMPLES, importance - done)
                noise = _noise(random, len(chosen) * many, nets)
                found.append(weigh(given, noise, many).numpy())
            weights = np.concatenate(found, axis=1)
            sums[2] += float(np.logaddexp.reduce(weights, axis=1).sum()) - len(chosen) * np.log(importance)
        if progress is not None:
            progress(int(chosen[-1]) + 1, pictures.count)
    count = pictures.count
    return {
        "elbo": -(sums[0] + sums[1]) / count,
        "reconstruction": sums[0] / count,
        "divergence": sums[1] / count,
        "active": float((np.concatenate(means).var(axis=0) > ACTIVE).sum()),
        **({"bound": sums[2] / count} if importance else {}),
    }


def _noise(random: np.random.Generator, count: int, nets: Nets) -> Any:
    return random.normal(size=(count, nets.recipe.latent)).astype(np.float32)


def _log_weights(nets: Nets, pictures: Any, noise: Any, many: int) -> Any:
    """The logarithms of the importance weights of `many` samples a picture: (n, many)."""
    mean, log_variance = (tf.repeat(each, many, axis=0) for each in nets.encoder(pictures))
    point = bound.sampled(mean, log_variance, noise)
    logits = nets.decoder(point)
    found = bound.log_weights(
        nets.likelihood, tf.repeat(pictures, many, axis=0), logits, nets.log_scale.value, point, (mean, log_variance)
    )
    return tf.reshape(found, [-1, many])
