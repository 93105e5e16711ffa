"""Training a GAN, as a task of the training loop."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.data.sets import PictureSet
from models.data.stream import Stream
from models.devices import Placement
from models.errors import UsageError
from models.events import Event, Picture
from models.gan.judge import Judge
from models.gan.play import Game, pixels_of, scaled
from models.gan.reading import AttributeReader
from models.gan.recipe import GanRecipe
from models.latent.sheet import sheet
from models.replicas import memory
from models.task import Task

ALIVE, LOST = 0.5, 0.2
"""A training is under way once the made pictures differ half as much as the real ones, and lost when they then differ
less than a fifth as much."""
READ_AT = 8
"""Pixels a side of the discriminator's features that attributes are read from."""


class GanTask(Task):
    """Both networks and the pictures. To be made in the placement's scope. `about` is what a checkpoint says of the
    pictures; `judge`, if any, measures Fréchet distances; concepts are then found as well."""

    measures = ("generator_loss", "discriminator_loss", "real_score", "fake_score", "diversity")
    unit = "picture"
    criterion = "frechet"
    is_game = True

    def __init__(
        self,
        recipe: GanRecipe,
        pictures: PictureSet,
        place: Placement,
        about: Mapping[str, Any],
        judge: Judge | None = None,
    ) -> None:
        self.recipe, self.place, self._about, self._judge = recipe, place, about, judge
        self.game = Game(recipe, pictures.channels, place)
        self.per_step = recipe.batch * recipe.discriminator_steps
        self._stream = Stream(
            pictures, np.arange(pictures.count), self.per_step, seed=recipe.seed, flip=recipe.flip, wrap=True
        )
        self.steps_per_epoch = self._stream.steps_per_epoch
        self.validates = judge is not None
        self.optimizers = {
            "generator_rate": self.game.generator_optimizer,
            "discriminator_rate": self.game.discriminator_optimizer,
        }
        self._attributes = AttributeReader(pictures, recipe.latent, recipe.seed)
        names = () if judge is None else self._attributes.names
        self._concepts = tf.Variable(tf.zeros([len(names), recipe.latent]), trainable=False, name="concepts")
        self._names = names
        self._alive = tf.Variable(0.0, trainable=False, name="alive")
        self._points = np.random.default_rng((recipe.seed, 3)).normal(size=(recipe.grid**2, recipe.latent))
        self._draw = tf.function(
            lambda z: pixels_of(self.game.averaged(self.game.averaged.mapping(z))),
            reduce_retracing=True,
            autograph=False,
        )
        self._features = tf.function(self._looked_at, reduce_retracing=True, autograph=False)
        self._style = tf.function(self.game.averaged.mapping, reduce_retracing=True, autograph=False)

    def state(self) -> Mapping[str, Any]:
        game = self.game
        found = {f"weights/generator/{name}": variable for name, variable in game.averaged.named().items()}
        if game.averaged is not game.generator:
            found |= {f"raw/generator/{name}": variable for name, variable in game.generator.named().items()}
        judge = game.discriminator
        found |= {f"weights/discriminator/{name}": each for name, each in {**judge.named(), **judge.norms()}.items()}
        for optimizer in self.optimizers.values():
            found |= memory(optimizer)
        return {**found, "weights/concepts": self._concepts, "alive": self._alive}

    def start_from(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the two networks of a model, whose arrays have the names of this task's. Raises UsageError."""
        game = self.game
        networks = (
            ("generator", game.generator.named()),
            ("generator", game.averaged.named()),
            ("discriminator", {**game.discriminator.named(), **game.discriminator.norms()}),
        )
        for kind, variables in networks:
            for name, variable in variables.items():
                array = arrays.get(f"weights/{kind}/{name}")
                if array is None or array.shape != tuple(variable.shape):
                    raise UsageError(f"the model to start from has no {kind} that fits this recipe")
                variable.assign(array.astype(np.float32))

    def meta(self) -> Mapping[str, Any]:
        return {
            "family": "gan",
            "recipe": self.recipe.model_dump(mode="json"),
            "concepts": list(self._names),
            **self._about,
        }

    def batches(self, first: int, count: int) -> NDArray[np.uint8]:
        return self._stream.batches(first, count)[0]

    def step(self, batch: Any, seed: Any) -> Mapping[str, Any]:
        return self.game.step(batch, seed)

    def trouble(self, metrics: Mapping[str, float]) -> str:
        diversity = metrics["diversity"]
        if diversity >= ALIVE:
            self._alive.assign(1.0)
        if diversity >= LOST or not float(self._alive):
            return ""
        return f"collapsed: the pictures differ {diversity:.0%} as much as the real ones; lower the rates to go on"

    def is_sound(self, metrics: Mapping[str, float]) -> bool:
        return metrics.get("diversity", 0.0) >= ALIVE or not float(self._alive)

    def validate(self) -> Generator[None, None, dict[str, float]]:
        """The Fréchet distance to the set, and the concepts as they lie now."""
        assert self._judge is not None
        distance = yield from self._judge.judge(self._made)
        if self._names:
            self._concepts.assign((yield from self._attributes.directions(self._look, self._made)))
        return {"frechet": distance}

    def _looked_at(self, pixels: Any) -> Any:
        features = self.game.discriminator.features(scaled(pixels))
        chosen = next(each for each in features if each.shape[1] == READ_AT)
        return tf.cast(tf.reshape(chosen, [-1, READ_AT * READ_AT * chosen.shape[-1]]), tf.float32)

    def _look(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The discriminator's features of pictures: float32 (n, d)."""
        return np.asarray(self._features(pixels).numpy())

    def _made(self, z: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Pictures of random points, and their styles."""
        return self._draw(z).numpy(), self._style(z).numpy()

    def show(self) -> Iterator[Event | None]:
        made = self._draw(self._points.astype(np.float32)).numpy()
        yield Picture(sheet(made, columns=self.recipe.grid))
