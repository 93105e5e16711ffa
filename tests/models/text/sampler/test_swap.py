"""New weights in lanes that go on writing."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from models.errors import UsageError
from models.text.model import TextModel
from models.text.sampler import Sampler, Settings
from models.text.vocabulary import Vocabulary
from tests.models.text.sampler.made import SYMBOLS, arrays, model

MODEL, OTHER = model(layers=2), model(layers=2, seed=1)


def extended(found: TextModel) -> TextModel:
    """The model with two more symbols, which it takes for impossible."""
    weights = arrays(found.recipe, len(SYMBOLS))
    weights["weights/embedding"] = np.concatenate([weights["weights/embedding"], np.zeros((2, 8), np.float32)])
    kernel = weights["weights/dense/kernel"]
    weights["weights/dense/kernel"] = np.concatenate([kernel, np.zeros((len(kernel), 2), np.float32)], axis=1)
    weights["weights/dense/bias"] = np.concatenate([weights["weights/dense/bias"], np.full(2, -1e4, np.float32)])
    return TextModel.from_arrays(found.recipe, found.vocabulary.extended("äö"), weights)


@pytest.mark.parametrize("knobs", [{"layers": 2}, {"target": "last", "stateful": False}, {"cell": "gru"}])
def test_the_same_weights_make_no_difference(knobs: dict[str, object]) -> None:
    found = model(**knobs)
    sampler, untouched = Sampler(found), Sampler(found)
    for each in (sampler, untouched):
        each.add("the ", Settings(0.8), 1)
        each.add("it ", Settings(0), 2)
    for _ in range(5):
        sampler.step(count=13)
        sampler.swap(found)
    untouched.step(count=65)
    for lane, other in zip(sampler.lanes, untouched.lanes, strict=True):
        assert lane.text == other.text
        np.testing.assert_array_equal(lane.probabilities, other.probabilities)


def test_new_weights_go_on_from_the_state_that_the_old_ones_left() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("the ", Settings(0.8), 1)
    sampler.step(count=20)
    text, before = lane.text, sampler.candidates(lane, 5)
    sampler.swap(OTHER)
    assert sampler.model is OTHER
    assert lane.text == text
    after = sampler.candidates(lane, 5)
    reread = Sampler(OTHER)
    assert after != before
    assert after != reread.candidates(reread.add(text, Settings(0.8)), 5)
    sampler.step(count=20)
    assert lane.text.startswith(text)
    assert len(lane.text) == len(text) + 20


@pytest.mark.parametrize("knobs", [{"units": 31}, {"layers": 1}, {"layers": 2, "cell": "gru"}])
def test_weights_of_another_shape_read_the_text_again(knobs: dict[str, object]) -> None:
    new = model(**knobs)
    sampler, other = Sampler(MODEL), Sampler(new)
    lane = sampler.add("the ", Settings(0.8), 1)
    sampler.step(count=200)
    sampler.swap(new)
    assert sampler.candidates(lane, 50) == other.candidates(other.add(lane.text, Settings(0.8)), 50)


def test_a_window_is_read_again_with_the_new_weights() -> None:
    old, new = (model(target="last", stateful=False, seed=seed) for seed in (0, 1))
    sampler, other = Sampler(old), Sampler(new)
    lane = sampler.add("the ", seed=1)
    sampler.step(count=26)
    sampler.swap(new)
    assert sampler.candidates(lane, 50) == other.candidates(other.add(lane.text), 50)


def test_what_was_written_after_a_swap_can_be_taken_back_to_the_bit_and_more() -> None:
    sampler = Sampler(MODEL)
    lane = sampler.add("the ", Settings(0.8), 1)
    sampler.step(count=50)
    sampler.swap(OTHER)
    candidates = sampler.candidates(lane, 50)
    sampler.step(count=70)
    text = lane.text
    sampler.take_back(lane, 70)
    assert sampler.candidates(lane, 50) == candidates
    sampler.step(count=70)
    assert lane.text == text
    assert sampler.take_back(lane, 100) == 100
    assert lane.text == text[:24]
    sampler.step(count=5)
    assert len(lane.text) == 29


def test_an_extended_vocabulary_goes_on_with_the_same_text() -> None:
    sampler, untouched = Sampler(MODEL), Sampler(MODEL)
    lane, other = sampler.add("the ", Settings(0.8), 1), untouched.add("the ", Settings(0.8), 1)
    sampler.step(count=30)
    sampler.swap(extended(MODEL))
    sampler.step(count=30)
    untouched.step(count=60)
    assert lane.text == other.text
    sampler.choose(lane, "ä")
    assert lane.text.endswith("ä")


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary("char", tuple(reversed(SYMBOLS))),
        Vocabulary("char", SYMBOLS[:-1]),
        Vocabulary("char", SYMBOLS, True),
        Vocabulary("word", SYMBOLS),
    ],
)
def test_another_vocabulary_is_refused_and_nothing_changes(vocabulary: Vocabulary) -> None:
    recipe = MODEL.recipe.changed(unit=vocabulary.unit, lowercase=vocabulary.lowercase)
    new = TextModel.from_arrays(recipe, vocabulary, arrays(recipe, len(vocabulary)))
    sampler = Sampler(MODEL)
    lane = sampler.add("the ", seed=1)
    with pytest.raises(UsageError, match="another vocabulary"):
        sampler.swap(new)
    assert sampler.model is MODEL
    assert sampler.step(count=3) == 3
    assert len(lane.written) == 3


def test_steering_from_other_threads_leaves_lanes_whole() -> None:
    """One thread steps all the time, others swap, branch, take back and read."""
    sampler = Sampler(MODEL)
    lanes = [sampler.add("the ", Settings(0.8), seed) for seed in range(3)]
    done = threading.Event()
    problems: list[BaseException] = []

    def guarded(work: object) -> threading.Thread:
        def run() -> None:
            try:
                work()  # type: ignore[operator]
            except BaseException as error:
                problems.append(error)

        return threading.Thread(target=run)

    def step() -> None:
        while not done.is_set():
            sampler.step(count=50)

    def wait_for_more() -> None:
        end = lanes[1].position + 5
        while lanes[1].position < end and not done.wait(0.001):
            pass

    def swap() -> None:
        for turn in range(40):
            sampler.swap((MODEL, OTHER)[turn % 2])
            wait_for_more()

    def steer() -> None:
        for turn in range(40):
            sampler.take_back(lanes[0], 3)
            lanes[1].settings = Settings(0.5 + turn % 2)
            sampler.remove(sampler.branch(lanes[2]))
            wait_for_more()

    def read() -> None:
        while not done.is_set():
            for lane in lanes:
                assert lane.text.startswith("the ")
                span = lane.read(4)
                assert np.isfinite(span.probabilities).all()

    stepper, reader, swapper, steerer = guarded(step), guarded(read), guarded(swap), guarded(steer)
    for thread in (stepper, reader, swapper, steerer):
        thread.start()
    for thread in (swapper, steerer):
        thread.join(60)
    done.set()
    for thread in (stepper, reader):
        thread.join(60)
    assert not problems
    assert sampler.lanes == tuple(lanes)
    assert all(lane.position > 100 for lane in lanes[1:])
