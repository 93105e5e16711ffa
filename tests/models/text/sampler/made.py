"""Text models with random weights, of any shape, for tests of the sampler."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text.model import TextModel
from models.text.recipe import TextRecipe
from models.text.vocabulary import Vocabulary

SYMBOLS = tuple(sorted("\n abcdefghijklmnopqrstuvwxyz.,"))


def arrays(recipe: TextRecipe, symbols: int, *, seed: int = 0, gain: float = 2.0) -> dict[str, NDArray[Any]]:
    """Weights in Keras's layout; `gain` scales the dense layer: how sure the model is of itself."""
    random = np.random.default_rng(seed)
    gates = 4 if recipe.cell == "lstm" else 3

    def normal(*shape: int, scale: float) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    width = symbols
    found: dict[str, NDArray[Any]] = {}
    if recipe.input == "embedding":
        width = recipe.embedding
        found["weights/embedding"] = normal(symbols, width, scale=1.0)
    for layer in range(recipe.layers):
        found[f"weights/rnn_{layer}/kernel"] = normal(width, gates * recipe.units, scale=1.5 * width**-0.5)
        found[f"weights/rnn_{layer}/recurrent"] = normal(recipe.units, gates * recipe.units, scale=recipe.units**-0.5)
        shape = (4 * recipe.units,) if recipe.cell == "lstm" else (2, 3 * recipe.units)
        found[f"weights/rnn_{layer}/bias"] = normal(*shape, scale=0.3)
        width = recipe.units
    found["weights/dense/kernel"] = normal(width, symbols, scale=gain * width**-0.5)
    found["weights/dense/bias"] = normal(symbols, scale=0.3)
    return found


def model(
    symbols: tuple[str, ...] = SYMBOLS, *, preset: str = "modern", seed: int = 0, gain: float = 2.0, **knobs: Any
) -> TextModel:
    """A model with random weights; small unless `knobs` say otherwise."""
    unit, lowercase = knobs.get("unit", "char"), knobs.get("lowercase", False)
    recipe = TextRecipe.preset(preset, **{"layers": 1, "units": 24, "embedding": 8, "window": 10} | knobs)
    vocabulary = Vocabulary(unit, symbols, lowercase)
    return TextModel.from_arrays(recipe, vocabulary, arrays(recipe, len(symbols), seed=seed, gain=gain))
