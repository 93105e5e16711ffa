"""What a latent space needs of the model behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


class LatentModel(ABC):
    """A trained model that makes pictures of points in its latent space. Safe to use from one thread at a time.

    `latent` is the number of dimensions, `size` the pictures' (height, width), `channels` 1 or 3. `concepts` are those
    that came with the model.
    """

    family: str
    latent: int
    size: tuple[int, int]
    channels: int
    concepts: tuple[Concept, ...] = ()

    @abstractmethod
    def decode(self, latents: Latents) -> Pixels:
        """Pictures of points: float32 (n, latent) to uint8 (n, height, width, channels)."""

    @abstractmethod
    def encode(self, pixels: Pixels) -> Latents:
        """Points whose pictures are like `pixels`: uint8 (n, height, width, channels) to float32 (n, latent)."""

    @abstractmethod
    def draw(self, count: int, seed: int, truncation: float = 1.0) -> Latents:
        """Random points, float32 (count, latent); `truncation` below 1 stays nearer to the typical one."""

    @abstractmethod
    def principal(self) -> Latents:
        """Unit directions along which pictures change most, the strongest first: float32 (k, latent)."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """How far, in each dimension, points usually lie from the middle: the unit of a step."""
