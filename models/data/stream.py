"""Pictures in batches, read ahead in other threads. Which pictures a step reads follows from the seed and the number
of the step alone, so a training can be taken up anywhere.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.data.sets import Indices, PictureSet, Pixels

Weights = NDArray[np.float32]

READERS = min(4, os.cpu_count() or 1)
"""Batches that are read at once."""

AHEAD = 64 << 20
"""Bytes of batches that wait ready, at most; and two batches at least, 64 at most."""

BROKEN = -1.0
"""The weight of a batch that could not be read."""

EPOCHS = 3
"""Orders of epochs that are remembered: a reader may be ahead of another by an epoch."""


class Stream:
    """The pictures `indices` of a set, `batch` at a time, in a new random order each epoch.

    With `flip` half of the pictures of an epoch are mirrored. Without `wrap` the last batch of an epoch is filled up
    with pictures that weigh 0; with it, batches run across the ends of epochs and are always full, and what does not
    fill a batch counts for no step of the epoch. From one thread at a time.
    """

    def __init__(
        self,
        pictures: PictureSet,
        indices: Indices,
        batch: int,
        *,
        seed: int,
        flip: bool = False,
        wrap: bool = False,
    ) -> None:
        self._pictures, self._indices, self._batch = pictures, np.asarray(indices, np.int64), batch
        self._seed, self._flip, self._wrap = seed, flip, wrap
        count = len(self._indices)
        self.steps_per_epoch = max(1, count // batch if wrap else -(-count // batch))
        self._orders: dict[int, tuple[Indices, NDArray[np.bool_]]] = {}
        self._lock = threading.Lock()
        self._next = -1
        self._ahead: Iterator[tuple[Pixels, Weights]] = iter(())

    def batches(self, first: int, count: int) -> tuple[Pixels, Weights]:
        """Steps `first` to `first + count - 1` of the whole training: uint8 (count, batch, height, width, channels),
        and the pictures' weights, 1 or 0, float32 (count, batch). Raises what reading a picture raises.
        """
        if first != self._next:
            self._ahead = self._from(first)
        self._next = -1
        found = list(itertools.islice(self._ahead, count))
        self._next = first + count
        return np.stack([pixels for pixels, _ in found]), np.stack([weights for _, weights in found])

    def batch(self, step: int) -> tuple[Pixels, Weights]:
        """One step's batch, read here and now: uint8 (batch, height, width, channels), float32 (batch,)."""
        places, flipped, weights = self._places(step)
        pixels = self._pictures.read(places)
        if self._flip:
            pixels = np.where(flipped[:, None, None, None], pixels[:, :, ::-1], pixels)
        return pixels, weights

    def _from(self, first: int) -> Iterator[tuple[Pixels, Weights]]:
        size, channels = self._pictures.size, self._pictures.channels
        each = self._batch * size[0] * size[1] * channels

        troubles: dict[int, Exception] = {}

        def read(step: Any) -> tuple[Pixels, Weights]:
            try:
                return self.batch(int(step))
            except Exception as error:
                # TensorFlow would log the traceback and raise an error of its own; this one is raised when its turn is.
                troubles[int(step)] = error
                return np.zeros((self._batch, *size, channels), np.uint8), np.full(self._batch, BROKEN, np.float32)

        def reading(step: Any) -> Any:
            pixels, weights = tf.numpy_function(read, [step], (tf.uint8, tf.float32), stateful=False)
            return tf.ensure_shape(pixels, (self._batch, *size, channels)), tf.ensure_shape(weights, (self._batch,))

        options = tf.data.Options()
        options.deterministic = True
        with tf.device("CPU:0"):
            ahead = tf.data.Dataset.range(first, np.iinfo(np.int64).max)
            ahead = ahead.map(reading, num_parallel_calls=READERS, deterministic=True)
            ahead = ahead.prefetch(min(64, max(2, AHEAD // each))).with_options(options)
            found = ahead.as_numpy_iterator()
        for step in itertools.count(first):
            pixels, weights = next(found)
            if weights[0] == BROKEN:
                raise troubles[step]
            yield pixels, weights

    def _places(self, step: int) -> tuple[Indices, NDArray[np.bool_], Weights]:
        """What a step reads: indices of the set, which of them are mirrored, and their weights."""
        count, weights = len(self._indices), np.ones(self._batch, np.float32)
        if self._wrap:
            at = step * self._batch + np.arange(self._batch)
            epochs, inside = np.divmod(at, count)
        else:
            epoch, index = divmod(step, self.steps_per_epoch)
            at = index * self._batch + np.arange(self._batch)
            weights[at >= count] = 0.0
            epochs, inside = np.full(self._batch, epoch), at % count
        places, flipped = np.empty(self._batch, np.int64), np.empty(self._batch, np.bool_)
        for epoch in np.unique(epochs).tolist():
            order, mirrored = self._order(epoch)
            here = epochs == epoch
            places[here], flipped[here] = order[inside[here]], mirrored[inside[here]]
        return places, flipped, weights

    def _order(self, epoch: int) -> tuple[Indices, NDArray[np.bool_]]:
        with self._lock:
            found = self._orders.get(epoch)
            if found is None:
                random = np.random.default_rng((self._seed, 1, epoch))
                order = random.permutation(self._indices)
                found = self._orders[epoch] = order, random.random(len(order)) < 0.5
                for old in list(self._orders)[:-EPOCHS]:
                    del self._orders[old]
            return found
