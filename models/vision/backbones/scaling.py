"""From the pixels of a picture to what a network was trained on, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Scaling:
    """(pixels - mean) / deviation by channel, in levels of 0..255; `is_bgr`: blue comes first, in these numbers too.

    Both ways take and give float32 arrays or tensors whose last axis is the colour.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    is_bgr: bool = False

    def preprocess(self, pixels: Any) -> Any:
        """RGB of 0..255 as the network wants it."""
        ordered = pixels[..., ::-1] if self.is_bgr else pixels
        return (ordered - np.asarray(self.mean, np.float32)) / np.asarray(self.deviation, np.float32)

    def deprocess(self, values: Any) -> Any:
        """RGB of 0..255, neither rounded nor clipped."""
        pixels = values * np.asarray(self.deviation, np.float32) + np.asarray(self.mean, np.float32)
        return pixels[..., ::-1] if self.is_bgr else pixels


CAFFE = Scaling((103.939, 116.779, 123.68), (1.0, 1.0, 1.0), is_bgr=True)
"""VGG's and ResNet's: the mean colour of ImageNet taken away."""

SYMMETRIC = Scaling((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
"""Inception's and MobileNet's: -1 to 1."""

IMAGENET = Scaling(
    (0.485 * 255, 0.456 * 255, 0.406 * 255),
    (0.229 * 255, 0.224 * 255, 0.225 * 255),
)
"""torchvision's, and EfficientNet's: mean 0 and deviation 1 over ImageNet."""
