"""Training examples cut from a corpus of ids, one step at a time: there is never a second copy of the corpus.

Which symbols a step reads follows from the seed and the number of the step alone.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.text.recipe import TextRecipe

AFRESH = 24
"""Steps after which a lane forgets what it has carried, so that a network also learns to begin a text."""


class Batches(Protocol):
    """Batches of windows: `steps_per_epoch` of them an epoch."""

    steps_per_epoch: int

    def batch(self, step: int) -> NDArray[np.int32]:
        """The windows of a step and the symbol after each, int32 of shape (batch, window + 1)."""

    def carried(self, step: int) -> NDArray[np.float32]:
        """How much of its state each example keeps from the step before: 1 or 0, float32 of shape (batch, 1)."""


class Streams:
    """Contiguous windows: lane b of a step goes on where lane b of the step before it ended.

    The corpus is a ring, cut into as many lanes as there are examples in a batch; each epoch begins at another place
    of it, so that the cuts fall elsewhere.
    """

    def __init__(self, ids: NDArray[Any], batch: int, window: int, seed: int) -> None:
        self._ids, self._seed = ids, seed
        self._lanes = np.arange(batch, dtype=np.int64) * ids.size // batch
        self._window = np.arange(window + 1, dtype=np.int64)
        self.steps_per_epoch = max(1, ids.size // (batch * window))

    def batch(self, step: int) -> NDArray[np.int32]:
        epoch, index = divmod(step, self.steps_per_epoch)
        start = int(np.random.default_rng((self._seed, epoch)).integers(self._ids.size))
        start += index * (self._window.size - 1)
        return _gather(self._ids, (self._lanes + start)[:, None] + self._window)

    def carried(self, step: int) -> NDArray[np.float32]:
        if step % self.steps_per_epoch == 0:
            return np.zeros((self._lanes.size, 1), np.float32)
        turns = np.arange(self._lanes.size)[:, None] + step
        return np.asarray(turns % AFRESH != 0, np.float32)


class Windows:
    """Windows `stride` apart, in a new random order each epoch, which leaves out what does not fill a batch."""

    def __init__(self, ids: NDArray[Any], batch: int, window: int, stride: int, seed: int) -> None:
        self._ids, self._batch, self._stride, self._seed = ids, batch, stride, seed
        self._window = np.arange(window + 1, dtype=np.int64)
        self._count = max(1, (ids.size - window - 1) // stride + 1)
        self.steps_per_epoch = max(1, self._count // batch)
        self._epoch = -1
        self._order = np.empty(0, np.uint32)

    def batch(self, step: int) -> NDArray[np.int32]:
        epoch, index = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = np.arange(self._count, dtype=np.uint32)
            np.random.default_rng((self._seed, epoch)).shuffle(self._order)
            self._epoch = epoch
        places = np.arange(index * self._batch, (index + 1) * self._batch) % self._count
        starts = self._order[places].astype(np.int64) * self._stride
        return _gather(self._ids, starts[:, None] + self._window)

    def carried(self, step: int) -> NDArray[np.float32]:  # noqa: ARG002
        return np.zeros((self._batch, 1), np.float32)


def batches(recipe: TextRecipe, ids: NDArray[Any]) -> Batches:
    """The batches that a recipe asks for."""
    if recipe.stateful:
        return Streams(ids, recipe.batch, recipe.window, recipe.seed)
    stride = recipe.stride if recipe.target == "last" else recipe.window
    return Windows(ids, recipe.batch, recipe.window, stride, recipe.seed)


class HeldOut:
    """The held-out part read by several lanes at once, so that measuring on it is quick.

    Each symbol of `held` is predicted once. A lane starts from a zero state `lead` symbols before its part, so that
    its first predictions have a past as well; what it reads on the way there is not counted.
    """

    def __init__(self, before: NDArray[Any], held: NDArray[Any], lead: int, lanes: int | None = None) -> None:
        tail = before[-lead - 1 :]
        self._ids = np.concatenate([tail, held])
        self._first = tail.size
        self.symbols = held.size
        self.lanes = lanes or min(256, max(1, held.size // (2 * lead)))
        self._part = -(-held.size // self.lanes)
        self._lead = min(lead, tail.size - 1)
        self.length = self._lead + self._part
        """Symbols that each lane reads."""

    def chunk(self, start: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """What the lanes read from `start` to `stop`, what follows it, and the weight of each prediction, 1 or 0 (so
        beyond `length`); all of shape (lanes, stop - start).
        """
        offsets = np.arange(start, stop)
        begin = self._first + np.arange(self.lanes)[:, None] * self._part - self._lead - 1
        places = begin + offsets + 1
        counted = (offsets >= self._lead) & (offsets < self.length) & (places < self._ids.size)
        return (
            self._ids[(places - 1) % self._ids.size].astype(np.int32),
            self._ids[places % self._ids.size].astype(np.int32),
            counted.astype(np.float32),
        )


class HeldOutWindows:
    """The held-out part as windows `stride` apart, each read from a zero state, for a last-only target."""

    def __init__(self, before: NDArray[Any], held: NDArray[Any], window: int, stride: int, lanes: int = 256) -> None:
        self._ids = np.concatenate([before[-window:], held])
        self._window = np.arange(window + 1, dtype=np.int64)
        self._starts = np.arange(0, self._ids.size - window, stride, dtype=np.int64)
        self.symbols = self._starts.size
        self.lanes = min(lanes, self.symbols)
        self.batches = -(-self.symbols // self.lanes)

    def batch(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Windows and the symbol after each, (lanes, window + 1), and the weight of each prediction, 1 or 0."""
        places = np.arange(index * self.lanes, (index + 1) * self.lanes)
        counted = (places < self.symbols).astype(np.float32)
        starts = self._starts[places % self.symbols]
        return _gather(self._ids, starts[:, None] + self._window), counted


def _gather(ids: NDArray[Any], places: NDArray[np.int64]) -> NDArray[np.int32]:
    return ids[places % ids.size].astype(np.int32)
