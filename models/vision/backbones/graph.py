"""What is read off the graph of a Keras model: how the values of its layers lie over the picture."""

from __future__ import annotations

from typing import Any

import keras

from models.vision.backbones.geometry import Field, joined

WINDOWS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
POOLS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def fields(model: Any) -> dict[int, Field]:
    """The field of each tensor of a model that has one picture as input, by the tensor's `id`.

    Windows are taken to be square. A layer that keeps no place, such as a global mean, has no field.
    """
    found: dict[int, Field] = {}
    for layer in model.layers:
        inputs = [id(tensor) for tensor in keras.tree.flatten(layer.input)]
        if isinstance(layer, keras.layers.InputLayer):
            found[id(layer.output)] = Field()
        elif len(layer.output.shape) == 4 and all(each in found for each in inputs):
            found[id(layer.output)] = _through(layer, joined(found[each] for each in inputs))
    return found


def _through(layer: Any, field: Field) -> Field:
    if isinstance(layer, keras.layers.ZeroPadding2D):
        return field.through(1, before=layer.padding[0][0])
    if isinstance(layer, WINDOWS):
        kernel, stride, dilation = layer.kernel_size[0], layer.strides[0], layer.dilation_rate[0]
    elif isinstance(layer, POOLS):
        kernel, stride, dilation = layer.pool_size[0], layer.strides[0], 1
    else:
        return field
    span = dilation * (kernel - 1) + 1
    before = max(span - stride, 0) // 2 if layer.padding == "same" else 0
    return field.through(kernel, stride, before, dilation)
