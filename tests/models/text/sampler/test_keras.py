"""The NumPy cells against Keras's own layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.text import network
from models.text.model import TextModel
from models.text.recipe import TextRecipe
from models.text.sampler import Lane, Sampler
from models.text.vocabulary import Vocabulary
from models.text.weights import Network
from tests.models.text.sampler.made import SYMBOLS, arrays

TEXT = "the cat, that sat on a mat.\nit saw the dog and ran."
KNOBS = {"units": 20, "embedding": 6, "window": 12}


def pair(**knobs: Any) -> tuple[TextModel, Any]:
    """A sampler's model and the network of Keras layers with the same weights."""
    recipe = TextRecipe.preset(**KNOBS | knobs)
    weights = arrays(recipe, len(SYMBOLS))
    keras_network = network.build(recipe, len(SYMBOLS), fused=True)
    network.set_arrays(keras_network, weights)
    return TextModel.from_arrays(recipe, Vocabulary("char", SYMBOLS), network.arrays_of(keras_network)), keras_network


def beliefs(sampler: Sampler, lane: Lane) -> NDArray[np.float64]:
    """The lane's distribution over all symbols, in their order."""
    chances = {found.symbol: found.probability for found in sampler.candidates(lane, len(SYMBOLS))}
    return np.array([chances.get(symbol, 0.0) for symbol in SYMBOLS])


def softmax(scores: Any) -> NDArray[np.float64]:
    weights = np.exp(np.asarray(scores, np.float64) - np.max(scores, axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def ids(text: str) -> NDArray[np.int32]:
    return Vocabulary("char", SYMBOLS).encode(text)[None]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize(
    ("layers", "entry"), [(1, "embedding"), (2, "embedding"), (3, "onehot"), (4, "embedding"), (1, "onehot")]
)
def test_carried_state_predicts_as_keras_does(cell: str, layers: int, entry: str) -> None:
    model, keras_network = pair(cell=cell, layers=layers, input=entry)
    expected = softmax(keras_network(ids(TEXT)))[0]
    sampler = Sampler(model)
    lane = sampler.add(TEXT[0])
    for place, symbol in enumerate(TEXT[1:]):
        np.testing.assert_allclose(beliefs(sampler, lane), expected[place], atol=1e-5)
        sampler.choose(lane, symbol)
    chosen = expected[np.arange(len(TEXT) - 1), ids(TEXT)[0, 1:]]
    np.testing.assert_allclose(lane.probabilities, chosen, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize(
    ("layers", "entry"), [(1, "embedding"), (2, "embedding"), (3, "onehot"), (4, "embedding"), (1, "onehot")]
)
def test_exact_mode_predicts_as_keras_does_from_the_last_window(cell: str, layers: int, entry: str) -> None:
    model, keras_network = pair(cell=cell, layers=layers, input=entry, target="last", stateful=False)
    sampler = Sampler(model)
    assert sampler.exact
    _assert_windows_as_keras(sampler, keras_network, sampler.add(TEXT[:33]), steps=25)


def test_the_classic_recipe_predicts_as_keras_does() -> None:
    recipe = TextRecipe.preset("classic")
    weights = arrays(recipe, len(SYMBOLS))
    keras_network = network.build(recipe, len(SYMBOLS), fused=True)
    network.set_arrays(keras_network, weights)
    sampler = Sampler(TextModel.from_arrays(recipe, Vocabulary("char", SYMBOLS, True), weights))
    _assert_windows_as_keras(sampler, keras_network, sampler.add(TEXT + TEXT), steps=70)


def test_a_text_shorter_than_the_window_is_read_from_its_start() -> None:
    model, keras_network = pair(cell="lstm", layers=2, target="last", stateful=False)
    sampler = Sampler(model)
    lane = sampler.add(TEXT[:4])
    for _ in range(4):
        expected = softmax(keras_network(ids(lane.text)))[0]
        np.testing.assert_allclose(beliefs(sampler, lane), expected, atol=1e-5)
        sampler.step(count=2)


def _assert_windows_as_keras(sampler: Sampler, keras_network: Any, lane: Lane, *, steps: int) -> None:
    """Read windows in exact mode, then let Keras read them all at once."""
    window = sampler.model.recipe.window
    windows, found = [], []
    for _ in range(steps):
        windows.append(ids(lane.text[-window:])[0])
        found.append(beliefs(sampler, lane))
        sampler.step()
    np.testing.assert_allclose(found, softmax(keras_network(np.array(windows))), atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_without_a_table_of_projections_it_is_the_same(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, keras_network = pair(cell=cell, layers=2)
    monkeypatch.setattr("models.text.weights.TABLE_LIMIT", 0)
    bare = TextModel.from_arrays(model.recipe, model.vocabulary, network.arrays_of(keras_network))
    assert isinstance(bare.network, Network)
    assert bare.network.table is None
    sampler = Sampler(bare)
    lane = sampler.add(TEXT)
    np.testing.assert_allclose(beliefs(sampler, lane), softmax(keras_network(ids(TEXT)))[0, -1], atol=1e-5)


@pytest.mark.parametrize(("cell", "units"), [("lstm", 700), ("gru", 683), ("lstm", 701)])
def test_products_cut_into_pieces_give_what_keras_gives(cell: str, units: int) -> None:
    model, keras_network = pair(cell=cell, layers=2, units=units)
    sampler = Sampler(model)
    lane = sampler.add(TEXT[:20])
    np.testing.assert_allclose(beliefs(sampler, lane), softmax(keras_network(ids(TEXT[:20])))[0, -1], atol=1e-5)
