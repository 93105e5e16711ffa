"""The gradient of a dream: right, and the same in tiles as in one piece."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from models.dream.classes import classifier
from models.dream.objective import Objective
from models.dream.terms import Term, parsed
from models.vision.pyramid import Floats
from models.vision.tiles import add, canvas, cut, tiles
from tests.models.dream.toy import Toy

SIZE = (75, 101)
SHIFT = (3, 6)
ALL = ("first", "second", "third:3", "third")


@pytest.fixture(scope="module")
def picture() -> Floats:
    return np.random.default_rng(1).uniform(0, 255, (*SIZE, 3)).astype(np.float32)


def gradient_of(objective: Objective, picture: Floats, window: int) -> tuple[NDArray[np.float64], Floats, int]:
    found = tiles(canvas(SIZE, 8, objective.stride), window, objective.halo, objective.stride)
    weights = np.linspace(1, -0.5, objective.parts, dtype=np.float32)
    total, values = np.zeros_like(picture), np.zeros(len(weights))
    for tile in found:
        shares, gradient = objective.gradient(cut(picture, tile, SHIFT), tile, weights)
        values += shares
        add(total, gradient, tile, SHIFT)
    return values, total, len(found)


def terms(texts: Sequence[str]) -> list[Term]:
    return [parsed(text) for text in texts]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("texts", [ALL, ("second",), ("first:2",)])
@pytest.mark.parametrize("window", [40, 64])
def test_tiles_bring_the_gradient_of_the_whole_picture(
    padding: str, texts: Sequence[str], window: int, picture: Floats
) -> None:
    objective = Objective(Toy(padding), terms(texts))
    values, whole, one = gradient_of(objective, picture, 1000)
    shares, pieces, several = gradient_of(objective, picture, window)
    assert one == 1
    assert several >= 4
    np.testing.assert_allclose(shares, values, rtol=1e-4)
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=2e-5 * np.abs(whole).max())


def test_a_guide_is_followed_in_tiles_too(picture: Floats) -> None:
    guide = np.random.default_rng(2).uniform(0, 255, (50, 60, 3)).astype(np.float32)
    objective = Objective(Toy(), terms(("second", "third")), guide=guide)
    _, whole, _ = gradient_of(objective, picture, 1000)
    _, pieces, _ = gradient_of(objective, picture, 48)
    plain = gradient_of(Objective(Toy(), terms(("second", "third"))), picture, 1000)[1]
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=2e-5 * np.abs(whole).max())
    assert np.abs(whole / np.abs(whole).max() - plain / np.abs(plain).max()).max() > 0.1


def test_the_gradient_is_that_of_the_weighted_mean_squares(picture: Floats) -> None:
    toy = Toy()
    objective = Objective(toy, terms(("first", "third:3")))
    tile = tiles(canvas(SIZE, 0, objective.stride), 1000, objective.halo, objective.stride)[0]
    window = cut(picture, tile, (0, 0))
    values, gradient = objective.gradient(window, tile, np.array([2.0, 1.0], np.float32))
    with tf.GradientTape() as tape:
        given = tf.constant(window)
        tape.watch(given)
        first, third = toy.features(("first", "third"))(given[None])
        parts = 4 * tf.reduce_sum(first**2) / 8, 16 * tf.reduce_sum(third[..., 3] ** 2)
        total = 2 * parts[0] + parts[1]
    np.testing.assert_allclose(values, [float(part) for part in parts], rtol=1e-5)
    expected = tape.gradient(total, given).numpy()
    np.testing.assert_allclose(gradient, expected, atol=1e-5 * np.abs(expected).max())


def test_a_new_size_is_not_traced_again(picture: Floats) -> None:
    toy = Toy()
    objective = Objective(toy, terms(ALL))
    gradient_of(objective, picture, 1000)
    calls = toy.calls
    gradient_of(objective, picture, 48)
    assert toy.calls == calls


def test_a_class_is_told_place_by_place_as_the_network_tells_it(picture: Floats) -> None:
    toy = Toy()
    told = classifier(toy)
    features, scores = toy.features(("third", "logits"))(tf.constant(picture[None, :72, :96]))
    np.testing.assert_allclose(features.numpy().mean(axis=(1, 2)) @ told.kernel + told.bias, scores, rtol=1e-4)
    objective = Objective(toy, terms(("second",)), target=(told, 2))
    values, whole, _ = gradient_of(objective, picture, 1000)
    shares, pieces, _ = gradient_of(objective, picture, 48)
    assert values[1] < 0
    np.testing.assert_allclose(shares, values, rtol=1e-4)
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=2e-5 * np.abs(whole).max())


def test_a_negative_weight_brings_out_what_a_channel_is_against() -> None:
    """With the sign in it, following the gradient raises a channel that is below zero too."""
    objective = Objective(Toy(), terms(("first:2",)))
    answer = objective._answers[0](tf.constant([[[0.0, 0.0, -3.0], [0.0, 0.0, 2.0]]]))
    np.testing.assert_allclose(answer[0], [[-9.0, 4.0]])
    np.testing.assert_allclose(answer[1], [[3.0, 4 / 3]])
