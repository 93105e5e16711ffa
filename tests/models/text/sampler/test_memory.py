"""Endless text in bounded memory."""

from __future__ import annotations

import tracemalloc

import pytest

from models.errors import UsageError
from models.text.sampler import Sampler, Settings
from tests.models.text.sampler.made import model

MODEL = model()


def test_five_thousand_characters_cost_next_to_nothing_t12() -> None:
    sampler = Sampler(model(units=128))
    lane = sampler.add("the ", seed=1)
    sampler.step(count=100)
    tracemalloc.start()
    sampler.step(count=5000)
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lane.position == 5104
    assert grown < 2_000_000
    assert peak < 4_000_000


def test_memory_is_flat_once_the_text_has_outgrown_it() -> None:
    sampler = Sampler(MODEL, keep=2048)
    sampler.add("the ", seed=1)
    sampler.step(count=12_000)
    tracemalloc.start()
    sampler.step(count=20_000)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000


def test_the_oldest_text_is_dropped_and_positions_go_on_counting() -> None:
    sampler, whole = Sampler(MODEL, keep=1024), Sampler(MODEL)
    lane, other = sampler.add("the ", Settings(0.8), 1), whole.add("the ", Settings(0.8), 1)
    for _ in range(50):
        sampler.step(count=97)
        whole.step(count=97)
        assert lane.position == other.position
        assert len(lane.text) <= 1024
        assert lane.text == other.text[lane.start :]
        assert lane.text_since(lane.position - 10) == other.text[-10:]
    assert lane.start > 3000
    assert lane.text_since(0) == lane.text
    assert lane.written == lane.text
    assert len(lane.probabilities) == len(lane.text)


@pytest.mark.parametrize("knobs", [{}, {"target": "last", "stateful": False}])
def test_taking_back_is_exact_within_what_is_kept(knobs: dict[str, object]) -> None:
    sampler = Sampler(model(**knobs), keep=1024)
    lane = sampler.add("the ", Settings(0.8), 1)
    sampler.step(count=3000)
    text = lane.text
    for back in (1, 31, 32, 33, 200, 400):
        assert sampler.take_back(lane, back) == back
        sampler.step(count=back)
        assert lane.text == text


def test_no_more_can_be_taken_back_than_is_kept() -> None:
    sampler = Sampler(MODEL, keep=1024)
    lane = sampler.add("the ", seed=1)
    sampler.step(count=3000)
    kept = len(lane.text)
    assert sampler.take_back(lane, 5000) == kept - 1
    assert len(lane.text) == 1
    assert sampler.step(count=10) == 10
    assert len(lane.text) == 11


def test_a_prompt_longer_than_what_is_kept_loses_its_beginning() -> None:
    sampler = Sampler(MODEL, keep=1024)
    lane = sampler.add("the cat " * 500, seed=1)
    assert lane.position == lane.prompt_end == 1024
    assert lane.text == lane.prompt == ("the cat " * 500)[-1024:]
    sampler.step(count=10)
    assert len(lane.written) == 10
    text = lane.text
    sampler.take_back(lane, 3)
    sampler.step(count=3)
    assert lane.text == text


def test_a_memory_too_small_to_read_a_text_again_is_refused() -> None:
    with pytest.raises(UsageError, match="keep"):
        Sampler(MODEL, keep=100)
