"""The symbols of a lane: appended to by the thread that steps, read by any other without a lock."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CUTS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Symbols `start`..`end`-1 of a lane, counted from its first one, as they were after `edits` edits.

    `is_anew` says that nothing stands of what a reader may have from before `start`.
    """

    start: int
    end: int
    edits: int
    ids: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    is_anew: bool = False


class History:
    """Ids and probabilities of the newest symbols, `limit` at most; positions count from the first symbol ever.

    One thread at a time may change it. Readers are safe at any time: `end` never runs ahead of the symbols, a trim
    puts new arrays in place rather than shifting the old ones, and a cut counts `edits` up so that a reader caught in
    the middle reads again.
    """

    __slots__ = ("_cuts", "_limit", "_stored", "edits", "end")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stored = 0, array("i"), array("f")
        self._cuts: deque[tuple[int, int]] = deque(maxlen=CUTS_KEPT)
        self.end = 0
        self.edits = 0

    @property
    def start(self) -> int:
        """The position of the oldest symbol kept."""
        return self._stored[0]

    def append(self, symbol: int, probability: float) -> int:
        """Add a symbol; returns the new end."""
        _, ids, probabilities = self._stored
        if len(ids) >= self._limit:
            self._trim()
            _, ids, probabilities = self._stored
        probabilities.append(probability)
        ids.append(symbol)
        self.end += 1
        return self.end

    def _trim(self) -> None:
        """Drop the oldest quarter."""
        start, ids, probabilities = self._stored
        drop = max(1, self._limit // 4)
        self._stored = start + drop, ids[drop:], probabilities[drop:]

    def cut(self, end: int) -> None:
        """Forget the symbols from position `end` on; `start` <= end <= `self.end`."""
        start, ids, probabilities = self._stored
        self.end = end
        self.edits += 1
        self._cuts.append((self.edits, end))
        del ids[end - start :], probabilities[end - start :]

    def reset(self, start: int, ids: NDArray[np.int32], probabilities: NDArray[np.float32]) -> None:
        """Hold other symbols altogether, the first of them at position `start`.

        Those who follow this history need `start` 0 and `limit` symbols at most: they take it that what lies before
        a span still stands.
        """
        drop = max(0, len(ids) - self._limit)
        start += drop
        self.end = 0
        self.edits += 1
        self._cuts.append((self.edits, 0))
        self._stored = (
            start,
            array("i", ids[drop:].astype(np.int32).tobytes()),
            array("f", probabilities[drop:].astype(np.float32).tobytes()),
        )
        self.end = start + len(ids) - drop

    def copy(self) -> History:
        """A history that holds the same and goes its own way."""
        other = History(self._limit)
        start, ids, probabilities = self._stored
        other._stored = start, ids[:], probabilities[:]
        other.end = start + len(ids)
        return other

    def read(self, start: int = 0, edits: int | None = None) -> Span:
        """The symbols from position `start` on, as far as they are kept.

        A reader that passes the `edits` of its last Span gets all that changed since: the span then begins before
        `start` if symbols there were cut, and replaces what the reader has from there on.
        """
        while True:
            now = self.edits
            last = self.end
            first, ids, probabilities = self._stored
            lowest = start if edits is None or edits == now else self._lowest_cut(edits, now)
            begin = min(start, lowest)
            last = max(last, first)
            begin = min(max(begin, first), last)
            some, others = ids[begin - first : last - first], probabilities[begin - first : last - first]
            if now == self.edits and len(some) == len(others) == last - begin:
                symbols, chances = np.array(some, np.int32), np.array(others, np.float32)
                return Span(begin, begin + len(some), now, symbols, chances, lowest < min(start, first))

    def _lowest_cut(self, edits: int, now: int) -> int:
        """The lowest position that cuts after the first `edits` ones reached."""
        cuts = [position for count, position in list(self._cuts) if count > edits]
        return min(cuts) if len(cuts) >= now - edits else 0
