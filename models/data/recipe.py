"""The knobs that all trainings on pictures share: what is learnt from, how, and when it ends."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from models.recipe import Recipe, knob

Source = Annotated[str, StringConstraints(min_length=1)]


class PicturesRecipe(Recipe):
    """A family that learns from a set of pictures adds its own knobs."""

    data: Source = knob(
        "faces",
        "What to learn from: faces, glyphs, mnist, fashion-mnist, cifar10, a folder, or an NPZ or IDX file.",
        group="pictures",
    )
    size: int | None = knob(
        None, "Pixels a side; none keeps that of the set.", group="pictures", unit="pixels", ge=16, le=128
    )
    channels: Literal["auto", "grey", "rgb"] = knob("auto", "Grey or coloured; auto is as the set.", group="pictures")
    count: int | None = knob(
        None, "Use so many pictures of the set; none uses all, and 20,000 of a drawn one.", group="pictures", ge=1,
        le=10_000_000,
    )  # fmt: skip
    fit: Literal["crop", "pad"] = knob(
        "crop", "How a picture of another shape comes to fit.", group="pictures", advanced=True
    )
    flip: bool = knob(False, "Show half of the pictures mirrored.", group="pictures", advanced=True)
    attributes: str = knob(
        "", "A table of attributes for a folder: CSV, or CelebA's list.", group="pictures", advanced=True
    )

    batch: int = knob(32, "Pictures a step.", group="training", ge=1, le=4096)
    seed: int = knob(0, "Start of all the random numbers.", group="training", ge=0, le=2**32 - 1)
    mixed_precision: bool = knob(
        False, "Compute in 16 bits where the GPU is faster with them.", group="training", advanced=True
    )

    epochs: int | None = knob(None, "Stop after so many passes over the pictures.", group="stop", ge=1, le=100_000)
    steps: int | None = knob(None, "Stop after so many steps.", group="stop", ge=1, le=100_000_000)
    seconds: float | None = knob(600.0, "Stop after so long.", group="stop", unit="s", gt=0, le=2_592_000)
    save_every: float = knob(
        30.0, "Seconds of work that a crash may cost.", group="stop", unit="s", gt=0, le=86_400, advanced=True
    )
    grid_every: float = knob(
        5.0, "Seconds between two grids of pictures, at least.", group="samples", unit="s", gt=0, le=86_400,
        advanced=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.epochs is None and self.steps is None and self.seconds is None and not getattr(self, "patience", None):
            raise ValueError("set an end: epochs, steps or seconds")
        return self
