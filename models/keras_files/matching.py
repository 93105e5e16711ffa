"""Layers of a Keras file put in the places of a model's arrays, by their order and their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.errors import UserError
from models.keras_files.stored import Layer

Arrays = dict[str, NDArray[Any]]


def matched(layers: Sequence[Layer], like: Checkpoint) -> Arrays:
    """The arrays of a model with the recipe of `like`, float32, by their names in a checkpoint.

    Raises UserError, in one line, where the layers are not those of that model, or hold numbers that are not finite.
    """
    family = like.meta["family"]
    if family == "text":
        found = text(layers, like.arrays)
    elif family == "vae":
        found = vae(layers, like.arrays)
    else:
        raise UserError(
            "a GAN's layers here compute as no layers of Keras do (styles, scaled weights): from Keras files, weights "
            "of text models and VAEs alone are taken"
        )
    for name, array in found.items():
        if array.shape != like.arrays[name].shape:
            raise UserError(
                f"its {name[8:]} is {array.shape}, and that of the model it is to be like {shape(like, name)}"
            )
        if not np.isfinite(array).all():
            raise UserError(f"its {name[8:]} holds numbers that are not finite")
    return {name: np.asarray(array, np.float32, order="C") for name, array in found.items()}


def shape(like: Checkpoint, name: str) -> tuple[int, ...]:
    found: tuple[int, ...] = like.arrays[name].shape
    return found


def text(layers: Sequence[Layer], like: Mapping[str, NDArray[Any]]) -> Arrays:
    """An embedding, or none; LSTM or GRU layers, whose gates Keras orders as we do; a dense layer.

    A layer without biases gets zeros, which is the same.
    """
    vectors = like.get("weights/embedding")
    count = sum(name.endswith("/recurrent") for name in like)
    recurrent = [layer for layer in layers if is_recurrent(layer)]
    others = [layer for layer in layers if not is_recurrent(layer)]
    embeddings = [layer for layer in others if vectors is not None and is_embedding(layer, vectors.shape)][:1]
    dense = [layer for layer in others if layer not in embeddings]
    if len(recurrent) != count or len(dense) != 1 or len(embeddings) != (vectors is not None):
        wanted = f"{'an embedding, ' if vectors is not None else ''}{count} recurrent and 1 dense"
        raise UserError(f"its layers are {listed(layers)}; the model it is to be like has {wanted}")
    found: Arrays = {} if vectors is None else {"weights/embedding": embeddings[0].arrays[0]}
    for place, layer in enumerate(recurrent):
        kernel, inner = layer.arrays[:2]
        bias = layer.arrays[2] if len(layer.arrays) > 2 else np.zeros(like[f"weights/rnn_{place}/bias"].shape)
        found[f"weights/rnn_{place}/kernel"] = kernel
        found[f"weights/rnn_{place}/recurrent"] = inner
        found[f"weights/rnn_{place}/bias"] = bias
    return found | weights_and_bias("weights/dense", dense[0], like)


def vae(layers: Sequence[Layer], like: Mapping[str, NDArray[Any]]) -> Arrays:
    """The parts `encoder` and `decoder` of a model: convolutions and dense layers, each kind in its order.

    What is no network stays as it is in `like`, or is left out: the scale stays, concepts and the spread of points go.
    """
    found: Arrays = {"weights/log_scale": like["weights/log_scale"]}
    for part in ("encoder", "decoder"):
        mine = [layer for layer in layers if part in layer.path.split("/")]
        names = {name[: -len("/kernel")] for name in like if name.startswith(f"weights/{part}/") and "/kernel" in name}
        for kind, wanted in places(part, names).items():
            there = [layer for layer in mine if kind_of(layer) == kind]
            if kind == "dense" and part == "encoder":
                there = mean_first(there)
            if len(there) != len(wanted):
                raise UserError(
                    f"its {part} has {len(there)} layers of {kind}, and the model it is to be like {len(wanted)}"
                )
            for name, layer in zip(wanted, there, strict=True):
                found |= weights_and_bias(f"weights/{part}/{name}", layer, like)
    return found


def places(part: str, names: set[str]) -> dict[str, list[str]]:
    """The layers of a part by their kind, each in its order."""
    own = {name.rpartition("/")[2] for name in names}
    if part == "encoder":
        dense: list[str] = [name for name in ("hidden", "mean", "log_variance") if name in own]
        return {"convolution": sorted(name for name in own if name.startswith("down_")), "dense": dense}
    dense = [name for name in ("hidden", "start") if name in own]
    return {"convolution": ["picture"], "transposed": sorted(own - {*dense, "picture"}), "dense": dense}


def kind_of(layer: Layer) -> str:
    if layer.arrays[0].ndim == 2:
        return "dense"
    return "transposed" if "transpose" in layer.path or layer.name.startswith("up_") else "convolution"


def mean_first(layers: list[Layer]) -> list[Layer]:
    """The two last dense layers of an encoder are the mean and the variance; their names tell where they are turned."""
    if len(layers) > 1 and "var" in layers[-2].name and "var" not in layers[-1].name:
        return [*layers[:-2], layers[-1], layers[-2]]
    return layers


def weights_and_bias(name: str, layer: Layer, like: Mapping[str, NDArray[Any]]) -> Arrays:
    bias = layer.arrays[1] if len(layer.arrays) > 1 else np.zeros(like[f"{name}/bias"].shape)
    return {f"{name}/kernel": layer.arrays[0], f"{name}/bias": bias}


def is_recurrent(layer: Layer) -> bool:
    """Whether a layer has a kernel and one for its own state."""
    return len(layer.arrays) in (2, 3) and layer.arrays[0].ndim == layer.arrays[1].ndim == 2


def is_embedding(layer: Layer, shape: tuple[int, ...]) -> bool:
    return len(layer.arrays) == 1 and layer.arrays[0].shape == shape


def listed(layers: Sequence[Layer]) -> str:
    """The layers of a file in a few words."""
    told = [f"'{layer.name or layer.path}'" for layer in layers[:6]]
    return (", ".join(told) or "none") + (f" and {len(layers) - 6} more" if len(layers) > 6 else "")
