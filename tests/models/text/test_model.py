"""A text model out of a checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.checkpoint import Checkpoint
from models.errors import CorruptFileError, UsageError
from models.text.model import TextModel
from models.text.recipe import TextRecipe
from tests.models.text.sampler.made import SYMBOLS, arrays, model

RECIPE = model(layers=2).recipe


def held(**changes: Any) -> Checkpoint:
    found = model(layers=2)
    meta = {
        "family": "text",
        "recipe": found.recipe.model_dump(mode="json"),
        "vocabulary": found.vocabulary.to_json(),
        "step": 1,
        "metrics": {},
    }
    weights = arrays(found.recipe, len(SYMBOLS)) | changes.pop("arrays", {})
    return Checkpoint(meta | changes, {name: array for name, array in weights.items() if array is not None})


def test_a_model_holds_what_its_checkpoint_holds() -> None:
    found = TextModel.from_checkpoint(held(opening="Once upon"))
    assert found.recipe == RECIPE
    assert found.vocabulary.symbols == SYMBOLS
    assert found.opening == "Once upon"
    assert found.network.shape == ("lstm", 2, 24)


def test_arrays_of_a_run_beside_the_weights_do_not_matter() -> None:
    extra = {"optimizer/m": np.full(3, np.nan), "raw/dense/bias": np.zeros(2)}
    assert TextModel.from_checkpoint(held(arrays=extra)).network.layers == 2


def test_a_model_of_another_family_is_refused() -> None:
    with pytest.raises(UsageError, match="this is a vae model"):
        TextModel.from_checkpoint(held(family="vae"))


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": None},
        {"recipe": {"no_such_knob": 1}},
        {"vocabulary": None},
        {"vocabulary": {"unit": "char", "symbols": []}},
        {"vocabulary": {"unit": "char", "symbols": ["a", "b"], "lowercase": False}},
        {"arrays": {"weights/dense/bias": None}},
        {"arrays": {"weights/rnn_1/kernel": np.zeros((3, 3), np.float32)}},
        {"arrays": {"weights/embedding": np.full((len(SYMBOLS), 8), np.nan, np.float32)}},
        {"arrays": {"weights/rnn_0/bias": np.full(96, np.inf, np.float32)}},
    ],
)
def test_parts_that_do_not_fit_each_other_are_corrupt(changes: dict[str, Any]) -> None:
    with pytest.raises(CorruptFileError) as caught:
        TextModel.from_checkpoint(held(**changes))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [("\n ab", "\n"), (" ab", " "), ("ab", "a")],
)
def test_the_default_prompt_is_a_trained_symbol(symbols: str, expected: str) -> None:
    assert model(tuple(symbols)).default_prompt() == expected


def test_a_window_reader_takes_the_opening_others_its_first_word_and_only_what_is_known_of_it() -> None:
    recipe = TextRecipe.preset("classic", window=6)
    vocabulary = model(lowercase=True).vocabulary
    weights = arrays(recipe, len(SYMBOLS))
    assert TextModel.from_arrays(recipe, vocabulary, weights, "THE – Cat").default_prompt() == "the  c"
    assert TextModel.from_arrays(recipe, vocabulary, weights, "–").default_prompt() == "\n"
    every = recipe.changed(target="every")
    assert TextModel.from_arrays(every, vocabulary, weights, "\n THE Cat").default_prompt() == "the "
    assert TextModel.from_arrays(every, vocabulary, weights, " – ").default_prompt() == " "
    assert TextModel.from_arrays(every, vocabulary, weights, " \n").default_prompt() == "\n"


def test_numbers_of_16_bits_are_read_too() -> None:
    half = {name: array.astype(np.float16) for name, array in arrays(RECIPE, len(SYMBOLS)).items()}
    assert TextModel.from_checkpoint(held(arrays=half)).network.dense.dtype == np.float32
