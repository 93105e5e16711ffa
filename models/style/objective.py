"""What a style transfer makes small: how far the styles' Gram matrices, the content's features and smoothness are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.vision.executor import executor
from models.vision.losses import EPSILON, gram, masked_gram, relative, total_variation

Floats = NDArray[np.float32]
PARTS = ("style", "content", "variation")
SCALES = np.array([20.0, 0.3, 15.0], np.float32)
"""What a weight of 1 means for each part; found by looking."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What a picture of one size is compared with.

    `grams` has, for each style layer, a tensor (styles, channels, channels); `contents` the features (height, width,
    channels) of each content layer; `masks` for each style layer a tensor (styles, height, width), or (0, 0, 0) where
    all styles are blended everywhere: `grams` then holds one matrix a layer.
    """

    grams: list[Any]
    contents: list[Any]
    masks: list[Any]


class Objective:
    """The loss of a picture, and its gradient, through one network cut at the deepest layer that is used.

    A style's part is the mean over layers of the squared distance of Gram matrices, in parts of the target's squared
    length, so that every layer, network and size counts alike; the content's part is measured the same way. `masked`
    says that its targets will come with masks.
    """

    def __init__(
        self, network: Any, style_layers: Sequence[str], content_layers: Sequence[str], *, masked: bool = False
    ) -> None:
        self.network = network
        self._style_loss = _each_in_its_place if masked else _everywhere
        self.style_layers, self.content_layers = tuple(style_layers), tuple(content_layers)
        self.layers = tuple(dict.fromkeys((*style_layers, *content_layers)))
        self._features = network.features(self.layers)
        self._executor: Callable[[], AbstractContextManager[Any]] = executor()
        styles, contents = len(self.style_layers), len(self.content_layers)
        self._look = tf.function(
            self._traced,
            input_signature=[
                tf.TensorSpec([None, None, 3], tf.float32),
                [tf.TensorSpec([None, None, None], tf.float32)] * styles,
                [tf.TensorSpec([None, None, None], tf.float32)] * contents,
                [tf.TensorSpec([None, None, None], tf.float32)] * styles,
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([3], tf.float32),
            ],
            autograph=False,
        )
        self._see = tf.function(
            self._seen, input_signature=[tf.TensorSpec([None, None, 3], tf.float32)], autograph=False
        )

    def targets(
        self, content: Floats, styles: Sequence[Floats], shares: Sequence[float], masks: Sequence[Floats] = ()
    ) -> Targets:
        """The targets for a picture of the size of `content`; pictures are float32 (height, width, 3) of 0..255.

        `shares` says how much of each style there is, together 1; without `masks`, one (height, width) of 0..1 a
        style, they are blended.
        """
        with self._executor():
            seen = dict(zip(self.layers, self._see(content), strict=True))
            grams: dict[str, list[Any]] = {layer: [] for layer in self.style_layers}
            for style in styles:
                found = dict(zip(self.layers, self._see(style), strict=True))
                for layer in self.style_layers:
                    grams[layer].append(gram(found[layer]))
        contents = [seen[layer] for layer in self.content_layers]
        if masks:
            placed = [tf.stack([_fitted(mask, seen[layer].shape[:2]) for mask in masks]) for layer in self.style_layers]
            return Targets([tf.stack(grams[layer]) for layer in self.style_layers], contents, placed)
        blended = [
            tf.add_n([share * each for share, each in zip(shares, grams[layer], strict=True)])[None]
            for layer in self.style_layers
        ]
        return Targets(blended, contents, [tf.zeros((0, 0, 0))] * len(self.style_layers))

    def gradient(
        self, picture: Floats, targets: Targets, shares: Sequence[float], weights: Sequence[float]
    ) -> tuple[NDArray[np.float64], Floats]:
        """The weighted parts of the loss, (3,), and the gradient of their sum, of the picture's shape."""
        part_shares = shares if len(targets.masks[0]) else (1.0,)
        scaled = np.asarray(weights, np.float32) * SCALES
        with self._executor():
            parts, slope = self._look(
                picture, targets.grams, targets.contents, targets.masks, np.asarray(part_shares, np.float32), scaled
            )
        return np.asarray(parts, np.float64), np.asarray(slope)

    def _seen(self, picture: Any) -> list[Any]:
        return [tf.squeeze(feature, 0) for feature in self._features(picture[None])]

    def _traced(
        self, picture: Any, grams: Any, contents: Any, masks: Any, shares: Any, weights: Any
    ) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(picture)
            seen = dict(zip(self.layers, self._seen(picture), strict=True))
            styles = [
                self._style_loss(seen[layer], targets, placed, shares)
                for layer, targets, placed in zip(self.style_layers, grams, masks, strict=True)
            ]
            held = [relative(seen[layer], target) for layer, target in zip(self.content_layers, contents, strict=True)]
            parts = tf.stack(
                [
                    tf.add_n(styles) / float(len(styles)),
                    tf.add_n(held) / float(len(held)),
                    total_variation(picture / 255.0),
                ]
            )
            # A weight of 0 leaves a part out even where it is not finite.
            weighted = tf.where(weights > 0, parts * weights, tf.zeros_like(parts))
            loss = tf.reduce_sum(weighted)
        return weighted, tape.gradient(loss, picture)


def _everywhere(features: Any, targets: Any, masks: Any, shares: Any) -> Any:  # noqa: ARG001
    """How far the features are from the blended styles."""
    return relative(gram(features), targets[0])


def _each_in_its_place(features: Any, targets: Any, masks: Any, shares: Any) -> Any:
    """How far they are from each style where its mask is on, in parts of that place's share of the picture."""
    areas = shares * tf.reduce_mean(masks, axis=[1, 2])

    def one(index: Any) -> Any:
        return areas[index] * relative(masked_gram(features, masks[index]), targets[index])

    found = tf.map_fn(one, tf.range(tf.shape(masks)[0]), fn_output_signature=tf.float32)
    return tf.reduce_sum(found) / (tf.reduce_sum(areas) + EPSILON)


def _fitted(mask: Floats, size: Any) -> Any:
    return tf.image.resize(mask[..., None], size, method="area")[..., 0]
