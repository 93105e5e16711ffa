"""The knobs of a text model: what is read, what is built, how it is trained, and when to stop."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from models.recipe import Recipe, knob

Temperature = Annotated[float, Field(ge=0, le=10)]
Source = Annotated[str, StringConstraints(min_length=1)]


class TextRecipe(Recipe):
    """A recurrent language model over characters or words."""

    family: ClassVar[str] = "text"
    default_preset: ClassVar[str] = "modern"
    presets: ClassVar = {
        "modern": {},
        "quick": {"dropout": 0.0, "seconds": 90.0},
        "best": {
            "units": 256,
            "dropout": 0.3,
            "learning_rate": 0.004,
            "validate_every": 30.0,
            "seconds": 1800.0,
        },
        "classic": {
            "lowercase": True,
            "window": 60,
            "stride": 3,
            "target": "last",
            "input": "onehot",
            "layers": 1,
            "units": 128,
            "dropout": 0.0,
            "optimizer": "rmsprop",
            "learning_rate": 0.01,
            "schedule": "constant",
            "warmup": 0,
            "clip_norm": 0.0,
            "batch": 128,
            "validation": 0.0,
            "epochs": 60,
            "seconds": None,
            "stateful": False,
            "average": 0.0,
        },
    }

    corpus: tuple[Source, ...] = knob(
        ("python-docs",),
        "What to read: python-docs, nietzsche, shakespeare, or files and folders.",
        group="corpus",
    )
    encoding: str = knob("utf-8", "How the files spell their characters.", group="corpus", advanced=True)
    lowercase: bool = knob(False, "Fold the corpus to lower case: fewer symbols, faster learning.", group="corpus")
    unit: Literal["char", "word"] = knob("char", "What is read and written in one step.", group="corpus")
    words: int = knob(
        4000, "With words: how many of the most frequent become symbols; the rest is spelt.",
        group="corpus", ge=10, le=200_000, advanced=True,
    )  # fmt: skip
    validation: float = knob(
        0.05, "The last part of the corpus that is held out to measure on.", group="corpus", ge=0, le=0.5
    )

    cell: Literal["lstm", "gru"] = knob("lstm", "The recurrent cell.", group="network")
    layers: int = knob(2, "How many recurrent layers are stacked.", group="network", ge=1, le=4)
    units: int = knob(128, "Width of each layer.", group="network", ge=8, le=2048)
    input: Literal["embedding", "onehot"] = knob(
        "embedding", "How a symbol enters the network.", group="network", advanced=True
    )
    embedding: int = knob(64, "Width of the embedding.", group="network", ge=2, le=1024, advanced=True)
    dropout: float = knob(0.1, "Part of the activations dropped after each layer.", group="network", ge=0, le=0.9)
    window: int = knob(64, "Symbols a training example holds.", group="network", unit="symbols", ge=2, le=2000)
    stride: int = knob(
        3, "With a last-only target: symbols from one window to the next.",
        group="network", unit="symbols", ge=1, le=2000, advanced=True,
    )  # fmt: skip
    target: Literal["every", "last"] = knob(
        "every", "Predict the next symbol at every position, or after the window only.",
        group="network", advanced=True,
    )  # fmt: skip
    stateful: bool = knob(
        True, "Carry the state from one window to the one that follows it.", group="network", advanced=True
    )

    batch: int = knob(32, "Examples a step.", group="training", ge=1, le=4096)
    optimizer: Literal["adam", "adamw", "rmsprop", "sgd"] = knob(
        "adam", "The rule that turns gradients into steps.", group="training", advanced=True
    )
    learning_rate: float = knob(8e-3, "Step size of the optimizer at its height.", group="training", gt=0, le=1)
    schedule: Literal["cosine", "linear", "constant"] = knob(
        "cosine", "How the learning rate falls towards the end.", group="training", advanced=True
    )
    warmup: int = knob(
        100, "Steps over which the learning rate rises.", group="training", ge=0, le=100_000, advanced=True
    )
    clip_norm: float = knob(
        1.0, "Longest gradient allowed; 0 leaves it alone.", group="training", ge=0, le=1000, advanced=True
    )
    average: float = knob(
        0.0, "Decay of a moving average of the weights, used to measure and to write; 0 is off.",
        group="training", ge=0, lt=1, advanced=True,
    )  # fmt: skip
    mixed_precision: bool = knob(
        False, "Compute in 16 bits where the GPU is faster with them.", group="training", advanced=True
    )
    seed: int = knob(0, "Start of all the random numbers.", group="training", ge=0, le=2**32 - 1)

    epochs: int | None = knob(None, "Stop after so many passes over the corpus.", group="stop", ge=1, le=100_000)
    steps: int | None = knob(None, "Stop after so many steps.", group="stop", ge=1, le=100_000_000)
    seconds: float | None = knob(300.0, "Stop after so long.", group="stop", unit="s", gt=0, le=2_592_000)
    patience: int | None = knob(
        None, "Stop when so many validations in a row bring no gain.", group="stop", ge=1, le=1000, advanced=True
    )
    validate_every: float = knob(
        10.0, "Seconds between two validations, at least; an epoch's end is one too.",
        group="stop", unit="s", gt=0, le=86_400, advanced=True,
    )  # fmt: skip
    save_every: float = knob(
        30.0, "Seconds of work that a crash may cost.", group="stop", unit="s", gt=0, le=86_400, advanced=True
    )
    sample_length: int = knob(
        400, "Characters to write after every epoch; 0 writes none.", group="samples", ge=0, le=100_000, advanced=True
    )
    temperatures: tuple[Temperature, ...] = knob(
        (0.2, 0.5, 1.0, 1.2), "Temperatures to write at.", group="samples", advanced=True
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.corpus:
            raise ValueError("corpus: name at least one source")
        if self.epochs is None and self.steps is None and self.seconds is None and self.patience is None:
            raise ValueError("set an end: epochs, steps, seconds or patience")
        if self.patience is not None and self.validation == 0:
            raise ValueError("patience: needs a part held out; set validation above 0")
        if self.target == "last" and self.stateful:
            raise ValueError("stateful: a last-only target starts each window from zero; set stateful off")
        return self
