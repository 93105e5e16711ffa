"""The knobs of a style transfer: the pictures, how much of each, and how the result is searched for."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from models import changes as changing
from models.recipe import Recipe, knob
from models.style.presets import DEFAULT, PRESETS

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Share = Annotated[float, Field(ge=0, le=1000)]

TUNABLE = ("style_weight", "content_weight", "total_variation", "blend", "learning_rate")
"""Knobs that can change while a run goes on, and make another picture."""


class StyleRecipe(Recipe):
    """A picture painted anew in the style of others (Gatys, Ecker and Bethge, "Image Style Transfer Using
    Convolutional Neural Networks", 2016)."""

    family: ClassVar[str] = "style"
    default_preset: ClassVar[str] = DEFAULT
    presets: ClassVar = PRESETS

    content: Text = knob("astronaut", "The picture to paint anew: a sample's name or a file.", group="pictures")
    styles: tuple[Text, ...] = knob(
        ("brush-strokes",), "Whose style it takes: drawn styles, samples or files.", group="pictures"
    )
    blend: tuple[Share, ...] = knob(
        (), "How much of each style, in their order; none: the same of each.", group="pictures"
    )
    masks: tuple[Text, ...] = knob(
        (), "A picture a style, white where that style belongs; none: everywhere.", group="pictures", advanced=True
    )
    side: int = knob(
        512, "The longer side is made at most so long; 0 leaves the picture as it is.",
        group="pictures", unit="px", ge=0, le=32_768,
    )  # fmt: skip
    background: Text = knob(
        "white", "The colour that shows where a picture is transparent.", group="pictures", advanced=True
    )

    style_weight: float = knob(1.0, "How strongly the styles draw.", group="strength", ge=0, le=1e30)
    content_weight: float = knob(1.0, "How strongly the content holds.", group="strength", ge=0, le=1e30)
    total_variation: float = knob(
        1.0, "How strongly each pixel is drawn to its neighbours: smoother.", group="strength", ge=0, le=1e6
    )
    style_scale: float = knob(
        1.0, "The size of the style's strokes: its picture's size in parts of the content's.",
        group="strength", ge=0.1, le=4,
    )  # fmt: skip
    colour: Literal["style", "keep", "match"] = knob(
        "style", "The style's colours, the content's kept, or the style's matched to the content's.", group="strength"
    )

    backbone: Text = knob("lite0", "The network whose features are compared.", group="network")
    weights: str = knob(
        "", "A file with the network's weights; empty: the usual place.", group="network", advanced=True
    )
    style_layers: tuple[Text, ...] = knob(
        (), "Layers whose Gram matrices make the style; none: the usual ones.", group="network", advanced=True
    )
    content_layers: tuple[Text, ...] = knob(
        (), "Layers whose features make the content; none: the usual ones.", group="network", advanced=True
    )

    start: Literal["content", "noise"] = knob("content", "What the search begins with.", group="search", advanced=True)
    start_picture: str = knob(
        "", "A picture to begin with instead: a sample's name or a file.", group="search", advanced=True
    )
    scales: int = knob(4, "Sizes to paint at, from small to full.", group="search", ge=1, le=8)
    scale: float = knob(1.6, "How much larger each is than the last.", group="search", ge=1.1, le=4, advanced=True)
    steps: int = knob(100, "Steps at each size.", group="search", ge=1, le=10_000)
    optimiser: Literal["adam", "lbfgs"] = knob("adam", "The rule that turns gradients into steps.", group="search")
    learning_rate: float = knob(
        6.0, "How far a step of Adam changes the picture.", group="search", unit="levels", gt=0, le=100, advanced=True
    )

    preview_every: int = knob(
        5, "Steps from one live preview to the next; 0 shows none.", group="run", unit="steps", ge=0, le=100_000,
        advanced=True,
    )  # fmt: skip
    save_every: int = knob(
        0, "Steps from one kept picture to the next; 0 keeps the last one alone.",
        group="run", unit="steps", ge=0, le=100_000,
    )  # fmt: skip
    changes: tuple[Text, ...] = knob((), "Knobs that change on the way: STEP KNOB=VALUE.", group="run", advanced=True)
    seed: int = knob(0, "Start of all the random numbers.", group="run", ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.styles:
            raise ValueError("styles: name at least one picture")
        if self.blend and len(self.blend) != len(self.styles):
            raise ValueError(f"blend: {len(self.blend)} shares for {len(self.styles)} styles; give one a style")
        if self.blend and not sum(self.blend):
            raise ValueError("blend: at least one share must be above 0")
        if self.masks and len(self.masks) != len(self.styles):
            raise ValueError(f"masks: {len(self.masks)} pictures for {len(self.styles)} styles; give one a style")
        for text in self.changes:
            change = changing.parsed(text, TUNABLE)
            type(self).checked({**self.model_dump(), "changes": (), change.knob: change.value})
        return self

    def at(self, step: int) -> Self:
        """The recipe as it holds once `step` steps are done."""
        found = changing.due((changing.parsed(text, TUNABLE) for text in self.changes), step)
        return self.changed(**found) if found else self

    def shares(self) -> tuple[float, ...]:
        """How much of each style, together 1."""
        shares = self.blend or (1.0,) * len(self.styles)
        return tuple(share / sum(shares) for share in shares)
