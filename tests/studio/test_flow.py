"""How far a terminal is behind: a simulated line, with a delay and a rate of its own."""

from __future__ import annotations

import heapq

import pytest

from studio.flow import FIRST, HOPE, LEAST, MOST, PATIENCE, QUESTION, STEP, Flow


class Line:
    """A line that carries `rate` bytes a second, and takes `delay` seconds there and back."""

    def __init__(self, rate: float, delay: float = 0.0) -> None:
        self.now, self.rate, self.delay = 0.0, rate, delay
        self.flow = Flow(lambda: self.now)
        self.free_at = 0.0
        self.answers: list[float] = []
        self.late: list[float] = []

    def write(self, size: int) -> None:
        text = self.flow.given("x" * size)
        self.free_at = max(self.free_at, self.now) + len(text) / self.rate
        self.late.append(self.free_at - self.now)
        if QUESTION in text:
            heapq.heappush(self.answers, self.free_at + self.delay)

    def until(self, moment: float) -> None:
        while self.answers and self.answers[0] <= moment:
            self.now = heapq.heappop(self.answers)
            self.flow.answered()
        self.now = moment

    def fill(self, seconds: float, size: int = 4096) -> int:
        """Write whenever there is room, for so long; how many bytes."""
        before, end = self.flow.written, self.now + seconds
        while self.now < end:
            while not self.flow.is_behind and self.flow.written - before < 50_000_000:
                self.write(size)
            self.until(self.now + 0.005)
        return self.flow.written - before


@pytest.mark.parametrize("delay", [0.001, 0.05, 0.3])
@pytest.mark.parametrize("rate", [50_000, 150_000, 1_000_000])
def test_the_line_is_kept_busy_and_little_waits_on_it(rate: int, delay: float) -> None:
    line = Line(rate, delay)
    line.fill(10.0)
    line.late.clear()
    carried = line.fill(20.0)
    assert carried > 0.6 * rate * 20
    waiting = sorted(line.late)
    assert waiting[len(waiting) // 2] < (0.25 if rate > 3 * LEAST / 0.25 else 0.5)
    assert waiting[-1] < 0.3 + 2 * LEAST / rate


def test_a_quick_line_may_be_given_whole_pictures() -> None:
    line = Line(100_000_000, 0.001)
    line.fill(5.0)
    assert line.flow.window == MOST


def test_questions_come_every_few_kilobytes_and_count_bytes() -> None:
    line = Line(1e9)
    assert line.flow.given("é" * (STEP // 2 - 1)).endswith("é")
    assert line.flow.given("é").endswith("é" + QUESTION)
    line.flow.answered()
    assert line.flow.written == STEP
    assert line.flow.given("x" * (STEP - 1)) == "x" * (STEP - 1)


def test_a_terminal_that_never_answers_is_asked_once_and_waited_for_once() -> None:
    line = Line(1e-9)
    asked = [QUESTION in line.flow.given("x" * STEP) for _ in range(50)]
    assert asked == [True] + [False] * 49
    assert line.flow.is_behind
    assert line.flow.is_waited_for
    line.now = HOPE + 0.1
    assert not line.flow.is_behind
    assert not line.flow.is_waited_for
    line.now = PATIENCE + 1
    assert not line.flow.is_behind
    assert QUESTION not in line.flow.given("x" * STEP)


def test_an_answer_that_is_lost_is_waited_for_so_long_and_no_longer() -> None:
    line = Line(1e9)
    line.flow.given("x" * STEP)
    line.flow.answered()
    line.flow.given("x" * FIRST)
    assert line.flow.is_behind
    line.now = PATIENCE + 1
    assert not line.flow.is_behind
    assert line.flow.given("x" * STEP).endswith(QUESTION)
    line.flow.answered()
    line.flow.answered()  # a key that looks like an answer
    assert line.flow.under_way == 0


def test_nothing_is_asked_once_it_is_closed() -> None:
    line = Line(1e9)
    line.flow.close()
    assert QUESTION not in line.flow.given("x" * STEP)
    line.flow.open()
    assert QUESTION in line.flow.given("x")
