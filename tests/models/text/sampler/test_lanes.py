"""Lanes: what each writes depends on itself alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.text.model import TextModel
from models.text.sampler import Lane, Sampler, Settings
from models.text.vocabulary import UnknownSymbolsError
from tests.models.text.sampler.made import SYMBOLS, arrays, model

MODELS = {
    "lstm": model(),
    "lstm 3 layers": model(layers=3, units=17),
    "gru 2 layers": model(layers=2, units=30, cell="gru"),
    "onehot": model(input="onehot"),
    "exact": model(target="last", stateful=False),
    "exact gru": model(target="last", stateful=False, cell="gru", layers=2),
    "words": model((*SYMBOLS, "the", "cat", "sat"), unit="word"),
}
names = st.sampled_from(sorted(MODELS))
some_settings = st.builds(
    Settings,
    temperature=st.sampled_from([0, 0.3, 1, 1, 1.7]),
    top_k=st.sampled_from([0, 0, 3]),
    top_p=st.sampled_from([1, 1, 0.8]),
    min_p=st.sampled_from([0, 0, 0.1]),
    repetition=st.sampled_from([1, 1, 1.4]),
    no_repeat_ngram=st.sampled_from([0, 0, 2, 5]),
)
seeds = st.integers(0, 2**32 - 1)


def alone(found: TextModel, prompt: str, chosen: Settings, seed: int, count: int) -> Lane:
    sampler = Sampler(found)
    lane = sampler.add(prompt, chosen, seed)
    sampler.step(count=count)
    return lane


def assert_same(lane: Lane, other: Lane) -> None:
    """Text and probabilities to the bit."""
    assert lane.text == other.text
    np.testing.assert_array_equal(lane.read().probabilities, other.read().probabilities)


@settings(max_examples=60)
@given(names, st.lists(st.tuples(some_settings, seeds), min_size=1, max_size=7), st.data())
def test_a_lane_writes_the_same_alone_and_beside_others_whatever_the_pace(
    name: str, chosen: list[tuple[Settings, int]], data: st.DataObject
) -> None:
    found = MODELS[name]
    sampler = Sampler(found)
    lanes = [sampler.add("the cat"[: 1 + index], each, seed) for index, (each, seed) in enumerate(chosen)]
    for _ in range(6):
        sampler.step(data.draw(st.lists(st.sampled_from(lanes), unique_by=id)), count=5)
    sampler.step(count=4)
    for lane in lanes:
        assert_same(lane, alone(found, lane.prompt, lane.settings, lane.seed, lane.position - lane.prompt_end))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("units", [127, 128, 520])
def test_vectors_of_any_width_are_the_same_alone_and_beside_others(cell: str, units: int) -> None:
    found = model(cell=cell, units=units, layers=2)
    sampler = Sampler(found)
    lanes = [sampler.add("the ", Settings(0.4 + 0.3 * (seed % 3)), seed) for seed in range(6)]
    sampler.step(count=60)
    for lane in lanes:
        assert_same(lane, alone(found, "the ", lane.settings, lane.seed, 60))


def test_the_same_seed_gives_the_same_text_and_another_one_another() -> None:
    texts = [alone(MODELS["lstm"], "the ", Settings(), seed, 80).text for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]


def test_random_numbers_are_those_of_numpys_default_generator() -> None:
    """With equal chances for all symbols the draw is the random number itself."""
    even = {name: np.zeros_like(array) for name, array in arrays(MODELS["lstm"].recipe, len(SYMBOLS)).items()}
    flat = TextModel.from_arrays(MODELS["lstm"].recipe, MODELS["lstm"].vocabulary, even)
    lane = alone(flat, "a", Settings(), 123, 5000)
    expected = (np.random.default_rng(123).random(5000) * len(SYMBOLS)).astype(int)
    assert (lane.read(1).ids == expected).mean() > 0.999


def test_temperature_zero_takes_the_first_of_equal_symbols_every_time_t4() -> None:
    weights = {name: np.zeros_like(array) for name, array in arrays(MODELS["lstm"].recipe, len(SYMBOLS)).items()}
    weights["weights/dense/bias"][[4, 9]] = 1
    tied = TextModel.from_arrays(MODELS["lstm"].recipe, MODELS["lstm"].vocabulary, weights)
    assert alone(tied, "a", Settings(temperature=0), 5, 100).written == SYMBOLS[4] * 100


@settings(max_examples=30)
@given(names, some_settings, seeds)
def test_probabilities_are_the_models_own_whatever_the_settings(name: str, chosen: Settings, seed: int) -> None:
    """Each written symbol's is what a lane that is forced along the same text, at temperature 1, shows for it."""
    found = MODELS[name]
    lane = alone(found, "the ", chosen, seed, 12)
    sampler = Sampler(found)
    forced = sampler.add("the ")
    span = lane.read(lane.prompt_end)
    for symbol, probability in zip(lane.symbols(span), span.probabilities, strict=True):
        shown = {each.symbol: each.probability for each in sampler.candidates(forced, 100)}
        assert shown[symbol] == pytest.approx(probability, rel=1e-4, abs=1e-7)
        sampler.choose(forced, symbol)
    np.testing.assert_allclose(forced.probabilities, lane.probabilities, rtol=1e-4, atol=1e-7)


