"""A trained network as dreams and styles use it: layers by name, pictures in, and gradients back to the pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from models.errors import UsageError
from models.vision.backbones.geometry import Field
from models.vision.backbones.graph import fields
from models.vision.backbones.scaling import Scaling

LOGITS = "logits"

Features = Callable[[Any], list[Any]]
"""Takes pictures, float32 (n, height, width, 3), RGB of 0..255; gives a tensor (n, height, width, channels) a layer."""


class Network:
    """A frozen network. Its layers go by the names of the catalogue, from shallow to deep.

    `inputs` is the Keras input that takes scaled pictures of any size, `layers` maps names to Keras tensors.
    `logits`, where the network knows classes, makes the tensor of their scores (n, classes) when first asked for.
    """

    def __init__(
        self,
        name: str,
        inputs: Any,
        layers: Mapping[str, Any],
        *,
        scaling: Scaling,
        minimum: int,
        classes: Sequence[str] = (),
        logits: Callable[[], Any] | None = None,
    ) -> None:
        self.name, self.minimum, self.classes = name, minimum, tuple(classes)
        self.preprocess, self.deprocess = scaling.preprocess, scaling.deprocess
        self.layers = tuple(layers)
        self._inputs, self._tensors, self._logits = inputs, dict(layers), logits
        self._fields = fields(keras.Model(inputs, list(layers.values())))

    def features(self, layers: Sequence[str]) -> Features:
        """A function from pictures to these layers, in this order, that computes nothing deeper than the deepest one.

        It works in eager mode and in any `tf.function`, compiled or not, for sizes known or not; gradients flow to
        the pictures, and no variable is trainable. `logits` may be asked for among the layers. Raises UsageError for
        an unknown layer here, and for a picture that is too small when it is called.
        """
        names = tuple(layers)
        model = keras.Model(self._inputs, [self._tensor(name) for name in names])

        def run(pixels: Any) -> list[Any]:
            self.check_size(pixels.shape[1], pixels.shape[2])
            return list(keras.tree.flatten(model(self.preprocess(pixels), training=False)))

        return run

    def logits(self, pixels: Any) -> Any:
        """The scores of the classes before the softmax, (n, classes). Raises UsageError if it knows none; may have to
        fetch a file the first time, and then as `load` does."""
        (scores,) = self.features([LOGITS])(pixels)
        return scores

    def channels(self, layer: str) -> int:
        """How many channels a layer has. Raises UsageError for an unknown one, as all that takes a layer does."""
        return int(self._tensor(layer).shape[-1])

    def field(self, layer: str) -> Field:
        """How a layer's values lie over the picture, along one axis.

        It holds for pictures whose sides are multiples of the stride: others some networks pad in another way.
        """
        return self._fields[id(self._tensor(layer))]

    def stride(self, layer: str) -> int:
        """How many pixels apart two neighbouring values of a layer are."""
        return self.field(layer).stride

    def reach(self, layer: str) -> int:
        """How many pixels, along one axis, a value of a layer depends on at most."""
        return self.field(layer).reach

    def check_size(self, height: int | None, width: int | None) -> None:
        """Raises UsageError if a picture is too small for this network; None is a size not known yet."""
        if any(side is not None and side < self.minimum for side in (height, width)):
            raise UsageError(
                f"{self.name} needs pictures of at least {self.minimum}x{self.minimum} pixels, not {width}x{height}"
            )

    def _tensor(self, layer: str) -> Any:
        if layer == LOGITS and LOGITS not in self._tensors and self._logits is not None:
            with tf.init_scope():  # weights cannot be made while a function is traced
                self._tensors[LOGITS] = self._logits()
        if layer not in self._tensors:
            raise UsageError(f"{self.name} has no layer {layer!r}; it has {', '.join(self.layers)}")
        return self._tensors[layer]
