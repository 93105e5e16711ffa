"""Makes batch normalisation part of the convolutions before it: the same function with less to compute and to keep."""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def folded(model: Any) -> Any:
    """A frozen model without the normalisations that follow a convolution directly: a copy, if there are any.

    Layers keep their names; a normalisation's name stays with a layer that does nothing.
    """
    uses = Counter(id(tensor) for layer in model.layers for tensor in keras.tree.flatten(layer.input))
    uses.update(id(tensor) for tensor in model.outputs)
    norms = {id(layer.input): layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
    pairs = {
        layer.name: (layer, norms[id(layer.output)])
        for layer in model.layers
        if isinstance(layer, CONVOLUTIONS)
        and layer.activation is keras.activations.linear
        and id(layer.output) in norms
        and uses[id(layer.output)] == 1
    }
    if not pairs:
        return model
    gone = {norm.name for _, norm in pairs.values()}

    def copy(layer: Any) -> Any:
        if layer.name in gone:
            return keras.layers.Identity(name=layer.name)
        config = layer.get_config()
        return layer.__class__.from_config({**config, "use_bias": True} if layer.name in pairs else config)

    def call(layer: Any, *inputs: Any, **options: Any) -> Any:
        return layer(*inputs, **({} if layer.name in gone else options))  # the options are a normalisation's

    found = keras.models.clone_model(model, clone_function=copy, call_function=call)
    found.trainable = False
    for layer in model.layers:
        if layer.name in pairs:
            found.get_layer(layer.name).set_weights(fold(*pairs[layer.name]))
        elif layer.weights and layer.name not in gone:
            found.get_layer(layer.name).set_weights(layer.get_weights())
    return found


def fold(layer: Any, norm: Any) -> list[NDArray[np.float32]]:
    """Kernel and bias that do what a convolution and the normalisation after it do."""
    scale = (norm.moving_variance.numpy().astype(np.float64) + norm.epsilon) ** -0.5
    if norm.gamma is not None:
        scale *= norm.gamma.numpy()
    shift = 0.0 if norm.beta is None else norm.beta.numpy()
    kernel, bias = layer.kernel.numpy(), 0.0 if layer.bias is None else layer.bias.numpy()
    by_channel = scale[:, None] if isinstance(layer, keras.layers.DepthwiseConv2D) else scale
    return [
        (kernel * by_channel).astype(np.float32),
        (shift + (bias - norm.moving_mean.numpy()) * scale).astype(np.float32),
    ]
