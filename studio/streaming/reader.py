"""What is new in a lane since the last look, as text to draw. Reads lock-free while another thread writes."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.text.sampler import Span

KEPT = 20_000
SURPRISE_EDGES = np.array([0.005, 0.02, 0.1, 0.3, 0.7], np.float32)
"""Probabilities between the levels of surprise; they are 5.3, 3.9, 2.3, 1.2 and 0.4 nats."""
CALMEST, PROMPT = 5, 6
"""Levels: 0 (most surprising) to 5 (as expected), and that of the prompt."""


class Readable(Protocol):
    """What a reader needs of a lane: that of a sampler, or a recorded one."""

    @property
    def position(self) -> int: ...
    @property
    def edits(self) -> int: ...
    @property
    def prompt(self) -> str: ...
    @property
    def prompt_end(self) -> int: ...
    def read(self, position: int = 0, edits: int | None = None) -> Span: ...
    def symbols(self, span: Span) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """New text: it replaces what stands from character `place` on; with `anew` it replaces everything.

    `levels` has one level a character, see `CALMEST` and `PROMPT`.
    """

    place: int
    text: str
    levels: bytes
    anew: bool = False


class Reader:
    """One viewer's place in a lane. Places count characters, also where a symbol is a word."""

    def __init__(self, lane: Readable, kept: int = KEPT) -> None:
        self.lane = lane
        self._kept = kept
        self._edits: int | None = None
        self._first = 0
        self._places = array("q", [0])

    @property
    def _position(self) -> int:
        return self._first + len(self._places) - 1

    def pull(self) -> Change | None:
        """What has changed since the last pull, None if nothing; `kept` symbols at most."""
        lane = self.lane
        if self._edits == lane.edits and self._position == lane.position:
            return None
        anew = self._edits is None or lane.position - self._position > self._kept
        span = lane.read(lane.position if anew else self._position, self._edits)
        anew = anew or span.is_anew or not self._first <= span.start <= self._position
        if anew:
            span = lane.read(max(self._blank_prompt(), lane.position - self._kept))
        symbols = lane.symbols(span)
        if anew:
            self._first = span.start
            self._places = array("q", [0])
        else:
            del self._places[span.start - self._first + 1 :]
        start = self._places[-1]
        lengths = array("q", map(len, symbols))
        self._places.extend((np.cumsum(lengths, dtype=np.int64) + start).tolist() if symbols else ())
        self._edits = span.edits
        if len(self._places) > 4 * self._kept:
            cut = len(self._places) - 2 * self._kept
            self._first += cut
            del self._places[:cut]
        return Change(start, "".join(symbols), _levels(span.probabilities, lengths), anew)

    def _blank_prompt(self) -> int:
        """Where the text begins that is worth showing: a default prompt of a line feed is not."""
        return self.lane.prompt_end if not self.lane.prompt.strip() else 0


def _levels(probabilities: NDArray[np.float32], lengths: array[int]) -> bytes:
    """A level a character, of symbols with these probabilities (NaN for those of the prompt) and lengths."""
    prompt = np.isnan(probabilities)
    levels = np.searchsorted(SURPRISE_EDGES, np.where(prompt, 1, probabilities), "right").astype(np.uint8)
    levels[prompt] = PROMPT
    return bytes(np.repeat(levels, np.asarray(lengths, np.int64)))
