"""What a dream climbs: how strongly layers, channels, a class or a guide's features answer to a picture.

Each part is a sum over the places of a layer, so that tiles can take their shares of it: of a window only its core
counts, and the gradients of all windows add up to that of the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.dream.classes import Classifier
from models.dream.terms import Term
from models.vision.executor import executor
from models.vision.pyramid import Floats
from models.vision.tiles import Tile

GUIDE_PLACES = 20
"""Places of a guide that are compared with along each of its sides, at most."""

Answer = Callable[[Any], tuple[Any, Any]]
"""Takes a layer's features (height, width, channels); gives at each place how strongly it answers, and the level that
this is measured by: both (height, width)."""


class Objective:
    """The parts of what a dream climbs through one network, and their gradient.

    A part is a layer's mean squared activation (Mordvintsev, Olah and Tyka, 2015), or a channel's squared one with its
    sign, so that a negative weight brings out what the channel is against. With a `guide`, (height, width, 3) float32
    of 0..255, a whole layer's part is instead how well each place matches the best of the guide's places (the same
    authors' notebook, "Controlling dreams"). A `target`, how classes are told and the number of one, adds a last part:
    how sure each place is of it, in nats (the scores of single places are those of Zhou et al., "Learning Deep Features
    for Discriminative Localization", 2016). A place that is sure asks for no more, which keeps the picture natural.
    """

    def __init__(
        self,
        network: Any,
        terms: Sequence[Term],
        *,
        guide: Floats | None = None,
        target: tuple[Classifier, int] | None = None,
    ) -> None:
        named = [term.layer for term in terms] + ([] if target is None else [target[0].layer])
        self.layers = tuple(layer for layer in network.layers if layer in named)
        self._places = [self.layers.index(layer) for layer in named]
        self._features = network.features(self.layers)
        self._fields = tuple(network.field(layer) for layer in self.layers)
        self.stride = max(field.stride for field in self._fields)
        self.halo = max(field.reach // 2 for field in self._fields)
        guides = None if guide is None else self._guided(guide)
        self._answers = [
            _channel(term.channel)
            if term.channel is not None
            else _whole
            if guides is None
            else _matched(guides[place])
            for term, place in zip(terms, self._places, strict=False)
        ]
        if target is not None:
            self._answers.append(_sure(*target))
        self._executor = executor()
        self._climb = tf.function(
            self._traced,
            input_signature=[
                tf.TensorSpec([None, None, 3], tf.float32),
                tf.TensorSpec([len(self.layers), 2, 2], tf.int32),
                tf.TensorSpec([self.parts], tf.float32),
            ],
            autograph=False,
        )

    @property
    def parts(self) -> int:
        """How many parts there are: one a term, and the class."""
        return len(self._answers)

    def gradient(self, window: Floats, tile: Tile, weights: NDArray[np.float32]) -> tuple[NDArray[np.float64], Floats]:
        """The parts' shares of a window, each a sum over the pixels of its core, and the gradient of their weighted
        sum, of the window's shape."""
        values, _, gradient = self._run(window, tile, weights)
        return np.asarray(values, np.float64), np.asarray(gradient)

    def levels(self, window: Floats, tile: Tile) -> NDArray[np.float64]:
        """The window's shares of what the parts are measured by: of a channel, its layer's mean squares."""
        _, levels, _ = self._run(window, tile, np.zeros(self.parts, np.float32))
        return np.abs(np.asarray(levels, np.float64))

    def _run(self, window: Floats, tile: Tile, weights: NDArray[np.float32]) -> Any:
        with self._executor():
            return self._climb(window, self._bounds(tile), weights)

    def _bounds(self, tile: Tile) -> NDArray[np.int32]:
        """Of each layer, the first row and the one after the last that count, and the columns."""
        found = [
            [span.indices(field.stride, (field.first + field.last) // 2) for span in (tile.rows, tile.columns)]
            for field in self._fields
        ]
        return np.asarray(found, np.int32)

    def _traced(self, window: Any, bounds: Any, weights: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(window)
            features = [tf.squeeze(feature, 0) for feature in self._features(tf.expand_dims(window, 0))]
            areas = [
                float(field.stride**2) * _mask(feature, bound)
                for field, feature, bound in zip(self._fields, features, tf.unstack(bounds), strict=True)
            ]
            values, levels = [], []
            for place, answer in zip(self._places, self._answers, strict=True):
                value, level = answer(features[place])
                values.append(tf.reduce_sum(value * areas[place]))
                levels.append(tf.reduce_sum(level * areas[place]))
            total = tf.reduce_sum(tf.stack(values) * weights)
        return tf.stack(values), tf.stack(levels), tape.gradient(total, window)

    def _guided(self, guide: Floats) -> list[Any]:
        """Of each layer, the guide's features at some places, each of length one: (channels, places)."""
        found = []
        for feature in self._features(tf.constant(guide[None])):
            size = [min(side, GUIDE_PLACES) for side in feature.shape[1:3]]
            places = tf.reshape(tf.image.resize(feature, size, method="area"), [-1, feature.shape[3]])
            found.append(tf.transpose(tf.math.l2_normalize(places, axis=1)))
        return found


def _whole(feature: Any) -> tuple[Any, Any]:
    # The sum is divided, not what it is made of: so is its gradient, which is as much smaller.
    value = tf.reduce_sum(tf.square(feature), axis=-1) / feature.shape[-1]
    return value, value


def _channel(channel: int) -> Answer:
    def answer(feature: Any) -> tuple[Any, Any]:
        found = feature[..., channel]
        return found * tf.abs(found), _whole(feature)[1]

    return answer


def _matched(guide: Any) -> Answer:
    def answer(feature: Any) -> tuple[Any, Any]:
        value = tf.reduce_max(tf.tensordot(feature, guide, 1), axis=-1)
        return value, value

    return answer


def _sure(classifier: Classifier, index: int) -> Answer:
    kernel, bias = tf.constant(classifier.kernel), tf.constant(classifier.bias)

    def answer(feature: Any) -> tuple[Any, Any]:
        value = tf.nn.log_softmax(tf.tensordot(feature, kernel, 1) + bias)[..., index]
        return value, value

    return answer


def _mask(feature: Any, bound: Any) -> Any:
    """1 at the places that count, else 0: (height, width)."""
    places = [tf.range(tf.shape(feature)[axis]) for axis in (0, 1)]
    rows, columns = ((places[axis] >= bound[axis, 0]) & (places[axis] < bound[axis, 1]) for axis in (0, 1))
    return tf.cast(rows[:, None] & columns[None, :], tf.float32)
