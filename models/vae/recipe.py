"""The knobs of a variational autoencoder: what is learnt from, what is built, how it is trained, and when it ends."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from models.data.recipe import PicturesRecipe
from models.recipe import knob


class VaeRecipe(PicturesRecipe):
    """An encoder that turns pictures into points, and a decoder that makes pictures of points."""

    family: ClassVar[str] = "vae"
    default_preset: ClassVar[str] = "modern"
    presets: ClassVar = {
        "modern": {},
        "quick": {"size": 32, "width": 24, "most": 96, "seconds": 90.0},
        "best": {"width": 48, "most": 192, "hidden": 512, "seconds": 3600.0},
        "disentangled": {"beta": 4.0, "warmup": 2000},
        "classic": {
            "latent": 2, "likelihood": "bernoulli", "hidden": 16, "width": 32, "most": 64, "batch": 128,
            "learning_rate": 1e-3, "schedule": "constant", "warmup": 0, "epochs": 30, "seconds": None,
        },
    }  # fmt: skip

    latent: int = knob(64, "Numbers that a picture is squeezed into.", group="networks", ge=2, le=1024)
    width: int = knob(32, "Channels at half the size; they double as the size halves.", group="networks", ge=4, le=512)
    most: int = knob(128, "The most channels anywhere.", group="networks", ge=8, le=1024, advanced=True)
    hidden: int = knob(
        256, "Width of the layer between convolutions and points; 0 leaves it out.",
        group="networks", ge=0, le=4096, advanced=True,
    )  # fmt: skip

    likelihood: Literal["auto", "bernoulli", "gaussian"] = knob(
        "auto", "What a pixel is drawn from, given its point; auto is bernoulli for grey pictures.", group="training"
    )
    beta: float = knob(
        1.0, "Weight of the divergence from the prior: more parts the dimensions, and blurs.",
        group="training", gt=0, le=100,
    )  # fmt: skip
    warmup: int = knob(
        500, "Steps over which beta rises from 0.", group="training", unit="steps", ge=0, le=1_000_000, advanced=True
    )
    learning_rate: float = knob(2e-3, "Step size of Adam at its height.", group="training", gt=0, le=1)
    schedule: Literal["cosine", "linear", "constant"] = knob(
        "cosine", "How the learning rate falls towards the end.", group="training", advanced=True
    )
    clip_norm: float = knob(
        0.0, "Longest gradient allowed; 0 leaves it alone.", group="training", ge=0, le=1e6, advanced=True
    )
    validation: float = knob(
        0.05, "Part of the pictures that is held out to measure on.", group="pictures", ge=0, le=0.5
    )

    patience: int | None = knob(
        None, "Stop when so many validations in a row bring no gain.", group="stop", ge=1, le=1000, advanced=True
    )
    validate_every: float = knob(
        30.0, "Seconds between two validations, at least; an epoch's end is one too.",
        group="stop", unit="s", gt=0, le=86_400, advanced=True,
    )  # fmt: skip
    grid: int = knob(8, "Pictures in a row of the grid that is drawn on the way.", group="samples", ge=1, le=16)

    @model_validator(mode="after")
    def _held(self) -> Self:
        if self.patience is not None and self.validation == 0:
            raise ValueError("patience: needs pictures held out; set validation above 0")
        return self
