"""Puts weights into Keras models: arrays by name, random ones, or those of a file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError, UsageError, shown

KERAS_ENDINGS = (".h5", ".hdf5")


def assign(model: Any, arrays: Mapping[str, NDArray[Any]], source: str) -> None:
    """Set all weights of a model from arrays such as `stem/kernel`. All are looked at before the first is set.

    Raises CorruptFileError, with the name of their `source`, if one is missing or has another shape.
    """
    variables = {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}
    for name, variable in variables.items():
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            raise CorruptFileError(
                f"{shown(source)} does not fit {model.name}: it lacks {name} {tuple(variable.shape)}"
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])


def randomise(layers: Iterable[Any], name: str) -> None:
    """Set the weights of layers to ones that follow from `name`: kernels by He et al. 2015, no biases, and a batch
    normalisation that does nothing."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    for layer in layers:
        for variable in layer.weights:
            shape = tuple(variable.shape)
            if variable.name == "kernel":
                inputs = shape[:2] if isinstance(layer, keras.layers.DepthwiseConv2D) else shape[:-1]
                variable.assign(random.standard_normal(shape, np.float32) * np.float32((2 / np.prod(inputs)) ** 0.5))
            else:
                variable.assign(np.full(shape, float(variable.name in ("gamma", "moving_variance")), np.float32))


def read(model: Any, file: Path) -> None:
    """Set all weights from a file in Keras's layout: `.weights.h5`, or the older `.h5`. It holds numbers alone.

    Raises UsageError for another kind of file, CorruptFileError if it cannot be read or is that of another network.
    """
    if file.suffix not in KERAS_ENDINGS:
        raise UsageError(f"{str(file)!r} is no file of Keras weights: they end in .h5")
    try:
        model.load_weights(file)
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as error:
        raise CorruptFileError(f"{str(file)!r} does not hold the weights of {model.name}") from error
