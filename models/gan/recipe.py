"""The knobs of a GAN: what is learnt from, how the two networks are built, how they play, and when it ends."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from models.data.recipe import PicturesRecipe
from models.recipe import knob

SIZES = (32, 64, 128)


class GanRecipe(PicturesRecipe):
    """A generator and a discriminator that learn against each other."""

    family: ClassVar[str] = "gan"
    default_preset: ClassVar[str] = "lean"
    presets: ClassVar = {
        "lean": {},
        "quick": {"most": 64, "seconds": 180.0},
        "best": {"size": 64, "width": 32, "most": 192, "seconds": 7200.0},
        "hinge": {"loss": "hinge"},
        "wasserstein": {
            "loss": "wasserstein", "r1": 0.0, "gradient_penalty": 10.0, "discriminator_steps": 3,
            "generator_rate": 1e-3, "discriminator_rate": 1e-3,
        },
        "classic": {
            "r1": 0.0, "average": 0.0, "smoothing": 0.1, "noise": 0.05, "beta_1": 0.5,
            "generator_rate": 2e-4, "discriminator_rate": 2e-4, "schedule": "constant",
        },
    }  # fmt: skip

    size: int | None = knob(32, "Pixels a side: 32, 64 or 128.", group="pictures", unit="pixels", ge=32, le=128)

    latent: int = knob(64, "Numbers that a picture is made of.", group="networks", ge=2, le=1024)
    mapping: int = knob(2, "Layers that turn a random point into a style.", group="networks", ge=0, le=8, advanced=True)
    width: int = knob(16, "Channels at 32x32; twice as many at half the size.", group="networks", ge=4, le=512)
    most: int = knob(128, "The most channels anywhere.", group="networks", ge=8, le=1024, advanced=True)
    spectral_norm: bool = knob(
        False, "Bound the discriminator's slope by the norms of its layers.", group="networks", advanced=True
    )

    loss: Literal["non-saturating", "hinge", "wasserstein"] = knob(
        "non-saturating", "What the two play for.", group="game"
    )
    r1: float = knob(
        1.0, "Weight of the penalty on the discriminator's slope at real pictures; 0 is none.",
        group="game", ge=0, le=1000,
    )  # fmt: skip
    r1_every: int = knob(8, "Steps from one such penalty to the next.", group="game", ge=1, le=1000, advanced=True)
    gradient_penalty: float = knob(
        0.0, "Weight of Wasserstein's penalty on slopes between real and made pictures.",
        group="game", ge=0, le=1000, advanced=True,
    )  # fmt: skip
    smoothing: float = knob(
        0.0, "With non-saturating: how far below 1 the label of a real picture is.",
        group="game", ge=0, le=0.5, advanced=True,
    )  # fmt: skip
    noise: float = knob(
        0.0, "Noise on what the discriminator sees; it halves every 2,000 steps.",
        group="game", ge=0, le=1, advanced=True,
    )  # fmt: skip
    discriminator_steps: int = knob(
        1, "Steps of the discriminator to one of the generator.", group="game", ge=1, le=20, advanced=True
    )

    batch: int = knob(16, "Pictures a step.", group="training", ge=2, le=1024)
    generator_rate: float = knob(5e-3, "Step size of the generator at its height.", group="training", gt=0, le=1)
    discriminator_rate: float = knob(5e-3, "Step size of the discriminator.", group="training", gt=0, le=1)
    beta_1: float = knob(0.0, "Momentum of both optimizers.", group="training", ge=0, lt=1, advanced=True)
    schedule: Literal["constant", "linear", "cosine"] = knob(
        "linear", "How the rates fall towards the end.", group="training", advanced=True
    )
    average: float = knob(
        0.999, "Decay of the moving average of the generator, which makes the pictures; 0 is off.",
        group="training", ge=0, lt=1, advanced=True,
    )  # fmt: skip

    seconds: float | None = knob(1200.0, "Stop after so long.", group="stop", unit="s", gt=0, le=2_592_000)
    frechet_every: float | None = knob(
        120.0, "Seconds between two Fréchet distances, at least; none measures none.",
        group="stop", unit="s", gt=0, le=86_400, advanced=True,
    )  # fmt: skip
    frechet_count: int = knob(
        1024, "Pictures of each kind that a Fréchet distance compares.", group="stop", ge=64, le=50_000, advanced=True
    )
    grid: int = knob(6, "Rows and columns of the grid that is drawn on the way.", group="samples", ge=1, le=16)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.size not in SIZES:
            raise ValueError(f"size: a GAN makes pictures of 32, 64 or 128 pixels a side, not {self.size or 'none'}")
        if self.r1 and self.gradient_penalty:
            raise ValueError("gradient_penalty: two penalties on the same slopes; set r1 or gradient_penalty to 0")
        if self.smoothing and self.loss != "non-saturating":
            raise ValueError(f"smoothing: the {self.loss} loss has no labels to smooth; set smoothing to 0")
        return self