def test_prompt_symbols_have_no_probability() -> None:
    lane = alone(MODELS["lstm"], "the cat", Settings(), 0, 3)
    found = lane.read().probabilities
    assert np.isnan(found[:7]).all()
    assert np.isfinite(found[7:]).all()
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[7:], lane.probabilities)


# Prompts


def test_without_a_prompt_a_lane_begins_with_trained_characters_t1() -> None:
    symbols = tuple(sorted(set("Helloworld!")))
    lane = alone(model(symbols), "", Settings(), 0, 200)
    assert lane.prompt
    assert set(lane.text) <= set(symbols)
    assert len(lane.written) == 200


def test_a_window_reader_begins_with_the_opening_of_its_corpus() -> None:
    weights = arrays(MODELS["exact"].recipe, len(SYMBOLS))
    found = TextModel.from_arrays(MODELS["exact"].recipe, MODELS["exact"].vocabulary, weights, "It was the best of")
    assert found.default_prompt() == "t was the "
    assert Sampler(found).add().prompt == "t was the "


def test_unknown_characters_are_named_and_may_be_left_out_t2() -> None:
    sampler = Sampler(model(("a", "b", "c")))
    with pytest.raises(UnknownSymbolsError, match="'Z', '😀'") as caught:
        sampler.add("aZ😀b")
    assert caught.value.characters == ("Z", "😀")
    assert sampler.lanes == ()
    assert sampler.add("aZ😀b", drop_unknown=True).prompt == "ab"
    assert sampler.add("Z😀", drop_unknown=True).prompt == sampler.model.default_prompt()


def test_a_refused_prompt_leaves_the_lane_as_it_was() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the cat", seed=1)
    sampler.step(count=10)
    text = lane.text
    with pytest.raises(UnknownSymbolsError):
        sampler.edit(lane, "THE CAT")
    sampler.step(count=10)
    assert lane.text.startswith(text)
    assert lane.text == alone(MODELS["lstm"], "the cat", Settings(), 1, 20).text


def test_a_lower_case_model_folds_its_prompt() -> None:
    assert Sampler(model(lowercase=True)).add("The CAT").prompt == "the cat"


def test_editing_the_prompt_begins_again_with_the_same_seed() -> None:
    sampler = Sampler(MODELS["gru 2 layers"])
    lane = sampler.add("the cat", Settings(temperature=0.8), 3)
    sampler.step(count=30)
    sampler.edit(lane, "a dog")
    sampler.step(count=20)
    assert_same(lane, alone(MODELS["gru 2 layers"], "a dog", Settings(temperature=0.8), 3, 20))


# Seeds


def test_restarting_writes_what_a_new_lane_with_that_seed_writes() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ", seed=1)
    sampler.step(count=40)
    sampler.restart(lane, 2)
    sampler.step(count=40)
    assert_same(lane, alone(MODELS["lstm"], "the ", Settings(), 2, 40))
    sampler.restart(lane)
    assert lane.seed != 2
    assert lane.text == "the "


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_that_is_no_whole_number_is_refused(seed: Any) -> None:
    with pytest.raises(UserError, match="seed"):
        Sampler(MODELS["lstm"]).add(seed=seed)


# Branches


@pytest.mark.parametrize("name", ["lstm", "exact"])
def test_a_branch_shares_the_text_and_goes_its_own_way(name: str) -> None:
    sampler = Sampler(MODELS[name])
    first = sampler.add("the ", seed=1)
    last = sampler.add("it ", seed=5)
    sampler.step(count=30)
    branch = sampler.branch(first)
    seeded = sampler.branch(first, seed=9)
    again = sampler.branch(first, seed=1)
    assert sampler.lanes == (first, again, seeded, branch, last)
    assert_same(branch, first)
    sampler.step(count=40)
    assert branch.text[:34] == first.text[:34]
    assert len({lane.text for lane in (first, branch, seeded)}) == 3
    assert_same(again, first)
    assert_same(first, alone(MODELS[name], "the ", Settings(), 1, 70))
    assert_same(last, alone(MODELS[name], "it ", Settings(), 5, 70))


def test_branches_of_one_lane_differ_from_each_other() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ", seed=1)
    for _ in range(3):
        sampler.branch(lane)
    sampler.step(count=40)
    assert len({each.text for each in sampler.lanes}) == 4


def test_removing_a_lane_leaves_the_others_alone() -> None:
    sampler = Sampler(MODELS["lstm 3 layers"])
    lanes = [sampler.add("the ", seed=seed) for seed in range(4)]
    sampler.step(count=20)
    sampler.remove(lanes[1])
    sampler.step(count=20)
    assert len(lanes[1].written) == 20
    for seed in (0, 2, 3):
        assert_same(lanes[seed], alone(MODELS["lstm 3 layers"], "the ", Settings(), seed, 40))
    with pytest.raises(UserError, match="no longer"):
        sampler.take_back(lanes[1])
    assert sampler.step([lanes[1]]) == 0


