"""The symbols of a lane, written by one thread and read by others."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.text.sampler.history import CUTS_KEPT, History, Span

LIMIT = 40


class Viewer:
    """Keeps a copy of a history by reading only what changed."""

    def __init__(self) -> None:
        self.start = self.end = 0
        self.edits = 0
        self.symbols: list[int] = []

    def look(self, history: History) -> None:
        span = history.read(self.end, self.edits)
        if span.is_anew or span.start > self.end or span.start < self.start:
            self.symbols, self.start = [], span.start
        self.symbols = self.symbols[: span.start - self.start] + span.ids.tolist()
        self.end, self.edits = span.end, span.edits


class Story(RuleBasedStateMachine):
    """A history and the plain list that it stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History(LIMIT)
        self.all: list[int] = []
        self.eager, self.lazy = Viewer(), Viewer()

    @rule(symbols=st.lists(st.integers(0, 99), max_size=30))
    def write(self, symbols: list[int]) -> None:
        for symbol in symbols:
            assert self.history.append(symbol, symbol / 100) == len(self.all) + 1
            self.all.append(symbol)

    @rule(back=st.integers(0, 20))
    def cut(self, back: int) -> None:
        end = max(self.history.start, len(self.all) - back)
        self.history.cut(end)
        del self.all[end:]

    @rule(symbols=st.lists(st.integers(0, 99), max_size=LIMIT))
    def reset(self, symbols: list[int]) -> None:
        ids = np.array(symbols, np.int32)
        self.history.reset(0, ids, ids.astype(np.float32) / 100)
        self.all = list(symbols)

    @rule()
    def copy(self) -> None:
        edits = self.history.edits
        self.history = self.history.copy()
        assert self.history.edits == 0
        if edits:
            self.eager, self.lazy = Viewer(), Viewer()

    @rule()
    def look(self) -> None:
        self.lazy.look(self.history)
        self.check(self.lazy)

    @invariant()
    def holds_the_newest(self) -> None:
        span = self.history.read()
        assert span.end == self.history.end == len(self.all)
        assert span.start == self.history.start
        assert len(span.ids) <= LIMIT
        assert span.ids.tolist() == self.all[span.start :]
        np.testing.assert_allclose(span.probabilities, np.array(self.all[span.start :]) / 100, rtol=1e-6)

    @invariant()
    def can_be_followed(self) -> None:
        self.eager.look(self.history)
        self.check(self.eager)

    def check(self, viewer: Viewer) -> None:
        assert viewer.symbols == self.all[viewer.start :]
        assert viewer.end == len(self.all)


TestStory = Story.TestCase


def test_a_reader_is_told_when_what_it_has_was_replaced_and_dropped_since() -> None:
    history, viewer = History(LIMIT), Viewer()
    history.reset(0, np.arange(10, dtype=np.int32), np.zeros(10, np.float32))
    viewer.look(history)
    history.reset(0, np.full(LIMIT, 7, np.int32), np.zeros(LIMIT, np.float32))
    for _ in range(5):
        history.append(8, 0.5)
    assert history.start == viewer.end == 10
    viewer.look(history)
    assert (viewer.start, set(viewer.symbols)) == (10, {7, 8})


@given(st.integers(-5, 30))
def test_any_tail_can_be_read(start: int) -> None:
    history = History(LIMIT)
    for symbol in range(20):
        history.append(symbol, 0.5)
    assert history.read(start).ids.tolist() == list(range(max(0, start), 20))


def test_a_viewer_that_missed_too_many_cuts_reads_everything() -> None:
    history, viewer = History(LIMIT), Viewer()
    for symbol in range(30):
        history.append(symbol, 0.5)
    viewer.look(history)
    for _ in range(CUTS_KEPT + 1):
        history.cut(29)
        history.append(77, 0.5)
    span = history.read(viewer.end, viewer.edits)
    assert span.start == 0
    viewer.look(history)
    assert viewer.symbols == [*range(29), 77]


def test_a_reader_in_another_thread_never_sees_half_a_change() -> None:
    """The writer numbers its symbols by position, plus a thousand for each cut, so that a mixture shows."""
    history = History(500)
    done = threading.Event()
    seen: list[Span] = []

    def read() -> None:
        while not done.is_set():
            seen.append(history.read(history.end - 50))
            del seen[:-5000]

    reader = threading.Thread(target=read)
    reader.start()
    for era in range(400):
        for _ in range(60):
            history.append(history.end + 1000 * era, 0.5)
        history.cut(history.end - 30)
    done.set()
    reader.join(30)
    assert seen
    for span in seen:
        positions = np.arange(span.start, span.end)
        assert len(span.ids) == len(positions)
        assert len(span.probabilities) == len(positions)
        eras, rest = np.divmod(span.ids - positions, 1000)
        assert (rest == 0).all()
        assert (np.diff(eras) >= 0).all()
        assert not len(eras) or eras[-1] <= span.edits


def test_a_copy_goes_its_own_way() -> None:
    history = History(LIMIT)
    history.append(1, 0.5)
    other = history.copy()
    other.append(2, 0.5)
    history.append(3, 0.5)
    assert history.read().ids.tolist() == [1, 3]
    assert other.read().ids.tolist() == [1, 2]
