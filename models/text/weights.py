"""The weights of a text model, arranged so that NumPy can step it quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError

Floats = NDArray[np.float32]
Cell = Literal["lstm", "gru"]

TABLE_LIMIT = 1 << 22
"""Above so many numbers the input projections are not tabulated but computed from the embedding, symbol by symbol."""


@dataclass(frozen=True, slots=True)
class Network:
    """The weights of one model, arranged for stepping; immutable and shared by all lanes.

    With g gates (LSTM 4, GRU 3), u units and v symbols: `table` (g, v, u) holds each symbol's input projection and
    bias, or is None and `embedding` (v, e) and `kernel` (e, g*u) with `bias` give it. `weights[i]` of an LSTM is
    (2u, 4u), input above recurrent ((u, 4u) in layer 0), with its bias in `biases[i]`. For a GRU `weights[i]` is the
    recurrent (u, 3u) and `biases[i]` its bias; `inputs[i]` and `input_biases[i]` are those of the input, None in
    layer 0. Biases are (g, 1, 1, u). `dense` is (u, v), `dense_bias` (v,). Gates are ordered i f o c, or z r h; those
    under a logistic function are negated, for 1 / (1 + exp(-x)).
    """

    cell: Cell
    layers: int
    units: int
    symbols: int
    table: Floats | None
    embedding: Floats | None
    kernel: Floats | None
    bias: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    inputs: tuple[Floats | None, ...]
    input_biases: tuple[Floats | None, ...]
    dense: Floats
    dense_bias: Floats

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], *, cell: Cell, layers: int, units: int, symbols: int, embedding: int
    ) -> Network:
        """The network from arrays in Keras's layout: `weights/embedding`, `weights/rnn_0/kernel` and so on.

        `embedding` is the width of the embedding, 0 for one-hot input. Raises CorruptFileError for an array that is
        missing, has another shape, or holds anything but finite numbers.
        """
        gates = 4 if cell == "lstm" else 3

        def take(name: str, *shape: int) -> Floats:
            array = arrays.get(f"weights/{name}")
            if array is None:
                raise CorruptFileError(f"the model lacks its array weights/{name}")
            if array.shape != shape:
                raise CorruptFileError(f"the model's array weights/{name} has shape {array.shape}, not {shape}")
            found = np.ascontiguousarray(array, np.float32)
            if not np.isfinite(found).all():
                raise CorruptFileError(f"the model's array weights/{name} holds numbers that are not finite")
            return found

        def by_gate(bias: Floats) -> Floats:
            return np.ascontiguousarray(bias.reshape(gates, 1, 1, units))

        weights: list[Floats] = []
        biases: list[Floats] = []
        inputs: list[Floats | None] = []
        input_biases: list[Floats | None] = []
        table_kernel, table_bias = np.empty(0, np.float32), np.empty(0, np.float32)
        for layer in range(layers):
            width = units if layer else embedding or symbols
            kernel = _arranged(take(f"rnn_{layer}/kernel", width, gates * units), cell)
            recurrent = _arranged(take(f"rnn_{layer}/recurrent", units, gates * units), cell)
            bias = _arranged(take(f"rnn_{layer}/bias", *((4 * units,) if cell == "lstm" else (2, 3 * units))), cell)
            if layer == 0:
                table_kernel, table_bias = kernel, bias if cell == "lstm" else bias[0]
            if cell == "lstm":
                weights.append(np.concatenate([kernel, recurrent]) if layer else recurrent)
                biases.append(by_gate(bias))
                inputs.append(None)
                input_biases.append(None)
            else:
                weights.append(recurrent)
                biases.append(by_gate(bias[1]))
                inputs.append(kernel if layer else None)
                input_biases.append(by_gate(bias[0]) if layer else None)
        vectors = take("embedding", symbols, embedding) if embedding else None
        table: Floats | None = None
        if vectors is None:
            table = table_kernel + table_bias
        elif symbols * gates * units <= TABLE_LIMIT:
            table = vectors @ table_kernel + table_bias
        if table is not None:
            table = np.ascontiguousarray(table.reshape(symbols, gates, units).swapaxes(0, 1))
        return cls(
            cell, layers, units, symbols, table,
            vectors if table is None else None, table_kernel if table is None else None, by_gate(table_bias),
            tuple(weights), tuple(biases), tuple(inputs), tuple(input_biases),
            take("dense/kernel", units, symbols), take("dense/bias", symbols),
        )  # fmt: skip

    @property
    def gates(self) -> int:
        return 4 if self.cell == "lstm" else 3

    @property
    def shape(self) -> tuple[str, int, int]:
        """What a recurrent state must fit: cell, layers, units."""
        return self.cell, self.layers, self.units


def _arranged(array: Floats, cell: Cell) -> Floats:
    """Gates i f c o in the order i f o c, so that the logistic ones are neighbours, and those negated."""
    units = array.shape[-1] // (4 if cell == "lstm" else 3)
    if cell == "lstm":
        i, f, c, o = np.split(array, 4, axis=-1)
        array = np.concatenate([i, f, o, c], axis=-1)
    else:
        array = array.copy()
    array[..., :-units] *= -1
    return array
