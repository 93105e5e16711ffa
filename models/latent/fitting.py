"""Pictures of any size as a model takes them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from models.latent.model import LatentModel, Latents, Pixels


def fit_for(model: LatentModel, picture: Pixels) -> Pixels:
    """A picture uint8 (height, width, 3), its middle cut out and scaled: uint8 (1, *model.size, model.channels)."""
    height, width = model.size
    image = Image.fromarray(picture)
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    if model.channels == 1:
        return np.asarray(image.convert("L"))[None, :, :, None]
    return np.asarray(image)[None]


def encoded(model: LatentModel, picture: Pixels) -> Latents:
    """The point, float32 (latent,), whose picture is like `picture`, uint8 (height, width, 3) of any size."""
    return np.asarray(model.encode(fit_for(model, picture))[0])
