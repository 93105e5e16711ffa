"""LSTM and GRU cells stepped in NumPy: the network of a text model without TensorFlow.

The arithmetic is that of Keras's LSTM and GRU (`reset_after=True`) in float32. Three things make it quick: the first
layer's input projection is a table look-up, because a symbol is one of few; the logistic gates are negated in the
weights and divide by 1 + exp(-x) instead of multiplying by its inverse; and all work happens in place, in buffers that
live as long as the lanes.

Products are cut into pieces small enough that OpenBLAS keeps each on the calling thread. Handing a few microseconds
of work to a second thread costs more than it saves, stalls for milliseconds while a training keeps all cores busy,
and would let the rounding depend on the number of cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.text.weights import Floats, Network

GEMV_SERIAL = 460_800
"""OpenBLAS runs a matrix-vector product of fewer elements on one thread (interface/gemv.c)."""
GEMM_SERIAL = 262_144
"""OpenBLAS runs a matrix product of at most so many multiplications on one thread (interface/gemm.c)."""
SMALLEST_PIECE = 16
ONE = np.float32(1)


class Product:
    """`x @ matrix` for `rows` rows a lane, in pieces that BLAS keeps on this thread; each lane by itself.

    The columns come in `groups` (the gates), and the result is laid out by group, lane, row, column: each gate of all
    lanes is one contiguous block. A lane's result does not depend on how many lanes there are, because BLAS sees the
    same calls for each.
    """

    def __init__(self, matrix: Floats, groups: int, rows: int) -> None:
        depth = matrix.shape[0]
        columns = matrix.shape[1] // groups
        most = (GEMV_SERIAL - 1) // depth if rows == 1 else GEMM_SERIAL // (depth * rows)
        piece = _piece(columns, most)
        count = -(-columns // piece)
        split = matrix.reshape(depth, groups, columns)
        if count * piece > columns:
            split = np.concatenate([split, np.zeros((depth, groups, count * piece - columns), np.float32)], axis=2)
        self.groups = groups
        self.width = count * piece
        self.pieces = np.ascontiguousarray(split.reshape(depth, groups, count, piece).transpose(1, 2, 0, 3))

    def buffer(self, lanes: int, rows: int) -> Floats:
        """A buffer for the result, (groups, lanes, rows, width); `width` is the number of columns, or a bit more."""
        return np.zeros((self.groups, lanes, rows, self.width), np.float32)

    def bind(self, x: Floats, out: Floats) -> tuple[Floats, Floats, Floats]:
        """The arguments with which `np.matmul` computes x (lanes, rows, depth) into a `buffer`."""
        lanes, rows, _ = x.shape
        groups, count, _, piece = self.pieces.shape
        return x[:, None, None], self.pieces, out.reshape(groups, lanes, rows, count, piece).transpose(1, 0, 3, 2, 4)


def _piece(columns: int, most: int) -> int:
    """The widest piece of at most `most` columns, rather one that divides `columns`; all of them if that is tiny."""
    if most >= columns or most < SMALLEST_PIECE:
        return columns
    for piece in range(most, SMALLEST_PIECE - 1, -1):
        if columns % piece == 0:
            return piece
    return most - most % SMALLEST_PIECE


@dataclass(frozen=True, slots=True)
class State:
    """The recurrent state of some lanes, changed in place.

    `hidden` is (lanes, rows, layers * units + 1): neighbouring layers lie side by side, so that a layer's input and
    its own state are one contiguous slice, and the last column is 1, for the bias of the dense layer. `memory` is the
    LSTM's cell state (layers, lanes, rows, units), for a GRU (0, ...). One row a lane follows the whole text; a window
    that is re-read for every symbol has one row for each window under way.
    """

    hidden: Floats
    memory: Floats

    @classmethod
    def zero(cls, network: Network, lanes: int, rows: int) -> State:
        memories = network.layers if network.cell == "lstm" else 0
        hidden = np.zeros((lanes, rows, network.layers * network.units + 1), np.float32)
        hidden[:, :, -1] = 1
        return cls(hidden, np.zeros((memories, lanes, rows, network.units), np.float32))

    def lanes(self, first: int, last: int) -> State:
        """Lanes first..last-1 as a view."""
        return State(self.hidden[first:last], self.memory[:, first:last])

    def copy(self) -> State:
        return State(self.hidden.copy(), self.memory.copy())

    def clear(self, lane: int, row: int) -> None:
        """Put one row of a lane in the zero state."""
        self.hidden[lane, row, :-1] = 0
        self.memory[:, lane, row] = 0

    def set(self, other: State) -> None:
        """Take over the numbers of a state of the same shape."""
        self.hidden[...] = other.hidden
        self.memory[...] = other.memory


@dataclass(frozen=True, slots=True)
class Products:
    """A network's products for a number of rows a lane; built once and shared by all that step that network."""

    network: Network
    rows: int
    recurrent: tuple[Product, ...]
    inputs: tuple[Product | None, ...]
    kernel: Product | None
    dense: Product

    @classmethod
    def of(cls, network: Network, rows: int) -> Products:
        gates = network.gates
        return cls(
            network,
            rows,
            tuple(Product(matrix, gates, rows) for matrix in network.weights),
            tuple(None if matrix is None else Product(matrix, gates, rows) for matrix in network.inputs),
            None if network.kernel is None else Product(network.kernel, gates, 1),
            Product(np.concatenate([network.dense, network.dense_bias[None]]), 1, 1),
        )


