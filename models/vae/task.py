"""Training a VAE, as a task of the training loop."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.adam import Adam
from models.data.sets import Indices, PictureSet
from models.data.stream import Stream
from models.devices import Placement
from models.events import Event, Picture
from models.latent.concepts import from_attributes
from models.latent.sheet import sheet
from models.replicas import memory, shared
from models.task import Task
from models.vae.nets import Nets, pixels_of, scaled
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape

MEASURED = 128
"""Pictures that a validation looks at together."""
TOLD = 2048
"""Pictures whose points tell where the concepts lie, at most."""
ACTIVE = 0.01
"""Variance of a dimension's means from which on it says something of the pictures (Burda et al., "Importance weighted
autoencoders", 2016)."""


class VaeTask(Task):
    """The two networks and the pictures. To be made in the placement's scope.

    `learnt` and `held` are the indices of the pictures to learn from and of those held out; `about` is what a
    checkpoint says of the pictures. Losses are in nats a picture: `loss` is the negative evidence lower bound
    with the weight that beta has by now; `val_loss` is without it.
    """

    measures = ("loss", "reconstruction", "divergence")
    unit = "picture"
    may_diverge = False

    def __init__(
        self,
        recipe: VaeRecipe,
        pictures: PictureSet,
        learnt: Indices,
        held: Indices,
        place: Placement,
        about: Mapping[str, Any],
    ) -> None:
        self.recipe, self.place, self._about = recipe, place, about
        self._pictures, self._held, self._learnt = pictures, held, learnt
        dtype = "bfloat16" if recipe.mixed_precision and place.has_bfloat16 else "float32"
        self.nets = Nets(recipe, Shape.of(recipe, pictures.size, pictures.channels), dtype)
        self._trained = [variable.value for variable in self.nets.trained.values()]
        self.optimizer = Adam(recipe.learning_rate, name="optimizer")
        self.optimizer.build(list(self.nets.trained.values()))
        self.optimizers = {"learning_rate": self.optimizer}
        self._stream = Stream(pictures, learnt, recipe.batch, seed=recipe.seed, flip=recipe.flip)
        self.steps_per_epoch = self._stream.steps_per_epoch
        self.per_step = recipe.batch
        self.validates = len(held) > 0
        self._names = () if pictures.attributes is None else pictures.attributes.names
        self._concepts = _kept([len(self._names), recipe.latent], "concepts")
        self._code_mean = _kept([recipe.latent], "code_mean")
        self._code_covariance = _kept([recipe.latent, recipe.latent], "code_covariance")
        self._measure = tf.function(self._measured, reduce_retracing=True, autograph=False)
        self._encode = tf.function(
            lambda pixels: self.nets.encoder(scaled(pixels)), reduce_retracing=True, autograph=False
        )
        self._rebuild = tf.function(self._rebuilt, reduce_retracing=True, autograph=False)
        self._make = tf.function(lambda z: pixels_of(self.nets.decoder(z)), reduce_retracing=True, autograph=False)
        shown = held if len(held) else learnt
        self._shown = pictures.read(shown[: 2 * recipe.grid])
        random = np.random.default_rng((recipe.seed, 3))
        self._points = random.normal(size=(2 * recipe.grid, recipe.latent)).astype(np.float32)

    # -- state

    def state(self) -> Mapping[str, Any]:
        return {
            **{f"weights/{name}": variable for name, variable in self.nets.named().items()},
            **memory(self.optimizer),
            "weights/concepts": self._concepts,
            "weights/code_mean": self._code_mean,
            "weights/code_covariance": self._code_covariance,
        }

    def meta(self) -> Mapping[str, Any]:
        return {
            "family": "vae",
            "recipe": self.recipe.model_dump(mode="json"),
            "concepts": list(self._names),
            **self._about,
        }

    # -- a step

    def batches(self, first: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        return self._stream.batches(first, count)

    def step(self, batch: Any, seed: Any) -> Mapping[str, Any]:
        pixels, weights = batch
        pictures = scaled(pixels)
        noise = tf.random.stateless_normal([pictures.shape[0], self.recipe.latent], seed)
        beta = self.recipe.beta
        if self.recipe.warmup:
            steps = tf.cast(self.optimizer.iterations.value, tf.float32)
            beta *= tf.minimum(1.0, (steps + 1.0) / self.recipe.warmup)
        # Pictures that only fill up the last batch of an epoch weigh nothing.
        share = weights / tf.maximum(tf.reduce_sum(weights), 1.0)
        with tf.GradientTape() as tape:
            terms, divergences, _ = self.nets.parts(pictures, noise, share)
            term = tf.reduce_sum(terms * share)
            divergence = tf.reduce_sum(tf.reduce_sum(divergences, axis=1) * share)
            loss = term + beta * divergence
        gradients = tape.gradient(loss, self._trained)
        if self.recipe.clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self.recipe.clip_norm)
        self.optimizer.apply(shared(self.place, gradients))
        return {"loss": loss, "reconstruction": term, "divergence": divergence}

    # -- measuring

    def validate(self) -> Generator[None, None, dict[str, float]]:
        """The bound on the held-out pictures, its two parts, and how many dimensions are active."""
        terms, divergences, means = 0.0, 0.0, []
        count = len(self._held)
        for index, start in enumerate(range(0, count, MEASURED)):
            pixels = self._pictures.read(self._held[start : start + MEASURED])
            term, divergence, mean = self._measure(pixels, tf.constant([self.recipe.seed & 0x7FFFFFFF, index]))
            terms, divergences = terms + float(term), divergences + float(divergence)
            means.append(mean.numpy())
            yield
        active = int((np.concatenate(means).var(axis=0) > ACTIVE).sum())
        yield from self._tell()
        return {
            "val_loss": (terms + divergences) / count,
            "val_reconstruction": terms / count,
            "val_divergence": divergences / count,
            "active": float(active),
        }

    def _measured(self, pixels: Any, seed: Any) -> Any:
        noise = tf.random.stateless_normal([tf.shape(pixels)[0], self.recipe.latent], seed)
        terms, divergences, means = self.nets.parts(scaled(pixels), noise)
        return tf.reduce_sum(terms), tf.reduce_sum(divergences), means

    def _tell(self) -> Generator[None, None, None]:
        """Find out how the points of pictures lie, and where among them the concepts do."""
        indices = self._learnt[:: max(1, len(self._learnt) // TOLD)][:TOLD]
        means, variances = [], []
        for start in range(0, len(indices), MEASURED):
            mean, log_variance = self._encode(self._pictures.read(indices[start : start + MEASURED]))
            means.append(mean.numpy())
            variances.append(np.exp(log_variance.numpy()))
            yield
        codes = np.concatenate(means)
        if len(codes) > 1:
            self._code_mean.assign(codes.mean(axis=0))
            own = np.diag(np.concatenate(variances).mean(axis=0))
            self._code_covariance.assign((np.cov(codes, rowvar=False) + own).astype(np.float32))
        if self._pictures.attributes is not None:
            found = {c.name: c.direction for c in from_attributes(codes, self._pictures.attributes.take(indices))}
            nothing = np.zeros(self.recipe.latent, np.float32)
            self._concepts.assign(np.stack([found.get(name, nothing) for name in self._names]))

    # -- to see

    def _rebuilt(self, pixels: Any) -> Any:
        return pixels_of(self.nets.decoder(self.nets.encoder(scaled(pixels))[0]))

    def show(self) -> Iterator[Event | None]:
        """Pictures above what comes of them, and new ones below."""
        across = self.recipe.grid
        rebuilt, made = self._rebuild(self._shown).numpy(), self._make(self._new_points()).numpy()
        rows = [self._shown[:across], rebuilt[:across], self._shown[across:], rebuilt[across:]]
        full = [row for row in rows if len(row) == across] or rows[:2]
        yield Picture(sheet(np.concatenate([*full, made]), columns=min(across, len(full[0]))))

    def _new_points(self) -> NDArray[np.float32]:
        """Points as the pictures' own lie, once that is known; until then, of the prior."""
        covariance = self._code_covariance.numpy().astype(np.float64)
        if not covariance.any():
            return self._points
        values, vectors = np.linalg.eigh(covariance)
        found = self._code_mean.numpy() + (self._points * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
        return np.asarray(found, np.float32)


def _kept(shape: list[int], name: str) -> Any:
    return tf.Variable(tf.zeros(shape), trainable=False, name=name)
