"""The sampler: writes several texts with one model, one symbol at a time, all lanes as one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.text.cells import State
from models.text.model import TextModel
from models.text.sampler import saved
from models.text.sampler.engine import Engine, Group
from models.text.sampler.history import History
from models.text.sampler.lane import SNAPSHOT_EVERY, Candidate, Lane, Uniforms, checked_seed
from models.text.sampler.sampling import Floats
from models.text.sampler.settings import Settings
from models.text.sampler.turn import Turn
from models.text.vocabulary import Vocabulary

KEEP = 200_000
TAIL = 512
"""Symbols that are read again where a state cannot be carried over."""


class Sampler:
    """Lanes that write with one model.

    Every method may be called from any thread: one thread usually steps, others steer; each call takes effect between
    two symbols. What a lane writes depends on the model, its prompt, its settings and its seed, not on how many lanes
    are stepped beside it. After `swap` or `edit` it depends on when that was done, too.

    `exact` re-reads the last `window` symbols from the zero state for each symbol, as the classic recipe does; it is
    the default for models that were trained to predict the character after a window. Otherwise the state is carried
    from symbol to symbol. A lane keeps at most `keep` symbols of its text, the prompt included.
    """

    def __init__(self, model: TextModel, *, exact: bool | None = None, keep: int = KEEP) -> None:
        self.exact = model.recipe.target == "last" if exact is None else exact
        if keep < max(2 * model.recipe.window, 2 * TAIL):
            raise UsageError(f"keep: must be at least {max(2 * model.recipe.window, 2 * TAIL)} symbols (got {keep})")
        self._keep = keep
        self._model = model
        self._turn = Turn()
        self._lanes: list[Lane] = []
        self.stale = False
        """Set by a lane whose settings were assigned or that has ended, so that the lanes are gone through again."""
        self._engine = self._engine_for(model)

    @property
    def model(self) -> TextModel:
        return self._model

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple(self._lanes)

    # Lanes come and go

    def add(
        self, prompt: str = "", settings: Settings | None = None, seed: int | None = None, *, drop_unknown: bool = False
    ) -> Lane:
        """A new lane that begins with `prompt`; an empty one is replaced by `TextModel.default_prompt`.

        Raises UnknownSymbolsError, which names them, for characters that the model does not know, unless
        `drop_unknown` leaves them out. `seed` None takes a random one (32 bits).
        """
        with self._turn:
            ids = self._encode(prompt, drop_unknown)
            lane = self._lane(settings or Settings(), checked_seed(seed))
            self._place([*range(len(self._lanes)), None], [*self._lanes, lane])
            self._begin(lane, ids)
            return lane

    def remove(self, lane: Lane) -> None:
        """Take a lane away; its text can still be read."""
        with self._turn:
            index = self._index(lane)
            rest = [number for number in range(len(self._lanes)) if number != index]
            self._place(rest, [self._lanes[number] for number in rest])

    def branch(self, lane: Lane, seed: int | None = None) -> Lane:
        """A copy of a lane where it stands, right after it, which goes on with random numbers of its own.

        Those of `seed`, or, for None, of another stream of the lane's seed.
        """
        with self._turn:
            index = self._index(lane)
            other = self._lane(lane.settings, lane.seed if seed is None else checked_seed(seed))
            if seed is None:
                other.uniforms.stream = self._new_stream(lane.seed)
            other.take_over(lane)
            order: list[int | None] = list(range(len(self._lanes)))
            order.insert(index + 1, index)
            self._place(order, [*self._lanes[: index + 1], other, *self._lanes[index + 1 :]])
            return other

    def restart(self, lane: Lane, seed: int | None = None) -> None:
        """Begin again after the prompt, with `seed` or a new random one."""
        with self._turn:
            self._index(lane)
            lane.uniforms = Uniforms(checked_seed(seed))
            self._begin(lane, self._encode(lane.prompt, drop_unknown=False))

    def edit(self, lane: Lane, prompt: str, *, drop_unknown: bool = False) -> None:
        """Begin again with another prompt and the same seed. Raises UnknownSymbolsError as `add` does."""
        with self._turn:
            self._index(lane)
            self._begin(lane, self._encode(prompt, drop_unknown))

    # Writing

    def step(self, lanes: Iterable[Lane] | None = None, count: int = 1) -> int:
        """Write `count` symbols in each of `lanes` (None: in all); those that have ended, or are gone, are left out.

        Returns how many symbols were written. Raises UserError, and writes nothing, where the model's output is not
        a finite number.
        """
        chosen = None if lanes is None else list(lanes)
        written, left = 0, count
        with np.errstate(all="ignore"):
            while left > 0:
                with self._turn.step():
                    self.stale = False
                    groups = self._groups(chosen)
                    if not groups:
                        break
                    while left > 0 and not self.stale and not self._turn.waiting:
                        for group in groups:
                            written += group.write()
                        left -= 1
        return written

    def candidates(self, lane: Lane, count: int = 10) -> list[Candidate]:
        """The `count` most probable next symbols under the lane's settings, most probable first."""
        with self._turn, np.errstate(all="ignore"):
            chances = self._distribution(lane)
            order = np.argsort(-chances, kind="stable")[:count]
            symbols = self._model.vocabulary.symbols
            return [Candidate(symbols[index], float(chances[index])) for index in order.tolist() if chances[index] > 0]

    def choose(self, lane: Lane, symbol: str) -> None:
        """Write this symbol instead of drawing one. Raises UsageError if it is not one symbol of the model."""
        with self._turn, np.errstate(all="ignore"):
            index = self._index(lane)
            vocabulary = self._model.vocabulary
            if symbol not in vocabulary.symbols:
                vocabulary.encode(symbol)
                raise UsageError(f"{symbol!r} is not one symbol of this model")
            self._engine.group(index, index + 1).force(lane, vocabulary.symbols.index(symbol))

    def take_back(self, lane: Lane, count: int = 1, *, redraw: bool = False) -> int:
        """Take back the last `count` written symbols, as many as are kept; returns how many.

        The lane stands as it stood then, to the bit, and would write the same again; with `redraw` it goes on with
        other random numbers of its seed. Where no state is known, before the last `swap` and at the far end of a text
        that has outgrown `keep`, the tail of the text is read again instead.
        """
        with self._turn, np.errstate(all="ignore"):
            index = self._index(lane)
            end = max(lane.prompt_end, lane.start + 1, lane.position - max(0, count))
            taken = lane.position - end
            if taken:
                lane.cut(end)
                self._restore(index, lane)
            if redraw:
                lane.uniforms = Uniforms(lane.seed, self._new_stream(lane.seed))
            return taken

    def swap(self, model: TextModel) -> None:
        """Go on with the weights of `model` from the next symbol on, in all lanes.

        Its vocabulary must be the same, or the same with symbols added; else UsageError. A state that fits is
        carried over, otherwise the tail of each text is read again.
        """
        old, new = self._model.vocabulary, model.vocabulary
        if (new.unit, new.lowercase) != (old.unit, old.lowercase) or new.symbols[: len(old.symbols)] != old.symbols:
            raise UsageError("these weights belong to another vocabulary; open the model in a lane of its own")
        with self._turn, np.errstate(all="ignore"):
            before = self._engine
            self._model = model
            self._engine = self._engine_for(model)
            self._engine.rearrange([None] * len(self._lanes))
            for index, lane in enumerate(self._lanes):
                lane.whole = False
                lane.snapshots = {}
                if not self._engine.window and before.network.shape == model.network.shape:
                    self._settle(index, lane, before.lane_state(index))
                else:
                    self._restore(index, lane)

    # Sessions

    def save(self, lane: Lane) -> dict[str, Any]:
        """What `lane.save()` returns; the lanes go on while it is put together."""
        with self._turn:
            state = self._engine.lane_state(self._index(lane))
            parts, model = saved.parts_of(lane, None if self._engine.window else state), self._model
        return saved.to_json(parts, model)

    def load(self, data: Mapping[str, Any]) -> Lane:
        """A lane as it was saved; it goes on with exactly the same text if the weights are the same.

        Raises CorruptFileError for data that is not a saved lane, UsageError if it was written with another
        vocabulary.
        """
        with self._turn, np.errstate(all="ignore"):
            parts = saved.from_json(data, self._model)
            lane = self._lane(parts.settings, parts.seed)
            lane.uniforms.stream = parts.stream
            lane.history.reset(parts.start, parts.ids, parts.probabilities)
            lane.resume(parts.prompt, parts.prompt_end, parts.whole, parts.stopped)
            self._place([*range(len(self._lanes)), None], [*self._lanes, lane])
            if parts.state is not None and not self._engine.window:
                self._settle(len(self._lanes) - 1, lane, parts.state)
            else:
                self._restore(len(self._lanes) - 1, lane)
            return lane

    # What the methods above are made of

    def _engine_for(self, model: TextModel) -> Engine:
        return Engine(model.network, 0, model.recipe.window if self.exact else 0)

    def _lane(self, settings: Settings, seed: int) -> Lane:
        return Lane(self._vocabulary, History(self._keep), settings, Uniforms(seed), self)

    def _vocabulary(self) -> Vocabulary:
        return self._model.vocabulary

    def _encode(self, prompt: str, drop_unknown: bool) -> NDArray[np.int32]:
        vocabulary = self._model.vocabulary
        if drop_unknown:
            prompt = vocabulary.known(prompt)
        return vocabulary.encode(prompt or self._model.default_prompt())[-self._keep :]

    def _index(self, lane: Lane) -> int:
        for index, other in enumerate(self._lanes):
            if other is lane:
                return index
        raise UsageError("this lane is not, or no longer, in the sampler")

    def _new_stream(self, seed: int) -> int:
        return 1 + max((lane.stream for lane in self._lanes if lane.seed == seed), default=0)

    def _place(self, sources: Sequence[int | None], lanes: list[Lane]) -> None:
        self._engine.rearrange(sources)
        self._lanes = lanes

    def _begin(self, lane: Lane, ids: NDArray[np.int32]) -> None:
        lane.begin(self._model.vocabulary.decode(ids), ids)
        with np.errstate(all="ignore"):
            self._restore(self._index(lane), lane)

    def _restore(self, index: int, lane: Lane) -> None:
        """Bring the state to where the lane's text ends: from the nearest place that is known, reading on."""
        state = self._engine.lane_state(index)
        position, end = lane.nearest(), lane.position
        if self._engine.window:
            position = max(lane.start, end - self._engine.window)
            state.set(State.zero(self._engine.network, 1, self._engine.window))
        elif position in lane.snapshots:
            state.set(lane.snapshots[position])
        else:
            position = 0 if lane.whole and not lane.start else max(lane.start, end - TAIL)
            state.set(State.zero(self._engine.network, 1, 1))
        group = self._engine.group(index, index + 1)
        for symbol in lane.history.read(position).ids.tolist():
            position += 1
            group.read([symbol], [position])
            if not self._engine.window and (position % SNAPSHOT_EVERY == 0 or position == end):
                lane.keep(position, state)
        group.refresh([end])

    def _settle(self, index: int, lane: Lane, state: State) -> None:
        """Take over the state of a lane from elsewhere."""
        self._engine.lane_state(index).set(state)
        self._engine.group(index, index + 1).refresh([lane.position])
        lane.keep(lane.position, state)

    def _distribution(self, lane: Lane) -> Floats:
        index = self._index(lane)
        logits = self._engine.group(index, index + 1).checked()
        return lane.settings.distribution(logits, lane.recent(lane.settings))

    def _groups(self, chosen: list[Lane] | None) -> list[Group]:
        """The lanes that are to write, as runs of neighbours, each ready to write."""
        numbers = [index for index, lane in enumerate(self._lanes) if lane.ended is None]
        if chosen is not None:
            numbers = [index for index in numbers if any(self._lanes[index] is lane for lane in chosen)]
        groups = []
        for _, pairs in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
            run = [number for _, number in pairs]
            group = self._engine.group(run[0], run[-1] + 1)
            group.prepare(self._lanes[run[0] : run[-1] + 1])
            groups.append(group)
        return groups
