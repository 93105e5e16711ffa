"""The arithmetic of a sampler: the recurrent state of all lanes, their logits, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.errors import UserError
from models.text.cells import Products, State, Stepper
from models.text.sampler import sampling
from models.text.sampler.lane import SNAPSHOT_EVERY, Lane
from models.text.sampler.sampling import Floats
from models.text.weights import Network

GROUPS_KEPT = 64
AHEAD = 32
NOT_FINITE = "the model's output is not a finite number: its weights are damaged or have diverged; train it again"


class Engine:
    """State and logits of `lanes` lanes; `window` 0 carries the state on, else each symbol sees so many before it.

    A window that starts from the zero state for every symbol would cost `window` steps a symbol. Instead all windows
    under way are stepped side by side, one row each: the row of the window that begins at position p is p modulo
    `window`, and the one that is complete gives the logits.
    """

    def __init__(self, network: Network, lanes: int, window: int) -> None:
        self.network = network
        self.window = window
        self.products = Products.of(network, window or 1)
        self._reserve(lanes)

    def _reserve(self, lanes: int) -> None:
        self.state = State.zero(self.network, lanes, self.window or 1)
        self.outputs = self.products.dense.buffer(lanes, 1)
        self.logits = self.outputs[0, :, 0, : self.network.symbols]
        self._groups: dict[tuple[int, int], Group] = {}

    def rearrange(self, sources: Sequence[int | None]) -> None:
        """Have one lane for each source: the lane of that number, or a new one in the zero state."""
        state, logits = self.state, self.logits
        self._reserve(len(sources))
        for lane, source in enumerate(sources):
            if source is not None:
                self.lane_state(lane).set(state.lanes(source, source + 1))
                self.logits[lane] = logits[source]

    def lane_state(self, lane: int) -> State:
        """A lane's state as a view."""
        return self.state.lanes(lane, lane + 1)

    def group(self, first: int, last: int) -> Group:
        """Lanes first..last-1 as one batch."""
        found = self._groups.get((first, last))
        if found is None:
            if len(self._groups) >= GROUPS_KEPT:
                self._groups.clear()
            found = self._groups[first, last] = Group(self, first, last)
        return found


class Group:
    """Neighbouring lanes that are stepped as one batch, and the buffers for it."""

    def __init__(self, engine: Engine, first: int, last: int) -> None:
        lanes = last - first
        self._window = engine.window
        self._state = engine.state.lanes(first, last)
        self._stepper = Stepper(engine.products, self._state, engine.outputs[:, first:last])
        self._logits = engine.logits[first:last]
        self._symbols = engine.network.symbols
        self._lanes: Sequence[Lane] = ()
        self._peaks = np.zeros((lanes, 1), np.float32)
        self._ids = np.zeros(lanes, np.intp)
        self._ends = [0] * lanes
        self._uniforms = np.zeros((AHEAD, lanes), np.float32)
        self._used = AHEAD
        self._targets = np.zeros(lanes, np.float32)
        self._factors = np.ones((2, lanes, 1), np.float32)
        self._weights = np.zeros((2, lanes, self._symbols), np.float32)
        self._sums = np.zeros((2, lanes, self._symbols), np.float32)

    def lane_state(self, lane: int) -> State:
        """The state of one of the group's lanes as a view."""
        return self._state.lanes(lane, lane + 1)

    def read(self, ids: Sequence[int], ends: Sequence[int]) -> None:
        """Read one symbol a lane; `ends` are the positions where the lanes then end."""
        for lane, symbol in enumerate(ids):
            self._ids[lane] = symbol
        self._read(ends)

    def _read(self, ends: Sequence[int]) -> None:
        if self._window:
            for lane, end in enumerate(ends):
                self._state.clear(lane, (end - 1) % self._window)
        self._stepper.advance(self._ids)

    def refresh(self, ends: Sequence[int]) -> None:
        """Compute the logits of the next symbols, less the largest of each lane; `ends` as for `read`."""
        logits = self._logits
        rows = [max(0, end - self._window) % self._window for end in ends] if self._window else ()
        self._stepper.logits(rows)
        np.maximum.reduce(logits, 1, None, self._peaks, keepdims=True)
        np.subtract(logits, self._peaks, logits)

    def checked(self) -> Floats:
        """The logits of a group of one lane, (symbols,). Raises UserError where they are not finite numbers."""
        logits: Floats = self._logits[0]
        if not np.isfinite(logits).all():
            raise UserError(NOT_FINITE)
        return logits

    def force(self, lane: Lane, symbol: int) -> None:
        """Write this symbol, in a group of one lane. Raises UserError as `write` does."""
        weights = np.exp(self.checked(), dtype=np.float64)
        self._lanes = (lane,)
        self._ids[0] = symbol
        self._ends[0] = lane.append(symbol, float(weights[symbol] / weights.sum()))
        self._follow()

    def prepare(self, lanes: Sequence[Lane]) -> None:
        """Have `write` write in these lanes, under the settings and from the places they have now."""
        settings = [lane.settings for lane in lanes]
        heats = [setting.heat for setting in settings]
        self._lanes = lanes
        self._used = AHEAD
        self._factors[0, :, 0] = [1 / heat for heat in heats]
        # The last block is the model's own distribution; where no lane has another temperature, the only one.
        blocks = 1 if all(heat == 1 for heat in heats) else 2
        self._working = self._factors[:blocks], self._weights[:blocks], self._sums[:blocks]
        self._totals, self._own_totals = self._sums[0, :, -1], self._sums[blocks - 1, :, -1]
        targets = [self._targets[lane, ...] for lane in range(len(lanes))]
        rows = self._logits, self._sums[0], targets, self._weights[blocks - 1]
        self._plan = list(zip(lanes, settings, *rows, strict=True))

    def write(self) -> int:
        """Draw a symbol for each lane, append it, and read it; returns how many there are.

        Raises UserError where the logits are not finite numbers; nothing has changed then.
        """
        factors, weights, sums = self._working
        np.multiply(self._logits, factors, weights)
        np.exp(weights, weights)
        np.add.accumulate(weights, 2, None, sums)
        if self._used == AHEAD:
            for lane, column in zip(self._lanes, self._uniforms.T, strict=True):
                column[:] = lane.uniforms.some(lane.written_symbols, AHEAD)
            self._used = 0
        np.multiply(self._totals, self._uniforms[self._used], self._targets)
        own_totals = self._own_totals.tolist()
        for total in own_totals:
            if not total >= 1:
                raise UserError(NOT_FINITE)
        self._used += 1
        index = 0
        for lane, setting, logits, cumulated, target, own in self._plan:
            if setting.plain and not setting.greedy:
                symbol = int(cumulated.searchsorted(target, "right"))
                if symbol == self._symbols:
                    symbol = sampling.last(cumulated)
            else:
                uniform = self._uniforms.item(self._used - 1, index)
                symbol = setting.draw(logits, self._weights[0, index], lane.recent(setting), uniform)
            self._ids[index] = symbol
            self._ends[index] = lane.append(symbol, own.item(symbol) / own_totals[index])
            index += 1
        self._follow()
        return index

    def _follow(self) -> None:
        """Read what was appended, and remember the state now and then."""
        ends = self._ends
        self._read(ends)
        self.refresh(ends)
        if not self._window:
            for index, end in enumerate(ends):
                if end % SNAPSHOT_EVERY == 0:
                    self._lanes[index].keep(end, self.lane_state(index))
