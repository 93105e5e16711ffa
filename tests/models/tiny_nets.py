"""A VAE and a GAN with random weights and no training. Imports TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.checkpoint import Checkpoint
from models.gan.network import Discriminator, Generator
from models.gan.recipe import GanRecipe
from models.vae.nets import Nets
from models.vae.recipe import VaeRecipe
from models.vae.shape import Shape


def vae_checkpoint(size: tuple[int, int] = (32, 32), channels: int = 1, **knobs: Any) -> Checkpoint:
    """A VAE of few numbers, that knows one concept."""
    recipe = VaeRecipe.preset(**{"width": 4, "most": 8, "hidden": 16, "latent": 6, **knobs})
    nets = Nets(recipe, Shape.of(recipe, size, channels))
    arrays = {f"weights/{name}": variable.numpy() for name, variable in nets.named().items()}
    arrays["weights/concepts"] = np.random.default_rng(0).normal(size=(1, recipe.latent)).astype(np.float32)
    arrays["weights/code_mean"] = np.zeros(recipe.latent, np.float32)
    arrays["weights/code_covariance"] = np.eye(recipe.latent, dtype=np.float32)
    return Checkpoint(_meta(recipe, size, channels, ["slant"]), arrays)


def gan_checkpoint(channels: int = 1, **knobs: Any) -> Checkpoint:
    """A GAN of few numbers."""
    recipe = GanRecipe.preset(**{"width": 4, "most": 8, "latent": 8, **knobs})
    judge = Discriminator(recipe, channels, 1)
    arrays = {f"weights/generator/{name}": v.numpy() for name, v in Generator(recipe, channels, 0).named().items()}
    arrays |= {f"weights/discriminator/{name}": v.numpy() for name, v in {**judge.named(), **judge.norms()}.items()}
    return Checkpoint(_meta(recipe, (32, 32), channels, []), arrays)


def _meta(recipe: VaeRecipe | GanRecipe, size: tuple[int, int], channels: int, concepts: list[str]) -> dict[str, Any]:
    data = {"name": "blots", "identity": "0", "count": 20, "size": list(size), "channels": channels, "attributes": []}
    return {
        "family": recipe.family, "recipe": recipe.model_dump(mode="json"), "concepts": concepts, "data": data,
        "step": 3, "epoch": 0.5, "seconds": 2.0, "metrics": {"loss": 1.5},
    }  # fmt: skip
