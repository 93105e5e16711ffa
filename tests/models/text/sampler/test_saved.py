"""Lanes as JSON: saved, restored, and refused where they are damaged."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptFileError, UsageError, UserError
from models.text.model import TextModel
from models.text.sampler import Sampler, Settings
from tests.models.text.sampler.made import SYMBOLS, model
from tests.models.text.sampler.test_lanes import MODELS, assert_same, names, seeds, some_settings


def saved(found: TextModel, count: int = 20, **chosen: Any) -> dict[str, Any]:
    sampler = Sampler(found)
    lane = sampler.add("the ", Settings(**chosen), 1)
    sampler.step(count=count)
    data: dict[str, Any] = json.loads(json.dumps(lane.save(), allow_nan=False))
    return data


@settings(max_examples=40)
@given(names, some_settings, seeds, st.integers(0, 60), st.integers(0, 20), st.booleans())
def test_a_restored_lane_goes_on_with_exactly_the_same_text(
    name: str, chosen: Settings, seed: int, count: int, back: int, redraw: bool
) -> None:
    sampler, other = Sampler(MODELS[name]), Sampler(MODELS[name])
    lane = sampler.add("the cat", chosen, seed)
    sampler.step(count=count)
    sampler.take_back(lane, back, redraw=redraw)
    branch = sampler.branch(lane)
    restored = [other.load(json.loads(json.dumps(each.save(), allow_nan=False))) for each in (lane, branch)]
    for each, again in zip((lane, branch), restored, strict=True):
        assert_same(again, each)
        assert other.candidates(again, 50) == sampler.candidates(each, 50)
        for name_ in ("prompt", "prompt_end", "settings", "seed", "stream", "ended", "written", "position"):
            assert getattr(again, name_) == getattr(each, name_), name_
    sampler.step(count=30)
    other.step(count=30)
    for each, again in zip((lane, branch), restored, strict=True):
        assert_same(again, each)
        sampler.take_back(each, 45)
        other.take_back(again, 45)
        assert other.candidates(again, 50) == sampler.candidates(each, 50)


def test_the_text_is_there_for_readers_without_the_model() -> None:
    data = saved(MODELS["lstm"])
    assert data["text"].startswith("the ")
    assert len(data["text"]) == 24


def test_an_ended_lane_is_restored_as_ended() -> None:
    for chosen in ({"length": 5}, {"stop": "t"}):
        data = saved(MODELS["lstm"], 400, **chosen)
        lane = Sampler(MODELS["lstm"]).load(data)
        assert lane.ended == next(iter(chosen))
        assert lane.text == data["text"]


def test_a_lane_of_a_text_that_outgrew_its_memory_is_restored() -> None:
    sampler, other = (Sampler(MODELS["lstm"], keep=1024) for _ in range(2))
    lane = sampler.add("the ", seed=1)
    sampler.step(count=3000)
    again = other.load(lane.save())
    assert again.start == lane.start > 0
    sampler.step(count=100)
    other.step(count=100)
    assert_same(again, lane)


def test_a_model_of_another_shape_reads_the_text_again() -> None:
    bigger = model(units=33)
    sampler = Sampler(bigger)
    lane = sampler.load(saved(MODELS["lstm"]))
    assert sampler.candidates(lane, 50) == sampler.candidates(sampler.add(lane.text), 50)


def test_an_extended_vocabulary_restores_lanes_of_the_one_it_extends() -> None:
    data = saved(MODELS["lstm"])
    longer = model((*SYMBOLS, "ä"))
    assert Sampler(longer).load(data).text == data["text"]
    with pytest.raises(UsageError, match="another vocabulary"):
        Sampler(MODELS["lstm"]).load(saved(longer))


def test_another_vocabulary_is_refused() -> None:
    with pytest.raises(UsageError, match="another vocabulary"):
        Sampler(model(tuple(reversed(SYMBOLS)))).load(saved(MODELS["lstm"]))


@pytest.mark.parametrize("data", [{}, [], None, "lane", 3, {"version": 1}])
def test_what_is_no_saved_lane_is_refused(data: Any) -> None:
    with pytest.raises(CorruptFileError):
        Sampler(MODELS["lstm"]).load(data)


def test_a_lane_of_a_newer_studio_is_refused() -> None:
    with pytest.raises(UsageError, match="version 2"):
        Sampler(MODELS["lstm"]).load(saved(MODELS["lstm"]) | {"version": 2})


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just("eJwDAAAAAAE="),
)


@settings(max_examples=150)
@given(st.sampled_from(sorted(saved(MODELS["lstm"]))), junk)
def test_damaged_data_is_refused_or_harmless_and_adds_no_broken_lane(key: str, value: Any) -> None:
    sampler = Sampler(MODELS["lstm"])
    data = saved(MODELS["lstm"])
    message = ""
    try:
        sampler.load(data | {key: value})
    except UserError as error:
        message = str(error)
    assert message.isprintable()
    assert len(sampler.lanes) == (0 if message else 1)
    sampler.step(count=3)
    for lane in sampler.lanes:
        sampler.take_back(lane, 30)
        assert set(lane.text) <= set(SYMBOLS)


def test_a_missing_part_is_refused() -> None:
    data = saved(MODELS["lstm"])
    for key in data:
        rest = {name: value for name, value in data.items() if name != key}
        if key == "text":
            continue
        with pytest.raises(CorruptFileError):
            Sampler(MODELS["lstm"]).load(rest)


def test_state_that_is_not_finite_is_refused() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ", seed=1)
    sampler._engine.lane_state(0).memory[...] = np.nan
    with pytest.raises(CorruptFileError, match="not finite"):
        Sampler(MODELS["lstm"]).load(lane.save())
