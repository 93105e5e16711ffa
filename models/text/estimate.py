"""What a training will take, from the recipe alone: parameters, memory, steps and time. Plain arithmetic.

The counts of parameters are exact for the symbols given. Times are rules of thumb, unless the time of a step of a
similar run on the same machine is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.text.recipe import TextRecipe

KNOWN = {"python-docs": (465_000, 103), "nietzsche": (600_893, 84), "shakespeare": (1_115_394, 65)}
"""Characters and symbols of the texts that have a name."""
USUAL_SYMBOLS = 100
"""Symbols of a text that nobody has read yet."""
GATES = {"lstm": 4, "gru": 3}
STATES = {"adam": 2, "adamw": 2, "rmsprop": 1, "sgd": 0}
"""Arrays the size of the weights that an optimizer keeps."""

TICK = 2.0e-4
"""Seconds that a time step of a layer costs whatever its width, forth and back, on a CPU."""
SPEED = 8.0e10
"""Floating-point operations a second of two CPU cores in a training step."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`parameters` of the network for so many `symbols`; `model` and `memory` in bytes: the model's file, and what
    training needs beyond TensorFlow itself. `steps` and `seconds` until the first of the recipe's ends (patience
    aside); `passes` over the corpus by then. They are None where the size of the corpus is not known. `measured` says
    that the time of a step is taken from an earlier run.
    """

    symbols: int
    parameters: int
    model: int
    memory: int
    step_seconds: float
    steps: int | None
    seconds: float | None
    passes: float | None
    measured: bool = False


def parameters(recipe: TextRecipe, symbols: int) -> int:
    """How many numbers the network has: embedding, recurrent layers, and the layer that gives the probabilities.

    An LSTM layer has 4 u (n + u + 1), a GRU layer with separate biases 3 u (n + u + 2), for u units and n inputs.
    """
    width, gates = recipe.units, GATES[recipe.cell]
    biases = 1 if recipe.cell == "lstm" else 2
    inputs = recipe.embedding if recipe.input == "embedding" else symbols
    count = symbols * recipe.embedding if recipe.input == "embedding" else 0
    for _ in range(recipe.layers):
        count += gates * width * (inputs + width + biases)
        inputs = width
    return count + (width + 1) * symbols


def step_seconds(recipe: TextRecipe, symbols: int) -> float:
    """About how long a training step takes on two CPU cores, in seconds."""
    width, gates = recipe.units, GATES[recipe.cell]
    inputs = recipe.embedding if recipe.input == "embedding" else symbols
    work = gates * width * (inputs + width + (recipe.layers - 1) * 2 * width) * recipe.window
    work += width * symbols * (recipe.window if recipe.target == "every" else 1)
    return recipe.window * recipe.layers * TICK + 6 * work * recipe.batch / SPEED


def memory(recipe: TextRecipe, symbols: int, characters: int | None) -> int:
    """About what training holds in memory, in bytes: weights, gradients, optimizer, activations and the corpus."""
    weights = 4 * parameters(recipe, symbols) * (2 + STATES[recipe.optimizer] + (1 if recipe.average else 0))
    cells = recipe.layers * recipe.units * (GATES[recipe.cell] + 4)
    outputs = 3 * symbols if recipe.target == "every" else 0
    activations = 4 * recipe.batch * recipe.window * (cells + outputs)
    width = 1 if symbols <= 256 else 2 if symbols <= 65_536 else 4
    return weights + activations + width * (characters or 0)


def steps_per_pass(recipe: TextRecipe, characters: int) -> int:
    """Steps in one pass over the training part of so many symbols."""
    learnt = characters * (1 - recipe.validation)
    apart = recipe.window if recipe.target == "every" else recipe.stride
    return max(1, int(learnt / apart / recipe.batch))


def estimate(
    recipe: TextRecipe,
    *,
    characters: int | None = None,
    symbols: int | None = None,
    known: tuple[TextRecipe, float] | None = None,
) -> Estimate:
    """What `recipe` will take. `characters` and `symbols` are the corpus's where they are known.

    `known` is the recipe of an earlier run on this machine and the seconds that a step of it took.
    """
    symbols = symbols or USUAL_SYMBOLS
    if recipe.unit == "word":
        symbols += recipe.words
    each = step_seconds(recipe, symbols)
    if known is not None:
        other, took = known
        each *= took / step_seconds(other, symbols if other.unit == recipe.unit else USUAL_SYMBOLS)
    once = steps_per_pass(recipe, characters) if characters else None
    ends = [
        recipe.steps,
        int(recipe.seconds / each) if recipe.seconds is not None else None,
        recipe.epochs * once if recipe.epochs is not None and once else None,
    ]
    steps = min((end for end in ends if end is not None), default=None)
    count = parameters(recipe, symbols)
    return Estimate(
        symbols=symbols,
        parameters=count,
        model=4 * count,
        memory=memory(recipe, symbols, characters),
        step_seconds=each,
        steps=steps,
        seconds=None if steps is None else steps * each,
        passes=steps / once if steps is not None and once else None,
        measured=known is not None,
    )


def size_of(recipe: TextRecipe) -> tuple[int | None, int | None]:
    """The characters and symbols of a recipe's corpus, as far as can be told without reading it.

    Of files the size in bytes stands for the characters.
    """
    characters, symbols = 0, 0
    for source in recipe.corpus:
        if source in KNOWN:
            characters, symbols = characters + KNOWN[source][0], max(symbols, KNOWN[source][1])
            continue
        place = Path(source).expanduser()
        try:
            found = list(place.rglob("*"))[:10_000] if place.is_dir() else [place]
            characters += sum(file.stat().st_size for file in found if file.is_file())
        except OSError:
            return None, None
    return characters or None, symbols or None