class Stepper:
    """Moves a `State` on by one symbol a lane; owns the buffers for it.

    `outputs` is a slice, by lane, of a `buffer` of the dense product. Overflow in the weights shows as non-finite
    logits; call under `np.errstate(all="ignore")`.
    """

    def __init__(self, products: Products, state: State, outputs: Floats) -> None:
        network = self.network = products.network
        lanes, rows, _ = state.hidden.shape
        units = network.units
        self._entering = np.zeros((network.gates, lanes, 1, units), np.float32)
        self._looked_up = self._entering[:, :, 0]
        if network.embedding is not None and products.kernel is not None:
            self._vectors = np.zeros((lanes, 1, network.embedding.shape[1]), np.float32)
            self._projected = products.kernel.buffer(lanes, 1)
            self._project = products.kernel.bind(self._vectors, self._projected)
        kind = _Lstm if network.cell == "lstm" else _Gru
        self._layers = [kind(products, layer, state, self._entering) for layer in range(network.layers)]
        self.top = state.hidden[:, :, (network.layers - 1) * units :]
        self._picked = np.zeros((lanes, 1, units + 1), np.float32)
        self._dense = products.dense.bind(self.top if rows == 1 else self._picked, outputs)

    def advance(self, ids: NDArray[np.intp]) -> None:
        """Read one symbol a lane; `ids` is (lanes,)."""
        network = self.network
        if network.table is not None:
            network.table.take(ids, 1, self._looked_up, "clip")
        elif network.embedding is not None:
            network.embedding.take(ids, axis=0, out=self._vectors[:, 0], mode="clip")
            np.matmul(*self._project)
            np.add(self._projected[..., : network.units], network.bias, out=self._entering)
        for layer in self._layers:
            layer.step()

    def logits(self, rows: Sequence[int] = ()) -> None:
        """Put the logits of the next symbols into `outputs`; with several rows a lane, those of row `rows[lane]`."""
        for lane, row in enumerate(rows):
            self._picked[lane, 0] = self.top[lane, row]
        np.matmul(*self._dense)


class _Lstm:
    """One LSTM layer (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000)."""

    def __init__(self, products: Products, layer: int, state: State, entering: Floats) -> None:
        lanes, rows, _ = state.hidden.shape
        units = products.network.units
        product = products.recurrent[layer]
        first = (layer - 1) * units if layer else 0
        self.hidden = state.hidden[:, :, layer * units : (layer + 1) * units]
        self.memory = state.memory[layer]
        sums = product.buffer(lanes, rows)
        self.product = product.bind(state.hidden[:, :, first : (layer + 1) * units], sums)
        self.addend = entering if layer == 0 else products.network.biases[layer]
        self.gates = sums[..., :units]
        self.logistic = self.gates[:3]
        self.i, self.f, self.o, self.c = self.gates

    def step(self) -> None:
        np.matmul(*self.product)
        logistic, memory, new = self.logistic, self.memory, self.c
        np.add(self.gates, self.addend, self.gates)
        np.exp(logistic, logistic)
        np.add(logistic, ONE, logistic)
        np.tanh(new, new)
        np.divide(memory, self.f, memory)
        np.divide(new, self.i, new)
        np.add(memory, new, memory)
        np.tanh(memory, new)
        np.divide(new, self.o, self.hidden)


class _Gru:
    """One GRU layer with the reset gate applied after the product (Cho et al. 2014, in the form of cuDNN)."""

    def __init__(self, products: Products, layer: int, state: State, entering: Floats) -> None:
        lanes, rows, _ = state.hidden.shape
        network = products.network
        units = network.units
        self.hidden = state.hidden[:, :, layer * units : (layer + 1) * units]
        product = products.recurrent[layer]
        sums = product.buffer(lanes, rows)
        self.product = product.bind(self.hidden, sums)
        self.sums = sums[..., :units]
        self.gates = self.sums[:2]
        self.z, self.r, self.new = self.sums
        self.bias = network.biases[layer]
        below = products.inputs[layer]
        self.below: tuple[Floats, Floats, Floats] | None = None
        if below is not None:
            buffer = below.buffer(lanes, rows)
            self.below = below.bind(state.hidden[:, :, (layer - 1) * units : layer * units], buffer)
            entering = buffer[..., :units]
        self.entering = entering
        self.entering_gates, self.entering_new = entering[:2], entering[2]
        self.input_bias = network.input_biases[layer]

    def step(self) -> None:
        np.matmul(*self.product)
        np.add(self.sums, self.bias, self.sums)
        if self.below is not None and self.input_bias is not None:
            np.matmul(*self.below)
            np.add(self.entering, self.input_bias, self.entering)
        gates, new, hidden = self.gates, self.new, self.hidden
        np.add(gates, self.entering_gates, gates)
        np.exp(gates, gates)
        np.add(gates, ONE, gates)
        np.divide(new, self.r, new)
        np.add(new, self.entering_new, new)
        np.tanh(new, new)
        np.subtract(hidden, new, hidden)
        np.divide(hidden, self.z, hidden)
        np.add(hidden, new, hidden)
