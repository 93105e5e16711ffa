"""One step of the game: the discriminator's, then the generator's. Each changes its own weights only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from models.adam import Adam
from models.devices import Placement
from models.gan import losses
from models.gan.chance import named, normal
from models.gan.network import Discriminator, Generator
from models.gan.recipe import GanRecipe
from models.replicas import follow, shared

BETA_2 = 0.99
HALVED = 2000
"""Steps in which the discriminator's noise halves."""
POOLED = 8
"""Pixels a side at which the spread of pictures is compared."""


class Game:
    """The two networks, their optimizers, and the averaged generator that makes the pictures.

    `averaged` is the generator itself where its recipe averages nothing. To be made in the placement's scope.
    """

    def __init__(self, recipe: GanRecipe, colours: int, place: Placement) -> None:
        self.recipe, self.place = recipe, place
        dtype = "bfloat16" if recipe.mixed_precision and place.has_bfloat16 else "float32"
        self.generator = Generator(recipe, colours, recipe.seed, dtype)
        self.averaged = Generator(recipe, colours, recipe.seed, dtype) if recipe.average else self.generator
        self.discriminator = Discriminator(recipe, colours, recipe.seed + 1, dtype)
        self.generating = values(self.generator)
        self.averages = values(self.averaged)
        self.judging = values(self.discriminator)
        self.generator_optimizer = _optimizer(recipe, "generator_optimizer", self.generator)
        self.discriminator_optimizer = _optimizer(recipe, "discriminator_optimizer", self.discriminator)

    def step(self, pixels: Any, seed: Any) -> dict[str, Any]:
        """Play on real pictures, uint8 (discriminator_steps * n, h, w, c); returns the measures of `GanTask`."""
        recipe = self.recipe
        rounds = tf.split(scaled(pixels), recipe.discriminator_steps)
        for index, real in enumerate(rounds):
            found = self.discriminator_step(real, named(seed, f"round {index}"))
        made = self.generator_step(tf.shape(rounds[-1])[0], named(seed, "generator"))
        diversity = spread(made["fake"]) / tf.maximum(spread(rounds[-1]), 1e-6)
        return {**found, "generator_loss": made["loss"], "diversity": diversity}

    def discriminator_step(self, real: Any, seed: Any) -> dict[str, Any]:
        """Teach the discriminator on pictures in -1..1, and on as many made ones."""
        recipe = self.recipe
        fake = tf.stop_gradient(self._made(tf.shape(real)[0], seed))
        penalty = self._penalty(real, fake, seed)
        seen, taken = self._noisy(real, seed, "real"), self._noisy(fake, seed, "fake")
        with tf.GradientTape() as tape:
            scores = self.discriminator(tf.concat([seen, taken], 0), turn=True)
            of_real, of_fake = tf.split(scores, 2)
            loss = losses.discriminator_loss(recipe.loss, of_real, of_fake, smoothing=recipe.smoothing)
            whole = loss + (penalty() if penalty is not None else 0.0)
        self.discriminator_optimizer.apply(shared(self.place, tape.gradient(whole, self.judging)))
        return {
            "discriminator_loss": loss,
            "real_score": tf.reduce_mean(of_real),
            "fake_score": tf.reduce_mean(of_fake),
        }

    def generator_step(self, count: Any, seed: Any) -> dict[str, Any]:
        """Teach the generator on `count` pictures of its own; returns its loss and the pictures in -1..1."""
        with tf.GradientTape() as tape:
            fake = self._made(count, seed)
            loss = losses.generator_loss(self.recipe.loss, self.discriminator(self._noisy(fake, seed, "fake")))
        self.generator_optimizer.apply(shared(self.place, tape.gradient(loss, self.generating)))
        if self.averaged is not self.generator:
            steps = tf.cast(self.generator_optimizer.iterations.value, tf.float32)
            rate = 1.0 - tf.minimum(self.recipe.average, (1.0 + steps) / (10.0 + steps))
            follow(self.place, self.averages, self.generating, rate)
        return {"loss": loss, "fake": fake}

    def _made(self, count: Any, seed: Any) -> Any:
        """Pictures in -1..1 of random points; in half of them a finer layer's style is that of another point."""
        z = normal([2 * count, self.recipe.latent], seed, "points")
        w, other = tf.split(self.generator.mapping(z), 2)
        depth = self.generator.depth
        at = tf.random.stateless_uniform([count, 1], named(seed, "crossing"), 1, 2 * depth, tf.int32)
        return self.generator([w if layer == 0 else tf.where(at <= layer, other, w) for layer in range(depth)])

    def _noisy(self, pictures: Any, seed: Any, name: str) -> Any:
        if not self.recipe.noise:
            return pictures
        steps = tf.cast(self.discriminator_optimizer.iterations.value, tf.float32)
        size = self.recipe.noise * tf.pow(0.5, steps / HALVED)
        return pictures + size * normal(tf.shape(pictures), seed, name)

    def _penalty(self, real: Any, fake: Any, seed: Any) -> Callable[[], Any] | None:
        """What is due on the slopes of the scores."""
        recipe = self.recipe
        if recipe.gradient_penalty:
            return lambda: recipe.gradient_penalty * losses.gradient_penalty(self.discriminator, real, fake, seed)
        if not recipe.r1:
            return None
        # A penalty that is taken now and then, and weighs as much more, does the same for less work (StyleGAN 2).
        due = tf.equal(self.discriminator_optimizer.iterations.value % recipe.r1_every, 0)
        weight = recipe.r1 * recipe.r1_every
        return lambda: tf.cond(
            due, lambda: weight * losses.r1_penalty(self.discriminator, real), lambda: tf.constant(0.0)
        )


def scaled(pixels: Any) -> Any:
    """uint8 0..255 to float32 -1..1."""
    return tf.cast(pixels, tf.float32) / 127.5 - 1.0


def pixels_of(pictures: Any) -> Any:
    """float32 -1..1 to uint8 0..255, rounded: -1, 0 and 1 are 0, 128 and 255."""
    return tf.cast(tf.clip_by_value(tf.floor((pictures + 1.0) * 127.5 + 0.5), 0.0, 255.0), tf.uint8)


def spread(pictures: Any) -> Any:
    """How much the pictures of a batch differ: the mean standard deviation over it, of pixels pooled to 8x8."""
    step = pictures.shape[1] // POOLED
    pooled = tf.nn.avg_pool2d(pictures, step, step, "VALID")
    return tf.reduce_mean(tf.sqrt(tf.math.reduce_variance(pooled, axis=0) + 1e-12))


def values(network: Generator | Discriminator) -> list[Any]:
    """What is trained of a network, as TensorFlow's variables."""
    return [variable.value for variable in network.named().values()]


def _optimizer(recipe: GanRecipe, name: str, network: Generator | Discriminator) -> Any:
    optimizer = Adam(1e-3, beta_1=recipe.beta_1, beta_2=BETA_2, name=name)
    optimizer.build(list(network.named().values()))
    return optimizer
