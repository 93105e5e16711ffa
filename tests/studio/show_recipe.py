"""A recipe for pictures of the form: the knobs of a family do not change under it."""

from __future__ import annotations

from typing import ClassVar, Literal

from models.families import Family
from models.recipe import Recipe, knob


class ShowRecipe(Recipe):
    """One knob of each kind."""

    family: ClassVar[str] = "text"
    default_preset: ClassVar[str] = "modern"
    presets: ClassVar = {"modern": {}, "classic": {"layers": 1}}

    corpus: tuple[str, ...] = knob(("python-docs",), "What to read.", group="corpus")
    encoding: str = knob("utf-8", "How the files spell.", group="corpus", advanced=True)
    lowercase: bool = knob(False, "Fold to lower case.", group="corpus")
    cell: Literal["lstm", "gru"] = knob("lstm", "The recurrent cell.", group="network")
    layers: int = knob(2, "How many layers are stacked.", group="network", ge=1, le=4)
    window: int = knob(64, "Symbols an example holds.", group="network", unit="symbols", ge=2, le=2000)
    dropout: float = knob(0.1, "Part of the activations dropped.", group="network", ge=0, le=0.9)
    learning_rate: float = knob(0.004, "Step size at its height.", group="training", gt=0, le=1)
    seed: int = knob(0, "Start of all the random numbers.", group="training", ge=0, le=2**32 - 1)
    epochs: int | None = knob(None, "Stop after so many passes.", group="stop", ge=1, le=100_000)
    seconds: float | None = knob(300.0, "Stop after so long.", group="stop", unit="s", gt=0, le=86_400)


def forecast(recipe: ShowRecipe, registry: object) -> str:
    """Two lines, as those of a family are."""
    return f"About {recipe.layers}00,000 parameters, 1.00 MB; 64.8 MB of memory to train\nAbout 5 min"


FAMILY = Family("text", "tests.studio.show_recipe:ShowRecipe", "tests.studio.show_recipe:none")
