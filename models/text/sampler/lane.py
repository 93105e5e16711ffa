"""A lane: one text being written, with its settings, its seed and what is needed to go back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.text.cells import State
from models.text.sampler.history import History, Span
from models.text.sampler.settings import Settings
from models.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from models.text.sampler.sampler import Sampler

SNAPSHOT_EVERY = 32
PRUNE_EVERY = 1024
SPACING = ((1024, SNAPSHOT_EVERY), (8192, 256))
SPACING_BEYOND = 4096
"""Snapshots up to 1024 symbols old stay every 32 symbols, up to 8192 every 256, older ones every 4096: going back a
little is instant, going back far replays some thousand symbols, and memory stays small."""
DRAWS = 2048
ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol that may come next, and its probability (0..1) under the lane's settings."""

    symbol: str
    probability: float


class Uniforms:
    """Uniform numbers in [0, 1) by index: those of `numpy.random.default_rng(seed)`, or of one of its children.

    The number at an index does not depend on which were asked for before, so a place in the text is all there is to
    save or to go back to. `stream` 0 is the seed's own stream; each other number is an independent one.
    """

    __slots__ = ("_first", "_numbers", "seed", "stream")

    def __init__(self, seed: int, stream: int = 0) -> None:
        self.seed = seed
        self.stream = stream
        self._first = 0
        self._numbers = np.empty(0)

    def some(self, index: int, count: int) -> NDArray[np.float64]:
        """The numbers index..index+count-1."""
        start = index - self._first
        if start < 0 or start + count > len(self._numbers):
            key = (self.stream,) if self.stream else ()
            bits = np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
            self._numbers = np.random.Generator(bits.advance(index)).random(DRAWS)
            self._first, start = index, 0
        return self._numbers[start : start + count]


