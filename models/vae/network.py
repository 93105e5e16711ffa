"""The encoder and the decoder, as Keras models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from models.vae.recipe import VaeRecipe
from models.vae.shape import KERNEL, Shape


def encoder(recipe: VaeRecipe, shape: Shape, dtype: Any = "float32") -> Any:
    """Pictures (n, height, width, channels) in 0..1 to means and logarithms of variances, two tensors (n, latent)."""
    chance = _Chance(recipe.seed)
    inputs = keras.Input((*shape.size, shape.channels), dtype="float32", name="pictures")
    x = inputs
    if shape.padded != shape.size:
        x = keras.layers.ZeroPadding2D(shape.margins, dtype=dtype, name="pad")(x)
    for level, width in enumerate(shape.widths):
        x = keras.layers.Conv2D(
            width, KERNEL, 2, "same", activation="leaky_relu", kernel_initializer=chance.he(), dtype=dtype,
            name=f"down_{level}",
        )(x)  # fmt: skip
    x = keras.layers.Flatten(dtype=dtype, name="flat")(x)
    if recipe.hidden:
        x = keras.layers.Dense(
            recipe.hidden, activation="leaky_relu", kernel_initializer=chance.he(), dtype=dtype, name="hidden"
        )(x)
    mean = keras.layers.Dense(recipe.latent, kernel_initializer=chance.he(), dtype="float32", name="mean")(x)
    variance = keras.layers.Dense(recipe.latent, kernel_initializer="zeros", dtype="float32", name="log_variance")(x)
    return keras.Model(inputs, [mean, variance], name="encoder")


def decoder(recipe: VaeRecipe, shape: Shape, dtype: Any = "float32") -> Any:
    """Points (n, latent) to logits (n, height, width, channels): the logistic function makes pictures of them."""
    chance = _Chance(recipe.seed + 1)
    inputs = keras.Input((recipe.latent,), dtype="float32", name="points")
    x = inputs
    if recipe.hidden:
        x = keras.layers.Dense(
            recipe.hidden, activation="leaky_relu", kernel_initializer=chance.he(), dtype=dtype, name="hidden"
        )(x)
    x = keras.layers.Dense(
        shape.inner[0] * shape.inner[1] * shape.widths[-1], activation="leaky_relu", kernel_initializer=chance.he(),
        dtype=dtype, name="start",
    )(x)  # fmt: skip
    x = keras.layers.Reshape((*shape.inner, shape.widths[-1]), dtype=dtype, name="shape")(x)
    for level, width in enumerate((*reversed(shape.widths[:-1]), shape.last)):
        x = keras.layers.Conv2DTranspose(
            width, KERNEL, 2, "same", activation="leaky_relu", kernel_initializer=chance.he(), dtype=dtype,
            name=f"up_{level}",
        )(x)  # fmt: skip
    x = keras.layers.Conv2D(
        shape.channels, 3, padding="same", kernel_initializer=chance.he(), dtype="float32", name="picture"
    )(x)
    if shape.padded != shape.size:
        x = keras.layers.Cropping2D(shape.margins, dtype="float32", name="crop")(x)
    return keras.Model(inputs, x, name="decoder")


def named(model: Any) -> Mapping[str, Any]:
    """The variables of one of the models by layer and name."""
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


class _Chance:
    """Initialisers with seeds that follow from the model's."""

    def __init__(self, seed: int) -> None:
        self._next = seed * 1000

    def he(self) -> Any:
        self._next += 1
        return keras.initializers.HeNormal(seed=self._next % 2**31)
