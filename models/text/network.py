"""The network of a text model in Keras: symbols in, a score for each possible next symbol out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.errors import UsageError
from models.text.recipe import TextRecipe
from models.text.recurrent import gru, lstm

State = tuple[tuple[Any, ...], ...]
"""Of each layer: hidden and cell state (LSTM), or the state alone (GRU); each (batch, units)."""


class TextNetwork(keras.Model):  # type: ignore[misc]
    """An embedding (or one-hot input), 1 to 4 LSTM or GRU layers with dropout between them, and a dense layer.

    The variables are those of Keras layers. On GPUs the layers themselves do the work, with cuDNN; on CPUs the scans
    of `models.text.recurrent` compute the same from the same variables.
    """

    def __init__(self, recipe: TextRecipe, symbols: int, *, seed: int, fused: bool, half: bool) -> None:
        super().__init__(name="network")
        self.recipe, self.symbols, self.fused = recipe, symbols, fused
        seeds = iter(np.random.SeedSequence(seed).generate_state(2 * recipe.layers + 2).tolist())
        policy = keras.DTypePolicy("mixed_bfloat16" if half else "float32")
        width = symbols
        self.embedding = None
        if recipe.input == "embedding":
            scale = keras.initializers.RandomNormal(stddev=recipe.embedding**-0.5, seed=next(seeds))
            self.embedding = keras.layers.Embedding(
                symbols, recipe.embedding, embeddings_initializer=scale, dtype=policy, name="embedding"
            )
            self.embedding.build((None, None))
            width = recipe.embedding
        self.rnn = []
        for layer in range(recipe.layers):
            kind = keras.layers.LSTM if recipe.cell == "lstm" else keras.layers.GRU
            found = kind(
                recipe.units,
                return_sequences=True,
                return_state=True,
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
                dtype=policy,
                name=f"rnn_{layer}",
            )
            found.build((None, None, width))
            self.rnn.append(found)
            width = recipe.units
        self.dense = keras.layers.Dense(
            symbols, kernel_initializer=keras.initializers.GlorotUniform(next(seeds)), dtype=policy, name="dense"
        )
        self.dense.build((None, width))
        self.built = True

    def named(self) -> dict[str, Any]:
        """The trainable variables by their names in a checkpoint, without the prefix."""
        found = {} if self.embedding is None else {"embedding": self.embedding.embeddings}
        for layer, rnn in enumerate(self.rnn):
            cell = rnn.cell
            found[f"rnn_{layer}/kernel"] = cell.kernel
            found[f"rnn_{layer}/recurrent"] = cell.recurrent_kernel
            found[f"rnn_{layer}/bias"] = cell.bias
        return found | {"dense/kernel": self.dense.kernel, "dense/bias": self.dense.bias}

    def zero_state(self, batch: int) -> State:
        """The state before anything was read."""
        count = 2 if self.recipe.cell == "lstm" else 1
        return tuple(tuple(tf.zeros([batch, self.recipe.units]) for _ in range(count)) for _ in self.rnn)

    def call(self, ids: Any) -> Any:
        """Scores (logits, float32) for the symbol after each position of `ids`, int32 (batch, time), read from a zero
        state: (batch, time, symbols); with a last-only target after the last position alone: (batch, symbols)."""
        scores, _ = self.read(ids, self.zero_state(ids.shape[0] or tf.shape(ids)[0]))
        return scores

    def read(self, ids: Any, state: State, seed: Any = None) -> tuple[Any, State]:
        """Scores as `call` gives them, and the state after the last position.

        `seed`, an int32 tensor (2,), turns dropout on.
        """
        hidden, after = self._recur_fused(ids, state, seed) if self.fused else self._recur(ids, state, seed)
        time_first = not self.fused
        if self.recipe.target == "last":
            hidden = hidden[-1] if time_first else hidden[:, -1]
            return tf.cast(self.dense(self._dropped(hidden, seed, 0)), tf.float32), after
        hidden = self._dropped(hidden, seed, 0)
        if time_first:
            hidden = tf.transpose(hidden, [1, 0, 2])
        return tf.cast(self.dense(hidden), tf.float32), after

    def _dropped(self, x: Any, seed: Any, place: int) -> Any:
        if seed is None or not self.recipe.dropout:
            return x
        own = tf.random.experimental.stateless_fold_in(seed, place)
        return tf.nn.experimental.stateless_dropout(x, self.recipe.dropout, own, rng_alg="philox")

    def _recur_fused(self, ids: Any, state: State, seed: Any) -> tuple[Any, State]:
        """Through Keras's layers, (batch, time, units)."""
        hidden = tf.one_hot(ids, self.symbols) if self.embedding is None else self.embedding(ids)
        after = []
        for layer, rnn in enumerate(self.rnn):
            if layer:
                hidden = self._dropped(hidden, seed, layer)
            hidden, *last = rnn(hidden, initial_state=[tf.cast(part, rnn.compute_dtype) for part in state[layer]])
            after.append(tuple(tf.cast(part, tf.float32) for part in last))
        return hidden, tuple(after)

    def _recur(self, ids: Any, state: State, seed: Any) -> tuple[Any, State]:
        """Through the scans, (time, batch, units)."""
        ids = tf.transpose(ids)
        after = []
        hidden = None
        for layer, rnn in enumerate(self.rnn):
            if layer:
                hidden = self._dropped(hidden, seed, layer)
            kernel, recurrent, bias = (
                tf.convert_to_tensor(v) for v in (rnn.cell.kernel, rnn.cell.recurrent_kernel, rnn.cell.bias)
            )
            inner = bias if self.recipe.cell == "lstm" else bias[0]
            if layer == 0:
                # A symbol's projection is a row of a table: one-hot times kernel without the product.
                table = (
                    kernel
                    if self.embedding is None
                    else tf.matmul(tf.convert_to_tensor(self.embedding.embeddings), kernel)
                )
                projected = tf.gather(table + inner, ids)
            else:
                projected = tf.tensordot(hidden, kernel, 1) + inner
            if self.recipe.cell == "lstm":
                hidden, *last = lstm(projected, recurrent, *state[layer])
            else:
                hidden, *last = gru(projected, recurrent, bias[1], *state[layer])
            after.append(tuple(last))
        return hidden, tuple(after)


