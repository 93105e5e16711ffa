"""A GAN ready to make pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.devices import prepare
from models.errors import CorruptFileError, UsageError
from models.gan.inversion import invert
from models.gan.network import Discriminator, Generator
from models.gan.play import pixels_of
from models.gan.recipe import GanRecipe
from models.latent.model import Concept, LatentModel, Latents, Pixels
from models.weights import put

AT_ONCE = 64
"""Pictures that are made together."""
DRAWN = 4096
"""Styles that tell where styles usually lie."""


class GanModel(LatentModel):
    """The generator and the discriminator of a checkpoint. Its latent space is that of the styles."""

    family = "gan"

    def __init__(self, recipe: GanRecipe, channels: int, concepts: tuple[Concept, ...]) -> None:
        assert recipe.size is not None
        self.recipe, self.channels, self.concepts = recipe, channels, concepts
        self.latent, self.size = recipe.latent, (recipe.size, recipe.size)
        self.generator = Generator(recipe, channels, 0)
        self.depth = self.generator.depth
        self.discriminator = Discriminator(recipe, channels, 0)
        points = tf.TensorSpec([None, recipe.latent], tf.float32)
        self._map = tf.function(self.generator.mapping, input_signature=[points], autograph=False)
        self._make = tf.function(lambda w: pixels_of(self.generator(w)), input_signature=[points], autograph=False)
        self._mix = tf.function(
            lambda coarse, fine, at: pixels_of(self.generator(_crossed(coarse, fine, at, self.generator.depth))),
            input_signature=[points, points, tf.TensorSpec([], tf.int32)],
            autograph=False,
        )
        self._usual: NDArray[np.float32] | None = None

    @property
    def usual(self) -> NDArray[np.float32]:
        """Many styles of random points, float32 (4096, latent)."""
        if self._usual is None:
            self._usual = self._styles(DRAWN, 0)
        return self._usual

    def _styles(self, count: int, seed: int) -> NDArray[np.float32]:
        z = np.random.default_rng((seed, 6)).normal(size=(count, self.latent)).astype(np.float32)
        return np.asarray(self._map(z).numpy())

    def decode(self, latents: Latents) -> Pixels:
        points = np.asarray(latents, np.float32)
        parts = [self._make(points[start : start + AT_ONCE]).numpy() for start in range(0, len(points), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, *self.size, self.channels), np.uint8)

    def encode(self, pixels: Pixels) -> Latents:
        """The styles whose pictures come nearest, by search: a few seconds (see `models.gan.inversion`)."""
        return invert(self, pixels)

    def draw(self, count: int, seed: int, truncation: float = 1.0) -> Latents:
        """Styles of random points, drawn towards the mean one by `truncation` (StyleGAN's truncation trick)."""
        middle = self.usual.mean(axis=0)
        return np.asarray(middle + np.float32(truncation) * (self._styles(count, seed) - middle))

    def mix(self, coarse: Latents, fine: Latents, layers: int) -> Pixels:
        coarse, fine = np.broadcast_arrays(np.asarray(coarse, np.float32), np.asarray(fine, np.float32))
        parts = [slice(start, start + AT_ONCE) for start in range(0, len(coarse), AT_ONCE)]
        return np.concatenate([self._mix(coarse[part], fine[part], layers).numpy() for part in parts])

    def principal(self) -> Latents:
        """The principal components of the styles (Härkönen et al., "GANSpace", 2020)."""
        centred = self.usual - self.usual.mean(axis=0)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        return np.ascontiguousarray(vectors[:, ::-1].T, np.float32)

    @property
    def scale(self) -> float:
        return float(self.usual.std(axis=0).mean())


def _crossed(coarse: Any, fine: Any, at: Any, depth: int) -> list[Any]:
    return [tf.where(layer < at, coarse, fine) for layer in range(depth)]


def from_checkpoint(checkpoint: Checkpoint) -> GanModel:
    """The model in a checkpoint, of a run or a finished model.

    Raises UsageError if it is of another family, CorruptFileError if its recipe and its weights do not fit each
    other or the weights are not finite numbers.
    """
    prepare()
    meta = checkpoint.meta
    if meta.get("family") != "gan":
        raise UsageError(f"this is a {meta.get('family')} model, not a GAN")
    try:
        recipe = GanRecipe.checked(meta["recipe"])
        channels = int(meta["data"]["channels"])
        names = [str(name) for name in meta.get("concepts", [])]
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise CorruptFileError(f"the model's recipe cannot be read: {error}") from None
    if channels not in (1, 3):
        raise CorruptFileError(f"the model makes pictures of {channels} channels")
    model = GanModel(recipe, channels, _concepts(names, checkpoint.arrays, recipe.latent))
    put(model.generator.named(), checkpoint.arrays, "weights/generator/")
    judge = model.discriminator
    put({**judge.named(), **judge.norms()}, checkpoint.arrays, "weights/discriminator/")
    return model


def _concepts(names: list[str], arrays: Mapping[str, NDArray[Any]], latent: int) -> tuple[Concept, ...]:
    directions = arrays.get("weights/concepts")
    if directions is None or not names:
        return ()
    if directions.shape != (len(names), latent) or not np.isfinite(directions).all():
        raise CorruptFileError("the model's concepts do not fit their names")
    found = zip(names, directions.astype(np.float32), strict=True)
    return tuple(Concept(name, direction) for name, direction in found if direction.any())
