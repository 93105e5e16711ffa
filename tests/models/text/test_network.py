"""The network: its scans equal Keras's layers, and its weights travel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.errors import UsageError
from models.text.network import TextNetwork, arrays_of, build, set_arrays
from models.text.recipe import TextRecipe
from models.text.weights import Network

SYMBOLS = 11


def recipe(**changes: Any) -> TextRecipe:
    return TextRecipe.preset(**{"units": 16, "embedding": 8, "layers": 2, "window": 7, **changes})


def outcome(network: TextNetwork, ids: Any, state: Any) -> list[Any]:
    """Scores, states, and the gradients of all of them by weights and by the states given."""
    with tf.GradientTape() as tape:
        tape.watch(state)
        scores, after = network.read(ids, state)
        total = tf.reduce_sum(tf.sin(scores)) + sum(tf.reduce_sum(tf.cos(part)) for part in tf.nest.flatten(after))
    wanted = [found.value for found in network.named().values()] + tf.nest.flatten(state)
    gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(total, wanted)]
    return [scores, *tf.nest.flatten(after), *gradients]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("given", ["embedding", "onehot"])
@pytest.mark.parametrize("target", ["every", "last"])
def test_scans_equal_keras_layers_forth_and_back(cell: str, given: str, target: str) -> None:
    chosen = recipe(cell=cell, input=given, target=target, stateful=False)
    random = np.random.default_rng(0)
    ids = tf.constant(random.integers(0, SYMBOLS, (3, 7)), tf.int32)
    count = 2 if cell == "lstm" else 1
    state = tuple(tuple(tf.constant(random.normal(size=(3, 16)), tf.float32) for _ in range(count)) for _ in range(2))
    scans, layers = build(chosen, SYMBOLS, seed=5), build(chosen, SYMBOLS, seed=5, fused=True)
    for one, two in zip(outcome(scans, ids, state), outcome(layers, ids, state), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_scores_have_the_shape_of_the_target() -> None:
    ids = tf.zeros((3, 7), tf.int32)
    assert build(recipe(), SYMBOLS)(ids).shape == (3, 7, SYMBOLS)
    assert build(recipe(target="last", stateful=False), SYMBOLS)(ids).shape == (3, SYMBOLS)


def test_reading_in_two_parts_with_the_state_carried_equals_reading_at_once() -> None:
    network = build(recipe(), SYMBOLS)
    ids = tf.constant(np.random.default_rng(1).integers(0, SYMBOLS, (2, 9)), tf.int32)
    whole = network(ids)
    first, state = network.read(ids[:, :4], network.zero_state(2))
    second, _ = network.read(ids[:, 4:], state)
    np.testing.assert_allclose(tf.concat([first, second], axis=1), whole, atol=1e-6)


def test_dropout_follows_its_seed_and_is_off_without_one() -> None:
    network = build(recipe(dropout=0.5), SYMBOLS)
    ids = tf.zeros((2, 7), tf.int32)

    def read(seed: list[int] | None) -> Any:
        given = None if seed is None else tf.constant(seed)
        return network.read(ids, network.zero_state(2), given)[0].numpy()

    np.testing.assert_array_equal(read([1, 2]), read([1, 2]))
    assert not np.array_equal(read([1, 2]), read([1, 3]))
    np.testing.assert_array_equal(read(None), network(ids).numpy())


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two, other = (arrays_of(build(recipe(seed=seed), SYMBOLS)) for seed in (4, 4, 5))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert not np.array_equal(one["weights/dense/kernel"], other["weights/dense/kernel"])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("given", ["embedding", "onehot"])
def test_the_sampler_takes_the_arrays(cell: str, given: str) -> None:
    chosen = recipe(cell=cell, input=given)
    arrays = arrays_of(build(chosen, SYMBOLS))
    width = 8 if given == "embedding" else SYMBOLS
    assert arrays["weights/rnn_0/kernel"].shape == (width, (4 if cell == "lstm" else 3) * 16)
    assert ("weights/embedding" in arrays) == (given == "embedding")
    network = Network.from_arrays(
        arrays, cell=cell, layers=2, units=16, symbols=SYMBOLS, embedding=8 if given == "embedding" else 0
    )
    assert network.symbols == SYMBOLS


def test_weights_go_out_and_come_back() -> None:
    one, two = build(recipe(), SYMBOLS, seed=1), build(recipe(), SYMBOLS, seed=2)
    set_arrays(two, arrays_of(one))
    ids = tf.zeros((1, 7), tf.int32)
    np.testing.assert_array_equal(one(ids), two(ids))


@pytest.mark.parametrize("given", ["embedding", "onehot"])
def test_a_bigger_vocabulary_keeps_the_old_rows(given: str) -> None:
    small, large = build(recipe(input=given), SYMBOLS, seed=1), build(recipe(input=given), SYMBOLS + 2, seed=2)
    fresh = arrays_of(large)
    set_arrays(large, arrays_of(small))
    found, old = arrays_of(large), arrays_of(small)
    np.testing.assert_array_equal(found["weights/dense/kernel"][:, :SYMBOLS], old["weights/dense/kernel"])
    np.testing.assert_array_equal(
        found["weights/dense/kernel"][:, SYMBOLS:], fresh["weights/dense/kernel"][:, SYMBOLS:]
    )
    rows = "weights/embedding" if given == "embedding" else "weights/rnn_0/kernel"
    np.testing.assert_array_equal(found[rows][:SYMBOLS], old[rows])
    np.testing.assert_array_equal(found[rows][SYMBOLS:], fresh[rows][SYMBOLS:])


def test_arrays_of_another_network_are_refused() -> None:
    arrays = arrays_of(build(recipe(), SYMBOLS))
    with pytest.raises(UsageError, match=r"weights/rnn_0/kernel is \(8, 64\), not \(8, 96\)"):
        set_arrays(build(recipe(units=24), SYMBOLS), arrays)
    with pytest.raises(UsageError, match="lacks weights/rnn_1/kernel"):
        set_arrays(build(recipe(), SYMBOLS), {k: v for k, v in arrays.items() if "rnn_1" not in k})
    with pytest.raises(UsageError, match="does not fit"):
        set_arrays(build(recipe(), SYMBOLS - 1), arrays)