# Taking back


@settings(max_examples=40)
@given(names, some_settings, seeds, st.integers(1, 150), st.lists(st.integers(0, 60), min_size=1, max_size=4))
def test_taking_back_restores_the_lane_to_the_bit(
    name: str, chosen: Settings, seed: int, count: int, steps: list[int]
) -> None:
    sampler = Sampler(MODELS[name])
    lane = sampler.add("the ", chosen, seed)
    other = sampler.add("it ", Settings(), seed)
    sampler.step(count=count)
    text, candidates = lane.text, sampler.candidates(lane, 50)
    for back in steps:
        taken = sampler.take_back(lane, back)
        assert taken == min(back, count)
        sampler.step([lane], count=taken)
        assert lane.text == text
        assert sampler.candidates(lane, 50) == candidates
    assert_same(lane, alone(MODELS[name], "the ", chosen, seed, count))
    assert_same(other, alone(MODELS[name], "it ", Settings(), seed, count))


def test_going_back_thousands_of_symbols_is_as_exact() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ", seed=1)
    sampler.step(count=9000)
    text = lane.text
    for back in (700, 3000, 8999, 9000, 20_000):
        sampler.take_back(lane, back)
        assert lane.text == text[: max(4, len(text) - back)]
        sampler.step(count=9004 - lane.position)
        assert lane.text == text


def test_the_prompt_cannot_be_taken_back() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ")
    sampler.step(count=3)
    assert sampler.take_back(lane, 10) == 3
    assert sampler.take_back(lane, 10) == 0
    assert sampler.take_back(lane, -1) == 0
    assert lane.text == "the "


def test_redrawing_gives_another_text_from_the_same_place() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ", seed=1)
    sampler.step(count=40)
    first = lane.text
    texts = {first}
    for _ in range(3):
        sampler.take_back(lane, 30, redraw=True)
        assert lane.text == first[:14]
        sampler.step(count=30)
        texts.add(lane.text)
    assert len(texts) == 4


def test_taking_back_counts_words_where_the_unit_is_a_word() -> None:
    sampler = Sampler(MODELS["words"])
    lane = sampler.add("the cat")
    for symbol in (" ", "sat", "the"):
        sampler.choose(lane, symbol)
    assert lane.text == "the cat satthe"
    assert lane.position == 6
    sampler.take_back(lane, 2)
    assert lane.text == "the cat "


# Choosing


@pytest.mark.parametrize("name", ["lstm", "exact", "words"])
def test_choosing_a_symbol_writes_it_and_goes_on_from_it(name: str) -> None:
    sampler = Sampler(MODELS[name])
    lane = sampler.add("the ", seed=1)
    prompted = sampler.add("the c", seed=1)
    chance = {each.symbol: each.probability for each in sampler.candidates(lane, 100)}["c"]
    sampler.choose(lane, "c")
    assert lane.written == "c"
    assert lane.probabilities[0] == pytest.approx(chance, rel=1e-5)
    assert sampler.candidates(lane, 100) == sampler.candidates(prompted, 100)


def test_only_one_symbol_of_the_model_can_be_chosen() -> None:
    sampler = Sampler(MODELS["lstm"])
    lane = sampler.add("the ")
    with pytest.raises(UnknownSymbolsError, match="'Z'"):
        sampler.choose(lane, "Z")
    with pytest.raises(UserError, match="not one symbol"):
        sampler.choose(lane, "cat")
    with pytest.raises(UserError, match="not one symbol"):
        sampler.choose(lane, "")
    assert lane.written == ""


@settings(max_examples=40)
@given(names, some_settings, st.integers(1, 40))
def test_candidates_are_what_the_settings_leave_most_probable_first(name: str, chosen: Settings, count: int) -> None:
    sampler = Sampler(MODELS[name])
    lane = sampler.add("the cat", chosen, 0)
    found = sampler.candidates(lane, count)
    chances = [each.probability for each in found]
    assert 0 < len(found) <= count
    assert chances == sorted(chances, reverse=True)
    assert sum(each.probability for each in sampler.candidates(lane, 100)) == pytest.approx(1, abs=1e-5)
    allowed = {each.symbol for each in sampler.candidates(lane, 100)}
    for seed in range(20):
        sampler.restart(lane, seed)
        sampler.step()
        assert lane.symbols(lane.read(lane.prompt_end))[0] in allowed


# Weights that are no good


def test_weights_that_overflow_are_an_error_and_write_nothing() -> None:
    weights = arrays(MODELS["lstm"].recipe, len(SYMBOLS))
    weights["weights/dense/kernel"][:] = 3e38
    weights["weights/dense/kernel"][::2] *= -1
    sampler = Sampler(TextModel.from_arrays(MODELS["lstm"].recipe, MODELS["lstm"].vocabulary, weights))
    lane = sampler.add("the ")
    for attempt in (
        sampler.step,
        lambda: sampler.candidates(lane),
        lambda: sampler.choose(lane, "a"),
    ):
        with pytest.raises(UserError, match="not a finite number"):
            attempt()
    assert lane.written == ""