class Lane:
    """One text being written. Made by a `Sampler`, which alone changes it; only `settings` is yours to assign.

    Reading any attribute, `read` and `text_since` is safe in any thread while another one steps, and holds no lock.
    Positions count symbols (characters, or words) from the first one of the prompt and go on counting when the
    oldest text is dropped.
    """

    def __init__(
        self,
        vocabulary: Callable[[], Vocabulary],
        history: History,
        settings: Settings,
        uniforms: Uniforms,
        owner: Sampler,
    ) -> None:
        self.prompt = ""
        self.history = history
        self.uniforms = uniforms
        self.prompt_end = 0
        self.snapshots: dict[int, State] = {}
        self.whole = True
        self._owner = owner
        self._vocabulary = vocabulary
        self._stopped = False
        self._settings = settings
        self._until = ENDLESS

    # What anyone may read

    @property
    def settings(self) -> Settings:
        """How the next symbol is drawn; assign another `Settings` at any time, it holds from the next symbol on."""
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        if settings.stop != self._settings.stop:
            self._stopped = False
        self._settings = settings
        self._until = ENDLESS if settings.length is None else self.prompt_end + settings.length
        self._owner.stale = True

    @property
    def seed(self) -> int:
        return self.uniforms.seed

    @property
    def stream(self) -> int:
        """0 for the seed's own random numbers; other numbers tell apart branches and second tries of one seed."""
        return self.uniforms.stream

    @property
    def position(self) -> int:
        """Symbols of the prompt and written since; taking back lowers it."""
        return self.history.end

    @property
    def start(self) -> int:
        """The position of the oldest symbol still kept; 0 until the text outgrows the sampler's `keep`."""
        return self.history.start

    @property
    def edits(self) -> int:
        """Counts changes other than written symbols: a viewer that sees it change reads again."""
        return self.history.edits

    @property
    def ended(self) -> Literal["length", "stop"] | None:
        """Why the lane writes no more, or None."""
        if self._stopped:
            return "stop"
        return "length" if self.history.end >= self._until else None

    @property
    def text(self) -> str:
        """The prompt and what was written, as far as kept."""
        return self.text_since(0)

    @property
    def written(self) -> str:
        """What was written after the prompt, as far as kept."""
        return self.text_since(self.prompt_end)

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """The model's own belief in each written symbol, (symbols,), 0..1: temperature 1, before any truncation."""
        return self.history.read(self.prompt_end).probabilities

    def read(self, position: int = 0, edits: int | None = None) -> Span:
        """The ids and probabilities from `position` on; those of the prompt have probability NaN.

        With the `edits` of the Span read before, the new Span begins where the text first differs from what the
        reader has, and replaces it from there on.
        """
        return self.history.read(position, edits)

    def symbols(self, span: Span) -> list[str]:
        """The symbols of a span, one string each."""
        symbols = self._vocabulary().symbols
        return [symbols[index] for index in span.ids.tolist()]

    def text_since(self, position: int) -> str:
        """The text from `position` on, as far as it is kept."""
        return "".join(self.symbols(self.history.read(position)))

    def save(self) -> dict[str, Any]:
        """All that `Sampler.load` needs to go on with exactly the same text; plain JSON."""
        return self._owner.save(self)

    # What the sampler calls

    def begin(self, prompt: str, ids: NDArray[np.int32]) -> None:
        """Hold the prompt and nothing else."""
        self.prompt = prompt
        self.history.reset(0, ids, np.full(len(ids), np.nan, np.float32))
        self.prompt_end = len(ids)
        self.snapshots = {}
        self.whole = True
        self._stopped = False
        self.settings = self._settings

    @property
    def written_symbols(self) -> int:
        """How many symbols were written after the prompt."""
        return self.history.end - self.prompt_end

    def recent(self, settings: Settings) -> NDArray[np.int32]:
        """The ids that repetition control looks at, oldest first."""
        if not settings.penalises:
            return np.empty(0, np.int32)
        return self.history.read(self.history.end - settings.memory).ids

    def append(self, symbol: int, probability: float) -> int:
        """Write a symbol, and see whether that ends the lane; returns the new position."""
        end = self.history.append(symbol, probability)
        if end >= self._until:
            self._owner.stale = True
        stop = self._settings.stop
        if stop:
            first = max(self.prompt_end, end - len(stop))
            symbols = self.symbols(self.history.read(first))
            tail = "".join(symbols)
            if stop in tail[max(0, len(tail) - len(symbols[-1]) - len(stop) + 1) :]:
                self._stopped = self._owner.stale = True
        return end

    def cut(self, end: int) -> None:
        """Forget the symbols from `end` on."""
        self.history.cut(end)
        self.snapshots = {position: state for position, state in self.snapshots.items() if position <= end}
        self._stopped = False

    def nearest(self) -> int:
        """The position, at the end of the text or before, of the last state that is known; -1 for none."""
        return max((position for position in self.snapshots if position <= self.history.end), default=-1)

    def keep(self, position: int, state: State) -> None:
        """Remember the state (copied) at `position`, and forget those that stand too close together by now."""
        self.snapshots[position] = state.copy()
        if position % PRUNE_EVERY == 0:
            places = sorted(place for place in self.snapshots if place >= self.history.start)
            self.snapshots = {
                place: self.snapshots[place]
                for place in places
                if place % _spacing(position - place) == 0 or place == places[0]
            }

    def take_over(self, other: Lane) -> None:
        """Become a copy of another lane, random numbers aside."""
        self.prompt, self.prompt_end, self.whole = other.prompt, other.prompt_end, other.whole
        self.history = other.history.copy()
        self.snapshots = dict(other.snapshots)
        self._stopped = other._stopped
        self.settings = other.settings

    def resume(self, prompt: str, prompt_end: int, whole: bool, stopped: bool) -> None:
        """Stand where a saved lane stood; its symbols are in the history already."""
        self.prompt, self.prompt_end, self.whole, self._stopped = prompt, prompt_end, whole, stopped
        self.settings = self._settings


def _spacing(age: int) -> int:
    return next((every for limit, every in SPACING if age <= limit), SPACING_BEYOND)


def new_seed() -> int:
    return secrets.randbits(32)


def checked_seed(seed: int | None) -> int:
    """`seed`, or a new one for None. Raises UsageError for anything but a whole number, 0 or more."""
    if seed is None:
        return new_seed()
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed: must be a whole number, 0 or more (got {seed!r})")
    return seed
