"""The arithmetic of a sampler: the recurrent state of all lanes, their logits, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.errors import UserError
from models.text.cells import Products, State, Stepper
from models.text.sampler.lane import Lane
from models.text.sampler.sampling import Floats
from models.text.weights import Network

GROUPS_KEPT = 64
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
        self.logits = np.zeros((lanes, self.network.symbols), np.float32)
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
        self._stepper = Stepper(engine.products, self._state)
        self._logits = engine.logits[first:last]
        self._peaks = np.zeros((lanes, 1), np.float32)
        self._ids = np.zeros(lanes, np.intp)
        self._rows = np.zeros(lanes, np.intp)
        self._heats = [1.0] * lanes
        self._inverse = np.ones((lanes, 1), np.float32)
        self._tempered = False
        self._weights = np.zeros_like(self._logits)
        self._beliefs = np.zeros_like(self._logits)
        self._cumulated = np.zeros(self._logits.shape, np.float64)
        self._per_lane = list(zip(self._logits, self._weights, self._beliefs, self._cumulated, strict=True))

    def read(self, ids: list[int], positions: list[int]) -> None:
        """Read one symbol a lane; the lanes then end at `positions`."""
        self._ids[:] = ids
        if self._window:
            for lane, position in enumerate(positions):
                row = (position - 1) % self._window
                self._state.hidden[lane, row] = 0
                self._state.memory[:, lane, row] = 0
        self._stepper.advance(self._ids)

    def refresh(self, positions: list[int]) -> None:
        """Compute the logits of the next symbols, less the largest of each lane; the lanes end at `positions`."""
        logits = self._logits
        if self._window:
            self._rows[:] = [max(0, position - self._window) % self._window for position in positions]
            self._stepper.logits(logits, self._rows)
        else:
            self._stepper.logits(logits)
        np.maximum.reduce(logits, axis=1, keepdims=True, out=self._peaks)
        np.subtract(logits, self._peaks, logits)

    def checked(self) -> Floats:
        """The logits of a group of one lane, (symbols,). Raises UserError where they are not finite numbers."""
        logits: Floats = self._logits[0]
        if not np.isfinite(logits).all():
            raise UserError(NOT_FINITE)
        return logits

    def belief(self, symbol: int) -> float:
        """How probable the model itself takes a symbol to be, in a group of one lane."""
        weights = np.exp(self.checked(), dtype=np.float64)
        return float(weights[symbol] / weights.sum())

    def draw(self, lanes: list[Lane]) -> list[tuple[int, float]]:
        """A symbol for each lane under its settings, and the model's own belief in it.

        Raises UserError where the logits are not finite numbers; nothing has changed then.
        """
        settings = [lane.settings for lane in lanes]
        heats = [setting.heat for setting in settings]
        if heats != self._heats:
            self._heats = heats
            self._inverse[:, 0] = [1 / heat for heat in heats]
            self._tempered = any(heat != 1 for heat in heats)
        if self._tempered:
            np.exp(self._logits, self._beliefs)
            totals = np.add.reduce(self._beliefs, axis=1).tolist()
            np.multiply(self._logits, self._inverse, self._weights)
            np.exp(self._weights, self._weights)
        else:
            np.exp(self._logits, self._weights)
        np.add.accumulate(self._weights, axis=1, dtype=np.float64, out=self._cumulated)
        drawn = []
        for index, lane in enumerate(lanes):
            logits, weights, beliefs, cumulated = self._per_lane[index]
            setting = settings[index]
            total = cumulated.item(-1)
            if not total >= 1:
                raise UserError(NOT_FINITE)
            if setting.greedy and not setting.penalises:
                symbol = int(logits.argmax())
            elif setting.plain:
                symbol = int(cumulated.searchsorted(lane.uniform() * total, "right"))
            else:
                chosen = setting.distribution(logits, lane.recent(setting))
                sums = np.cumsum(chosen, dtype=np.float64)
                symbol = int(sums.searchsorted(lane.uniform() * sums.item(-1), "right"))
            belief = weights.item(symbol) / total if heats[index] == 1 else beliefs.item(symbol) / totals[index]
            drawn.append((symbol, belief))
        return drawn
