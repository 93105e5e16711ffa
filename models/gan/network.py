"""The generator and the discriminator, small enough to be trained on a laptop.

The generator is style-based: a mapping network turns a random point into a style, which weighs the channels of every
layer, and each size adds its part to the picture (Karras et al., "A style-based generator architecture for GANs", 2019,
and "Analyzing and improving StyleGAN", 2020). The discriminator is a plain pyramid of strided convolutions that also
sees how much the pictures of a batch differ (Karras et al., "Progressive growing of GANs", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from models.gan.layers import Conv, Dense, Layer, Styled, doubled, leaky
from models.gan.recipe import GanRecipe
from models.gan.shape import FIRST, channels, fine_channels


class Mapping:
    """Random points to styles: (n, latent) to (n, latent)."""

    def __init__(self, recipe: GanRecipe, seed: Any) -> None:
        size = recipe.latent
        self.layers = [Dense(f"mapping/{index}", size, size, seed=seed) for index in range(recipe.mapping)]

    def __call__(self, z: Any) -> Any:
        x = z * tf.math.rsqrt(tf.reduce_mean(tf.square(z), axis=1, keepdims=True) + 1e-8)
        for layer in self.layers:
            x = leaky(layer(x))
        return x


class Generator:
    """Styles to pictures in -1..1, float32 (n, side, side, channels). `dtype` is that of its convolutions."""

    def __init__(self, recipe: GanRecipe, colours: int, seed: Any, dtype: str = "float32") -> None:
        side, width = FIRST, channels(recipe, FIRST)
        self.dtype = dtype
        self.mapping = Mapping(recipe, seed)
        self.first = Dense("start", recipe.latent, side * side * width, seed=seed)
        self.width = width
        self.narrowing: list[Styled] = []
        self.refining: list[Styled] = []
        self.colours: list[Conv] = []
        assert recipe.size is not None
        while side < recipe.size:
            side *= 2
            wide = channels(recipe, side)
            self.narrowing.append(Styled(f"{side}/narrow", width, wide, recipe.latent, seed=seed))
            self.refining.append(Styled(f"{side}/refine", wide, wide, recipe.latent, seed=seed))
            self.colours.append(Conv(f"{side}/colour", wide, colours, 3 if side == recipe.size else 1, seed=seed))
            width = wide

    @property
    def depth(self) -> int:
        """How many styles a picture takes: one for the start, one for each doubling."""
        return 1 + len(self.colours)

    def named(self) -> dict[str, Any]:
        """What is trained, by name."""
        styled = [*self.narrowing, *self.refining]
        layers: list[Layer | Styled] = [*self.mapping.layers, self.first, *styled, *self.colours]
        return {name: variable for layer in layers for name, variable in layer.named().items()}

    def __call__(self, styles: Any | Sequence[Any]) -> Any:
        """Pictures of styles (n, latent), or of one such for each of the `depth` layers, coarse to fine."""
        each = list(styles) if isinstance(styles, list | tuple) else [styles] * self.depth
        x = tf.cast(leaky(tf.reshape(self.first(each[0]), [-1, FIRST, FIRST, self.width])), self.dtype)
        picture: Any = None
        for narrow, refine, colour, w in zip(self.narrowing, self.refining, self.colours, each[1:], strict=True):
            # Channels are given up before the size doubles, for a quarter of the work; and it doubles smoothly: what
            # a strided kernel doubles stays grainy for long.
            x = refine(doubled(narrow(x, w)), w)
            seen = tf.cast(colour(x), tf.float32)
            picture = seen if picture is None else doubled(picture) + seen
        return tf.tanh(picture)


class Discriminator:
    """Pictures in -1..1 to scores (n,): the higher, the more real. `dtype` is that of its layers' work."""

    def __init__(self, recipe: GanRecipe, colours: int, seed: Any, dtype: str = "float32") -> None:
        assert recipe.size is not None
        self.dtype = dtype
        side, inputs = recipe.size, colours
        self.convs: list[Conv] = []
        plain = {"seed": seed, "spectral": recipe.spectral_norm}
        # Without a look at the full size the generator gets away with grain and rings.
        fine = fine_channels(recipe)
        self.convs.append(Conv(f"{side}/fine", inputs, fine, 3, **plain))
        inputs = fine
        while side > FIRST:
            side //= 2
            filters = channels(recipe, side)
            self.convs.append(Conv(f"{side}/down", inputs, filters, 4, 2, **plain))
            inputs = filters
        self.last = Conv("last/conv", inputs + 1, inputs, 3, **plain)
        self.hidden = Dense("last/hidden", FIRST * FIRST * inputs, inputs, **plain)
        self.score = Dense("last/score", inputs, 1, **plain)

    @property
    def layers(self) -> list[Any]:
        return [*self.convs, self.last, self.hidden, self.score]

    def named(self) -> dict[str, Any]:
        """What is trained, by name."""
        return {name: variable for layer in self.layers for name, variable in layer.named().items()}

    def norms(self) -> dict[str, Any]:
        """The vectors of the power iterations, by name."""
        return {f"{layer.name}/norm": layer.norm for layer in self.layers if layer.norm is not None}

    def features(self, x: Any, *, turn: bool = False) -> list[Any]:
        """The outputs of the convolutions, from large to small."""
        found = []
        x = tf.cast(x, self.dtype)
        for conv in self.convs:
            x = leaky(conv(x, turn=turn))
            found.append(x)
        return found

    def __call__(self, pictures: Any, *, turn: bool = False) -> Any:
        x = self.features(pictures, turn=turn)[-1]
        spread = tf.sqrt(tf.math.reduce_variance(tf.cast(x, tf.float32), axis=0) + 1e-8)
        alike = tf.ones_like(x[..., :1]) * tf.cast(tf.reduce_mean(spread), x.dtype)
        x = leaky(self.last(tf.concat([x, alike], axis=-1), turn=turn))
        x = leaky(self.hidden(tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]]), turn=turn))
        return tf.cast(self.score(x, turn=turn)[:, 0], tf.float32)
