"""The knobs of a dream: the picture, what the network is to see more of, and how the picture climbs there."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import StringConstraints, model_validator

from models import changes as changing
from models.dream import terms
from models.dream.changes import TUNABLE
from models.dream.presets import DEFAULT, PRESETS
from models.recipe import Recipe, knob

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class DreamRecipe(Recipe):
    """A picture that climbs towards what excites layers of a trained network (DeepDream: Mordvintsev, Olah and Tyka,
    "Inceptionism", 2015)."""

    family: ClassVar[str] = "dream"
    default_preset: ClassVar[str] = DEFAULT
    presets: ClassVar = PRESETS

    content: Text = knob("astronaut", "The picture to dream on: a sample's name or a file.", group="picture")
    side: int = knob(
        640, "The longer side is made at most so long; 0 leaves the picture as it is.",
        group="picture", unit="px", ge=0, le=32_768,
    )  # fmt: skip
    background: Text = knob(
        "white", "The colour that shows where the picture is transparent.", group="picture", advanced=True
    )
    keep_colour: bool = knob(False, "Keep the picture's own colours: dream in light and dark alone.", group="picture")

    backbone: Text = knob("lite0", "The network that dreams; model:NAME is a trained VAE or GAN.", group="network")
    weights: str = knob(
        "", "A file with the network's weights; empty: the usual place.", group="network", advanced=True
    )
    layers: tuple[Text, ...] = knob(
        (), "What to make strong: LAYER, LAYER=WEIGHT, LAYER:CHANNEL, LAYER:CHANNEL=WEIGHT; none: the usual ones.",
        group="network",
    )  # fmt: skip
    target_class: str = knob("", "Make it look like this: the name or number of an ImageNet class.", group="network")
    guide: str = knob("", "A picture whose features the dream takes up: a sample's name or a file.", group="network")

    octaves: int = knob(4, "Scales to dream at, from small to full size.", group="octaves", ge=1, le=12)
    octave_scale: float = knob(1.4, "How much larger each octave is than the last.", group="octaves", ge=1.05, le=4)
    steps: int = knob(40, "Steps in each octave.", group="octaves", ge=1, le=10_000)
    detail: float = knob(
        1.0, "How much of the picture's fine detail comes back from octave to octave.",
        group="octaves", ge=0, le=2, advanced=True,
    )  # fmt: skip

    step_size: float = knob(1.5, "How far a step changes the picture.", group="ascent", unit="levels", gt=0, le=100)
    normalise: Literal["rms", "laplacian", "none"] = knob(
        "laplacian", "Even out the gradient: over the picture, at each scale of it, or not at all.",
        group="ascent", advanced=True,
    )  # fmt: skip
    jitter: int = knob(
        16, "Random shift before each step; hides the network's grid.",
        group="ascent", unit="px", ge=0, le=512, advanced=True,
    )  # fmt: skip
    total_variation: float = knob(
        0.0, "How strongly each pixel is drawn to its neighbours: smoother.", group="ascent", ge=0, le=20
    )

    zoom_frames: int = knob(
        0, "Frames of an animation that zooms into the dream; 0: none.", group="zoom", ge=0, le=3000
    )
    zoom: float = knob(1.04, "How much each frame zooms in; below 1 it zooms out.", group="zoom", ge=0.8, le=1.5)
    rotate: float = knob(0.0, "How far each frame turns, against the clock.", group="zoom", unit="°", ge=-45, le=45)
    zoom_steps: int = knob(6, "Steps in each frame.", group="zoom", ge=1, le=1000, advanced=True)
    fps: float = knob(12.0, "Frames a second of the animation.", group="zoom", ge=1, le=60, advanced=True)
    animation: Literal["gif", "webp", "mp4"] = knob("mp4", "The kind of file of the animation.", group="zoom")

    tile: int = knob(
        0, "Side of the squares in which larger pictures go through the network; 0: by memory.",
        group="run", unit="px", ge=0, le=32_768, advanced=True,
    )  # fmt: skip
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
        for text in self.layers:
            terms.parsed(text)
        for text in self.changes:
            change = changing.parsed(text, TUNABLE)
            type(self).checked({**self.model_dump(), "changes": (), change.knob: change.value})
        return self

    def at(self, step: int) -> Self:
        """The recipe as it holds once `step` steps are done."""
        found = changing.due((changing.parsed(text, TUNABLE) for text in self.changes), step)
        return self.changed(**found) if found else self

    def changing(self) -> tuple[int, ...]:
        """After how many steps knobs change."""
        return tuple(sorted({changing.parsed(text, TUNABLE).step for text in self.changes}))

    def terms(self) -> tuple[terms.Term, ...]:
        """The layers asked for; none: the backbone's usual ones are meant, or only a class or a guide."""
        return tuple(map(terms.parsed, self.layers))
