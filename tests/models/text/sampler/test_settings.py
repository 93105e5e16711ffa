"""Settings: their bounds, and what happens when they change between two symbols."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UsageError
from models.text.sampler import Lane, Sampler, Settings
from tests.models.text.sampler.made import SYMBOLS, model

MODEL = model()
WORDS = model((*SYMBOLS, "the", "cat", "sat"), unit="word")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 10.1),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", "hot"),
        ("top_k", -1),
        ("top_k", 2.5),
        ("top_p", 0),
        ("top_p", 1.1),
        ("min_p", -0.1),
        ("min_p", 2),
        ("repetition", 0),
        ("repetition", 11),
        ("repetition_window", -1),
        ("no_repeat_ngram", 1),
        ("no_repeat_ngram", 257),
        ("no_repeat_ngram", 3.5),
        ("length", -1),
        ("length", True),
        ("stop", 3),
    ],
)
def test_a_setting_out_of_bounds_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name}: must be"):
        Settings(**{name: value})


def test_settings_survive_json() -> None:
    found = Settings(0.7, 40, 0.9, 0.05, 1.2, 32, 100, "\n\n", 24)
    assert Settings.from_json(json.loads(json.dumps(found.to_json()))) == found
    with pytest.raises(UsageError, match="'heat'"):
        Settings.from_json({"heat": 1})


def forced(text: str, chosen: Settings, found: Any = MODEL) -> Lane:
    """A lane that is made to write `text`, symbol by symbol, until it ends."""
    sampler = Sampler(found)
    lane = sampler.add("a", chosen, 0)
    for symbol in found.vocabulary.decode(found.vocabulary.encode(text)) if found is MODEL else text.split("|"):
        if lane.ended:
            break
        sampler.choose(lane, symbol)
    return lane


def test_a_length_ends_the_lane_and_a_longer_one_lets_it_go_on() -> None:
    sampler = Sampler(MODEL)
    lane, endless = sampler.add("the ", Settings(length=5), 1), sampler.add("the ", Settings(), 1)
    assert sampler.step(count=8) == 13
    assert lane.ended == "length"
    assert len(lane.written) == 5
    assert endless.ended is None
    lane.settings = replace(lane.settings, length=7)
    assert lane.ended is None
    sampler.step([lane], count=9)
    assert lane.text == endless.text[:11]
    sampler.take_back(lane)
    assert lane.ended is None
    lane.settings = replace(lane.settings, length=2)
    assert lane.ended == "length"
    assert sampler.step([lane]) == 0


def test_a_length_of_zero_writes_nothing() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("the ", Settings(length=0))
    assert sampler.step(count=3) == 0
    assert lane.ended == "length"


def test_a_stop_text_ends_the_lane_when_it_is_complete() -> None:
    lane = forced("the cat sat", Settings(stop="cat"))
    assert lane.ended == "stop"
    assert lane.written == "the cat"


def test_a_stop_text_in_the_prompt_or_half_in_it_does_not_count() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("the cat ca", Settings(stop="cat"), 0)
    sampler.choose(lane, "t")
    assert lane.ended is None
    for symbol in "cat":
        sampler.choose(lane, symbol)
    assert lane.ended == "stop"


def test_taking_back_or_another_stop_text_lets_the_lane_go_on() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("a", Settings(stop="cat"), 0)
    for symbol in "cat":
        sampler.choose(lane, symbol)
    sampler.take_back(lane)
    assert lane.ended is None
    sampler.choose(lane, "t")
    assert lane.ended == "stop"
    lane.settings = replace(lane.settings, stop="dog")
    assert lane.ended is None
    assert sampler.step([lane]) == 1


@pytest.mark.parametrize(("stop", "written"), [("ca", "the| |cat"), ("e c", "the| |cat"), ("tt", "cat|the")])
def test_a_stop_text_may_lie_inside_and_across_words(stop: str, written: str) -> None:
    lane = forced(written + "|sat|sat", Settings(stop=stop), WORDS)
    assert lane.ended == "stop"
    assert lane.written == written.replace("|", "")


@given(st.text("ab", min_size=1, max_size=4), st.text("ab", max_size=30))
def test_a_stop_text_is_found_where_it_first_ends(stop: str, text: str) -> None:
    lane = forced(text, Settings(stop=stop))
    end = text.find(stop)
    assert lane.written == (text if end < 0 else text[: end + len(stop)])


def test_settings_assigned_between_two_symbols_hold_from_the_next_one_on() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("the ", Settings(temperature=2), 1)
    for _ in range(20):
        lane.settings = Settings(temperature=2)
        sampler.step(count=3)
        best = sampler.candidates(lane, 1)[0].symbol
        lane.settings = Settings(temperature=0)
        sampler.step()
        assert lane.text[-1] == best


@settings(max_examples=30)
@given(st.sampled_from([0.5, 1, 2]), st.sampled_from([0.5, 1, 2]), st.integers(1, 40), st.integers(1, 40))
def test_a_change_of_settings_leaves_what_was_written_and_the_other_lanes(
    before: float, after: float, first: int, then: int
) -> None:
    sampler = Sampler(MODEL)
    lane, other = sampler.add("the ", Settings(before), 1), sampler.add("the ", Settings(before), 1)
    sampler.step(count=first)
    text = lane.text
    lane.settings = Settings(after)
    sampler.step(count=then)
    assert lane.text.startswith(text)
    assert other.text.startswith(text)
    if before == after:
        assert lane.text == other.text


@pytest.mark.parametrize("size", [2, 4, 9])
@pytest.mark.parametrize("heat", [0, 0.3, 1])
def test_no_ngram_comes_twice_among_the_last_512_symbols(size: int, heat: float) -> None:
    sampler = Sampler(MODEL)
    free, held = sampler.add("the ", Settings(heat), 1), sampler.add("the ", Settings(heat, no_repeat_ngram=size), 1)
    sampler.step(count=90)
    assert repeats(held.text, size) == 0
    if heat == 0:
        assert repeats(free.text, size) > 0


def repeats(text: str, size: int) -> int:
    grams = [text[place : place + size] for place in range(len(text) - size + 1)]
    return len(grams) - len(set(grams))


def test_where_every_symbol_would_be_forbidden_the_lane_goes_on() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("a", Settings(0.5, no_repeat_ngram=2), 3)
    sampler.step(count=len(SYMBOLS) ** 2 + 50)
    assert lane.written_symbols == len(SYMBOLS) ** 2 + 50


def test_a_strong_repetition_penalty_keeps_symbols_from_coming_back() -> None:
    sampler = Sampler(MODEL)
    free, held = sampler.add("the ", Settings(0.5), 1), sampler.add("the ", Settings(0.5, repetition=10), 1)
    sampler.step(count=25)
    assert len(set(held.written)) > len(set(free.written))


def test_only_the_last_symbols_are_penalised() -> None:
    sampler = Sampler(MODEL)
    narrow = sampler.add("aaaabbbbcc", Settings(repetition=3, repetition_window=2))
    plain = sampler.add("aaaabbbbcc")

    def ratio(symbol: str) -> float:
        odds = [{c.symbol: c.probability for c in sampler.candidates(lane, 99)} for lane in (narrow, plain)]
        return (odds[0][symbol] / odds[0]["z"]) / (odds[1][symbol] / odds[1]["z"])

    assert ratio("a") == pytest.approx(1, rel=1e-3)
    assert ratio("c") < 0.5
