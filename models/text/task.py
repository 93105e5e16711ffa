"""Training a text network, as a task of the training loop."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.adam import Adam, AdamW
from models.devices import Placement
from models.engine import per_replica
from models.events import Event, Text
from models.replicas import follow, shared
from models.task import Task
from models.text.batches import HeldOut, HeldOutWindows, batches
from models.text.model import TextModel
from models.text.network import arrays_of, build
from models.text.recipe import TextRecipe
from models.text.sampler.write import write
from models.text.vocabulary import Vocabulary

CHUNK = 32
"""Symbols that the lanes of a validation read at a time."""
WORTH_COMPILING = 2**16
"""From so many activations a step on, a CPU makes up in a minute for the seconds that XLA takes at the start."""
LEAST_SHARD = 8
"""Examples that a core takes at least: products of fewer rows are no quicker."""
SAMPLES_APART = 2.0
"""Seconds between the samples of epochs that take less, save for a last-only target, whose recipe knows no such."""
MOST_LEAD = 128
"""Symbols, at most, that a lane of a validation reads before its part."""


class TextTask(Task):
    """A text network, its optimizer, and the corpus. To be made in the placement's scope.

    `learnt` and `held` are the ids of the two parts of the corpus; `about` is what a checkpoint says of the corpus.
    """

    measures = ("loss", "gradient_norm")
    may_diverge = True

    def __init__(
        self,
        recipe: TextRecipe,
        vocabulary: Vocabulary,
        learnt: NDArray[Any],
        held: NDArray[Any],
        place: Placement,
        about: Mapping[str, Any],
    ) -> None:
        self.recipe, self.vocabulary, self.place, self._about = recipe, vocabulary, place, about
        self._learnt, self._held = learnt, held
        self._opening = vocabulary.decode(learnt[: recipe.window])
        self.unit = "char" if recipe.unit == "char" else "symbol"
        self.per_step = recipe.batch * (recipe.window if recipe.target == "every" else 1)
        self.validates = held.size > 0
        self._batches = batches(recipe, learnt)
        self.steps_per_epoch = self._batches.steps_per_epoch
        self._learnt_length, self._held_length = mean_length(learnt, vocabulary), mean_length(held, vocabulary)
        kind = {"fused": place.has_gpu, "half": recipe.mixed_precision and place.has_bfloat16}
        self.network = build(recipe, len(vocabulary.symbols), **kind)
        self._trained = [found.value for found in self.network.named().values()]
        self.averaged = build(recipe, len(vocabulary.symbols), **kind) if recipe.average else self.network
        self._averages = [found.value for found in self.averaged.named().values()]
        self.optimizer = _optimizer(recipe)
        self.optimizer.build(list(self.network.named().values()))
        self.optimizers = {"learning_rate": self.optimizer}
        self._sampled = -SAMPLES_APART
        self._carry = self._made_carry() if recipe.stateful else ()
        compiled = not place.has_gpu and place.replicas == 1 and activations(recipe) >= WORTH_COMPILING
        self._shards = shards(recipe.batch) if compiled else 1
        self._differentiate = _compiled(self._gradients) if compiled else self._gradients
        self._update = _compiled(self._updated) if compiled else self._updated
        self._measure = _compiled(self._measured) if compiled else tf.function(self._measured, autograph=False)

    # -- state

    def state(self) -> Mapping[str, Any]:
        found = {f"weights/{name}": variable for name, variable in self.averaged.named().items()}
        if self.averaged is not self.network:
            found |= {f"raw/{name}": variable for name, variable in self.network.named().items()}
        found |= {variable.path: variable for variable in self.optimizer.variables}
        for layer, parts in enumerate(self._carry):
            found |= {f"carry/rnn_{layer}/{index}": part for index, part in enumerate(parts)}
        return found

    def meta(self) -> Mapping[str, Any]:
        return {
            "family": "text",
            "recipe": self.recipe.model_dump(mode="json"),
            "vocabulary": self.vocabulary.to_json(),
            "opening": self._opening,
            **self._about,
        }

    def _made_carry(self) -> tuple[tuple[Any, ...], ...]:
        zeros = self.network.zero_state(self.recipe.batch // self.place.replicas)
        return tuple(
            tuple(per_replica(part, f"carry_{layer}_{index}") for index, part in enumerate(parts))
            for layer, parts in enumerate(zeros)
        )

    # -- a step

    def batches(self, first: int, count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        steps = range(first, first + count)
        return np.stack([self._batches.batch(step) for step in steps]), np.stack([*map(self._batches.carried, steps)])

    def step(self, batch: Any, seed: Any) -> Mapping[str, Any]:
        windows, carried = batch
        state = tuple(tuple(part.read_value() * carried for part in parts) for parts in self._carry)
        if not self._carry:
            state = self.network.zero_state(windows.shape[0])
        # XLA keeps the small products of a step on one core, so each core gets examples of its own.
        found = [self._differentiate(*given) for given in self._sharded((windows, state), seed)]
        loss = tf.add_n([each for each, _, _ in found]) / self._shards
        gradients = [tf.add_n(parts) / self._shards for parts in zip(*(each for _, each, _ in found), strict=True)]
        norm = self._update(self._over_replicas(gradients))
        after = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *(each for _, _, each in found))
        for variables, parts in zip(self._carry, after, strict=False):
            for variable, part in zip(variables, parts, strict=True):
                variable.assign(part)
        return {"loss": loss / self._learnt_length, "gradient_norm": norm}

    def _sharded(self, given: Any, seed: Any) -> Iterator[tuple[Any, Any, Any]]:
        """`given` cut into shards along the axis of examples, each with a seed of its own."""
        size = self.recipe.batch // self._shards // self.place.replicas
        for shard in range(self._shards):
            start = shard * size
            windows, state = tf.nest.map_structure(lambda x, start=start: x[start : start + size], given)
            yield windows, state, tf.random.experimental.stateless_fold_in(seed, shard)

    def _gradients(self, windows: Any, state: Any, seed: Any) -> Any:
        with tf.GradientTape() as tape:
            scores, after = self.network.read(windows[:, :-1], state, seed)
            targets = windows[:, -1] if self.recipe.target == "last" else windows[:, 1:]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores))
        gradients = tape.gradient(loss, self._trained)
        return loss, [tf.convert_to_tensor(gradient) for gradient in gradients], after

    def _updated(self, gradients: Any) -> Any:
        """Clip the gradients, let the optimizer take its step, move the averages; returns the gradients' norm."""
        norm = tf.linalg.global_norm(gradients)
        if self.recipe.clip_norm:
            factor = self.recipe.clip_norm / tf.maximum(norm, self.recipe.clip_norm)
            gradients = [gradient * factor for gradient in gradients]
        self.optimizer.apply(shared(self.place, gradients))
        self._average()
        return norm

    def _over_replicas(self, gradients: Any) -> Any:
        if self.place.replicas == 1:
            return gradients
        mean = [gradient / self.place.replicas for gradient in gradients]
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, mean)

    def _average(self) -> None:
        """Move the averages towards the weights: slowly, but less so in the beginning."""
        if self.averaged is self.network:
            return
        count = tf.cast(self.optimizer.iterations.value, tf.float32)
        rate = 1.0 - tf.minimum(self.recipe.average, (1.0 + count) / (10.0 + count))
        follow(self.place, self._averages, self._trained, rate)

    # -- measuring

    def validate(self) -> Generator[None, None, dict[str, float]]:
        total, count = 0.0, 0
        for nats, symbols in self._windows() if self.recipe.target == "last" else self._streams():
            total, count = total + nats, count + symbols
            yield
        each = total / count
        found = {"val_loss": each / self._held_length}
        return found if self.recipe.unit == "char" else found | {"val_loss_symbol": each}

    def _streams(self) -> Iterator[tuple[float, int]]:
        held = HeldOut(self._learnt, self._held, min(self.recipe.window, MOST_LEAD))
        state = self.averaged.zero_state(held.lanes)
        for start in range(0, held.length, CHUNK):
            inputs, targets, weights = held.chunk(start, start + CHUNK)
            nats, state = self._measure(inputs, targets, weights, state)
            yield float(nats), int(weights.sum())

    def _windows(self) -> Iterator[tuple[float, int]]:
        held = HeldOutWindows(self._learnt, self._held, self.recipe.window, self.recipe.stride)
        for index in range(held.batches):
            windows, weights = held.batch(index)
            nats, _ = self._measure(windows[:, :-1], windows[:, -1], weights, self.averaged.zero_state(held.lanes))
            yield float(nats), int(weights.sum())

    def _measured(self, inputs: Any, targets: Any, weights: Any, state: Any) -> Any:
        scores, after = self.averaged.read(inputs, state)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores)
        return tf.reduce_sum(nats * weights), after

    # -- samples

    def model(self) -> TextModel:
        """The model as it is now, for the sampler."""
        return TextModel.from_arrays(self.recipe, self.vocabulary, arrays_of(self.averaged), self._opening)

    def samples(self, epoch: int) -> Iterator[Event | None]:
        if not self.recipe.sample_length or not self.recipe.temperatures:
            return
        if self.recipe.target == "every" and time.monotonic() < self._sampled + SAMPLES_APART:
            return
        random = np.random.default_rng((self.recipe.seed, epoch, 1))
        start = int(random.integers(self._learnt.size - self.recipe.window + 1))
        prompt = self.vocabulary.decode(self._learnt[start : start + self.recipe.window])
        texts: dict[str, str] = {}
        writing = write(
            self.model(),
            temperatures=self.recipe.temperatures,
            length=self.recipe.sample_length,
            prompt=prompt,
            seed=int(random.integers(2**31)),
        )
        for event in writing:
            if isinstance(event, Text):
                texts[event.label] = texts.get(event.label, "") + event.text
            yield None
        self._sampled = time.monotonic()
        yield from (Text(text, label) for label, text in texts.items())


def activations(recipe: TextRecipe) -> int:
    """Activations of a step, for one gate."""
    return recipe.batch * recipe.window * recipe.layers * recipe.units


def shards(batch: int) -> int:
    """Into how many equal parts a CPU's cores share a batch, of `LEAST_SHARD` examples or more."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return next(count for count in range(min(cores, max(1, batch // LEAST_SHARD)), 0, -1) if batch % count == 0)


def _compiled(function: Any) -> Any:
    return tf.function(function, jit_compile=True, autograph=False)


def mean_length(ids: NDArray[Any], vocabulary: Vocabulary) -> float:
    """Characters a symbol, on average over `ids`."""
    if vocabulary.unit == "char" or not ids.size:
        return 1.0
    lengths = np.array([len(symbol) for symbol in vocabulary.symbols])
    return sum(int(lengths[part].sum()) for part in np.array_split(ids, ids.size // 2**20 + 1)) / ids.size


def _optimizer(recipe: TextRecipe) -> Any:
    kinds = {
        "adam": Adam,
        "adamw": AdamW,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }
    further = {"momentum": 0.9} if recipe.optimizer == "sgd" else {}
    return kinds[recipe.optimizer](recipe.learning_rate, name="optimizer", **further)
