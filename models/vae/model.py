"""A VAE ready to take pictures apart and to make new ones."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from models.checkpoint import Checkpoint
from models.devices import prepare
from models.errors import CorruptFileError, UsageError
from models.latent.model import Concept, LatentModel, Latents, Pixels
from models.vae.nets import Nets, pixels_of, scaled
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape

AT_ONCE = 64
"""Pictures that are made or read together."""


class VaeModel(LatentModel):
    """The encoder and the decoder of a checkpoint. Points are the means of the posterior."""

    family = "vae"

    def __init__(
        self, nets: Nets, concepts: tuple[Concept, ...] = (), mean: Latents | None = None,
        covariance: Latents | None = None,
    ) -> None:  # fmt: skip
        self.nets, self.recipe, self.concepts = nets, nets.recipe, concepts
        self.latent, self.size, self.channels = nets.recipe.latent, nets.shape.size, nets.shape.channels
        self._mean = np.zeros(self.latent, np.float32) if mean is None else mean
        known = covariance is not None and bool(covariance.any())
        self._covariance = covariance if covariance is not None and known else np.eye(self.latent, dtype=np.float32)
        values, self._vectors = np.linalg.eigh(self._covariance.astype(np.float64))
        self._spreads = np.sqrt(np.clip(values, 0.0, None))
        points = tf.TensorSpec([None, self.latent], tf.float32)
        pictures = tf.TensorSpec([None, *self.size, self.channels], tf.uint8)
        self._make = tf.function(lambda z: pixels_of(nets.decoder(z)), input_signature=[points], autograph=False)
        self._read = tf.function(
            lambda pixels: nets.encoder(scaled(pixels))[0], input_signature=[pictures], autograph=False
        )

    def decode(self, latents: Latents) -> Pixels:
        points = np.asarray(latents, np.float32)
        parts = [self._make(points[start : start + AT_ONCE]).numpy() for start in range(0, len(points), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, *self.size, self.channels), np.uint8)

    def encode(self, pixels: Pixels) -> Latents:
        """The means of the posteriors. Raises UsageError for pictures of another size."""
        if pixels.shape[1:] != (*self.size, self.channels):
            shape = (*self.size, self.channels)
            raise UsageError(f"this model's pictures have the shape {shape}, not {pixels.shape[1:]}")
        parts = [self._read(pixels[start : start + AT_ONCE]).numpy() for start in range(0, len(pixels), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, self.latent), np.float32)

    def draw(self, count: int, seed: int, truncation: float = 1.0) -> Latents:
        """Points of the normal distribution that the points of pictures have, which the prior only comes near to."""
        normal = np.random.default_rng((seed, 6)).normal(size=(count, self.latent))
        found = self._mean + truncation * (normal * self._spreads) @ self._vectors.T
        return np.asarray(found, np.float32)

    def principal(self) -> Latents:
        """The principal components of the points of pictures."""
        return np.ascontiguousarray(self._vectors[:, ::-1].T, np.float32)

    @property
    def scale(self) -> float:
        return float(np.sqrt(np.mean(self._spreads**2)))


def from_checkpoint(checkpoint: Checkpoint) -> VaeModel:
    """The model in a checkpoint, of a run or a finished model.

    Raises UsageError if it is of another family, CorruptFileError if its recipe and its weights do not fit each
    other or the weights are not finite numbers.
    """
    prepare()
    nets = nets_of(checkpoint)
    arrays, latent = checkpoint.arrays, nets.recipe.latent
    names = [str(name) for name in checkpoint.meta.get("concepts", [])]
    shapes = {"concepts": (len(names), latent), "code_mean": (latent,), "code_covariance": (latent, latent)}
    found: dict[str, Latents] = {}
    for name, shape in shapes.items():
        array = arrays.get(f"weights/{name}", np.zeros(shape, np.float32))
        if array.shape != shape or not np.isfinite(array).all():
            raise CorruptFileError(f"the model's array weights/{name} is not {shape} finite numbers")
        found[name] = array.astype(np.float32)
    concepts = tuple(
        Concept(name, direction) for name, direction in zip(names, found["concepts"], strict=True) if direction.any()
    )
    return VaeModel(nets, concepts, found["code_mean"], found["code_covariance"])


def nets_of(checkpoint: Checkpoint) -> Nets:
    """The networks in a checkpoint. Raises as `from_checkpoint` does."""
    meta = checkpoint.meta
    if meta.get("family") != "vae":
        raise UsageError(f"this is a {meta.get('family')} model, not a VAE")
    try:
        recipe = VaeRecipe.checked(meta["recipe"])
        height, width = (int(side) for side in meta["data"]["size"])
        channels = int(meta["data"]["channels"])
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise CorruptFileError(f"the model's recipe cannot be read: {error}") from None
    if channels not in (1, 3) or not (8 <= height <= 1024 and 8 <= width <= 1024):
        raise CorruptFileError(f"the model makes pictures of {width}x{height} pixels and {channels} channels")
    nets = Nets(recipe, Shape.of(recipe, (height, width), channels))
    nets.put(checkpoint.arrays)
    return nets