def build(
    recipe: TextRecipe, symbols: int, *, seed: int | None = None, fused: bool = False, half: bool = False
) -> TextNetwork:
    """A network with new weights, for so many symbols; they follow from `seed`, the recipe's if None.

    `fused` lets Keras's layers do the work, for cuDNN; `half` then computes in bfloat16. LSTM layers have Keras's
    layout: kernel (inputs, 4 units), gates i f c o, bias (4 units,) with ones for f; GRU layers that of
    `reset_after`: bias (2, 3 units), gates z r h.
    """
    return TextNetwork(recipe, symbols, seed=recipe.seed if seed is None else seed, fused=fused, half=half)


def arrays_of(network: TextNetwork) -> dict[str, NDArray[np.float32]]:
    """The weights as arrays by name, `weights/rnn_0/kernel` and so on, as a checkpoint holds them."""
    return {f"weights/{name}": np.array(found.numpy()) for name, found in network.named().items()}


def set_arrays(network: TextNetwork, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put arrays of a checkpoint into a network.

    Where the network knows more symbols than the arrays, the first ones are the old and the new ones keep what they
    have. Raises UsageError if an array is missing or does not fit.
    """
    for name, found in network.named().items():
        array = arrays.get(f"weights/{name}")
        shape = tuple(found.shape)
        if array is None or len(array.shape) != len(shape):
            raise UsageError(f"the model does not fit this recipe: it lacks weights/{name}")
        value = np.array(found.numpy())
        grown = _grown(name, network.embedding is None)
        if any(
            have != want and not (axis == grown and have < want)
            for axis, (have, want) in enumerate(zip(array.shape, shape, strict=True))
        ):
            raise UsageError(f"the model does not fit this recipe: weights/{name} is {array.shape}, not {shape}")
        value[tuple(slice(0, size) for size in array.shape)] = array
        found.assign(value)


def _grown(name: str, is_onehot: bool) -> int | None:
    """The axis of an array that counts symbols."""
    if name == "embedding" or (is_onehot and name == "rnn_0/kernel"):
        return 0
    return {"dense/kernel": 1, "dense/bias": 0}.get(name)
