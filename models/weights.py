"""Weights from a checkpoint into the variables of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError


def put(variables: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], prefix: str = "weights/") -> None:
    """Set variables, each from the array of its name after `prefix`; 16 bits become the 32 that are computed with.

    Raises CorruptFileError for an array that is missing, of another shape, or not finite.
    """
    for name, variable in variables.items():
        array = arrays.get(f"{prefix}{name}")
        if array is None or array.shape != tuple(variable.shape):
            raise CorruptFileError(f"the model has no array {prefix}{name} of shape {tuple(variable.shape)}")
        if not np.isfinite(array).all():
            raise CorruptFileError(f"the model's array {prefix}{name} holds numbers that are not finite")
        variable.assign(array.astype(np.float32))
