"""What a latent space needs of the model behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError, shown

Latents = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Concept:
    """A direction in a latent space that has a name.

    `direction` is float32 (latent,): adding it once leads from pictures without the attribute to pictures with it,
    or from the low to the high end of a number.
    """

    name: str
    direction: Latents


@dataclass(frozen=True, slots=True)
class Style:
    """The style of another point, taken over by the fine layers of a picture: style mixing (Karras et al., "A
    style-based generator architecture for GANs", 2019, section 3.1).

    `point` is float32 (latent,); the first `layers` layers, the coarse ones, keep the style of the picture's own
    point. `name` tells whose it is: a mark's letter, or a seed.
    """

    point: Latents
    layers: int
    name: str = ""

    def told(self, depth: int) -> str:
        """It in a few words, for a model of `depth` layers, which are counted from 1."""
        return f"style of {self.name} from layer {self.layers + 1} of {depth}"


class LatentModel(ABC):
    """A trained model that makes pictures of points in its latent space. Safe to use from one thread at a time.

    `latent` is the number of dimensions, `size` the pictures' (height, width), `channels` 1 or 3. `concepts` are those
    that came with the model. `depth` is the number of layers that take a style each, 0 where there are no styles.
    """

    family: str
    latent: int
    size: tuple[int, int]
    channels: int
    concepts: tuple[Concept, ...] = ()
    depth: int = 0

    @abstractmethod
    def decode(self, latents: Latents) -> Pixels:
        """Pictures of points: float32 (n, latent) to uint8 (n, height, width, channels)."""

    @abstractmethod
    def encode(self, pixels: Pixels) -> Latents:
        """Points whose pictures are like `pixels`: uint8 (n, height, width, channels) to float32 (n, latent)."""

    @abstractmethod
    def draw(self, count: int, seed: int, truncation: float = 1.0) -> Latents:
        """Random points, float32 (count, latent); `truncation` below 1 stays nearer to the typical one."""

    def mix(self, coarse: Latents, fine: Latents, layers: int) -> Pixels:  # noqa: ARG002  # for those that can
        """Pictures with the coarse styles in the first `layers` layers and the fine ones in the rest.

        Both are float32 (n, latent), `layers` 0 to `depth`; uint8 (n, height, width, channels). Raises UsageError for
        a model without styles.
        """
        raise unstyled(self.family)

    @abstractmethod
    def principal(self) -> Latents:
        """Unit directions along which pictures change most, the strongest first: float32 (k, latent)."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """How far, in each dimension, points usually lie from the middle: the unit of a step."""


def made(model: LatentModel, points: Latents, style: Style | None = None) -> Pixels:
    """Pictures of points, float32 (n, latent), in the style of another point if one is given: uint8 (n, height, width,
    channels). Raises UsageError for a model without styles, or with fewer layers than are to keep their own."""
    if style is None:
        return model.decode(points)
    if model.depth and style.layers > model.depth:
        raise UsageError(f"layers: this model has {model.depth} that take a style, not {style.layers}")
    return model.mix(points, np.repeat(style.point[None], len(points), axis=0), style.layers)


def unstyled(family: str) -> UsageError:
    """What is wrong with mixing the styles of a family that has none."""
    return UsageError(f"a {shown(family.upper())} has no styles to mix: that takes a GAN")
