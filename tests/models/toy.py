"""A training small enough for tests of the loop: a line through noisy points, with an Adam of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.devices import Placement
from models.engine import per_replica
from models.events import Event, Note
from models.task import Task

PER_EPOCH = 4


class Toy(Task):
    """`poison` is the step (counted from 1) whose loss is made NaN; `validations` are handed out one by one."""

    measures = ("loss", "gradient_norm")
    unit = "point"
    per_step = 8
    steps_per_epoch = PER_EPOCH

    def __init__(
        self,
        place: Placement,
        *,
        poison: int = 0,
        poison_gradient: int = 0,
        validations: Iterable[float] | None = None,
        explode_at: int = 0,
    ) -> None:
        self.place, self.poison, self.poison_gradient, self.explode_at = place, poison, poison_gradient, explode_at
        self.validates = validations is not None
        self.may_diverge = explode_at > 0
        self._validations = iter(validations or [])
        self.weight = tf.Variable([0.5, -0.5], name="weight", aggregation=tf.VariableAggregation.MEAN)
        self.optimizer = keras.optimizers.Adam(0.1, name="optimizer")
        self.optimizer.build([self.weight])
        self.optimizers = {"learning_rate": self.optimizer}
        self.carry = per_replica(tf.zeros([self.per_step // place.replicas]), "carry")
        self.epochs_started: list[int] = []

    def state(self) -> dict[str, Any]:
        slots = {f"optimizer/{index}": found for index, found in enumerate(self.optimizer.variables)}
        return {"weights/line": self.weight, "carry": self.carry, **slots}

    def meta(self) -> dict[str, Any]:
        return {"family": "toy", "recipe": {}}

    def batches(self, first: int, count: int) -> dict[str, Any]:
        assert first % PER_EPOCH + count <= PER_EPOCH
        steps = range(first, first + count)
        x = np.stack([np.random.default_rng(step).normal(size=self.per_step) for step in steps]).astype(np.float32)
        return {"x": x, "step": np.tile(np.array(steps, np.int32)[:, None] + 1, (1, self.per_step))}

    def step(self, batch: Any, seed: Any) -> dict[str, Any]:
        step = batch["step"][0]
        with tf.GradientTape() as tape:
            noise = tf.random.stateless_normal(tf.shape(batch["x"]), seed) * 0.01
            wanted = 3.0 * batch["x"] + 1.0 + noise
            loss = tf.reduce_mean((self.weight[0] * batch["x"] + self.weight[1] - wanted) ** 2)
        gradient = tf.convert_to_tensor(tape.gradient(loss, self.weight)) / self.place.replicas
        if self.poison_gradient:
            gradient = tf.where(step == self.poison_gradient, math.nan, gradient)
        self.optimizer.apply([gradient])
        self.carry.assign_add(batch["x"])
        if self.poison:
            loss = tf.where(step == self.poison, math.nan, loss)
        if self.explode_at:
            loss = tf.where(step >= self.explode_at, 30.0, 1.0)
        return {"loss": loss, "gradient_norm": tf.norm(gradient)}

    def start_epoch(self, epoch: int) -> None:
        self.epochs_started.append(epoch)
        for part in self.place.strategy.experimental_local_results(self.carry):
            part.assign(tf.zeros_like(part))

    def validate(self) -> Any:
        yield
        return {"val_loss": next(self._validations)}

    def samples(self, epoch: int) -> Iterator[Event | None]:
        yield None
        yield Note(f"after epoch {epoch}")
