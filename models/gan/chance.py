"""Random numbers that follow from a seed and a name alone, whatever else is drawn."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def normal(shape: Sequence[int], seed: Any, name: str) -> Any:
    """A unit normal, float32, of this seed (an int or an int32 tensor (2,)) and name."""
    return tf.random.stateless_normal(shape, named(seed, name))


def uniform(shape: Sequence[int], seed: Any, name: str) -> Any:
    """Numbers in 0..1, float32, of this seed and name."""
    return tf.random.stateless_uniform(shape, named(seed, name))


def named(seed: Any, name: str) -> Any:
    """The seed of what goes by this name."""
    base = tf.constant([seed & 0x7FFFFFFF, 0]) if isinstance(seed, int) else seed
    return tf.random.experimental.stateless_fold_in(base, zlib.crc32(name.encode()) & 0x7FFFFFFF)
