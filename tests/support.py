"""Models made by hand, for tests that need one and no training; and ports that are free."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np

from models.checkpoint import Checkpoint
from models.text.model import TextModel
from models.text.recipe import TextRecipe
from models.text.vocabulary import Vocabulary

LETTERS = "\n ,.abcdefghijklmnopqrstuvwxyz"


def tiny_checkpoint(
    symbols: str = LETTERS, *, units: int = 16, seed: int = 0, step: int = 100, loud: float = 1.0, **knobs: Any
) -> Checkpoint:
    """A text model with random weights over these characters; `loud` scales how sure it is of itself."""
    recipe = TextRecipe.preset(layers=1, units=units, embedding=8, **knobs)
    vocabulary = Vocabulary("char", tuple(sorted(symbols)))
    random = np.random.default_rng(seed)
    gates = 4 if recipe.cell == "lstm" else 3

    def weights(*shape: int, scale: float = 0.3) -> Any:
        return random.normal(0, scale, shape).astype(np.float32)

    arrays = {
        "weights/embedding": weights(len(symbols), 8, scale=1.0),
        "weights/rnn_0/kernel": weights(8, gates * units),
        "weights/rnn_0/recurrent": weights(units, gates * units),
        "weights/rnn_0/bias": weights(gates * units),
        "weights/dense/kernel": weights(units, len(symbols), scale=loud),
        "weights/dense/bias": weights(len(symbols)),
    }
    meta = {
        "family": "text",
        "recipe": recipe.model_dump(mode="json"),
        "vocabulary": vocabulary.to_json(),
        "step": step,
        "metrics": {"loss": 1.5, "val_loss": 1.625},
        "seconds": 12.0,
    }
    return Checkpoint(meta, arrays)


def tiny_text_model(symbols: str = LETTERS, **options: Any) -> TextModel:
    """`tiny_checkpoint` as a model."""
    return TextModel.from_checkpoint(tiny_checkpoint(symbols, **options))


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("", 0)) as found:
        return int(found.getsockname()[1])
