"""The networks of keras.applications. Their classes are in a second file, which is larger and seldom needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from models import downloads
from models.downloads import Download, Progress
from models.errors import CorruptFileError, UsageError
from models.vision.backbones import catalog
from models.vision.backbones.classes import classes
from models.vision.backbones.folding import folded
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import CAFFE, SYMMETRIC
from models.vision.backbones.weights import randomise, read

MAKERS: dict[str, Callable[..., Any]] = {
    "inception_v3": keras.applications.InceptionV3,
    "vgg16": keras.applications.VGG16,
    "vgg19": keras.applications.VGG19,
    "resnet50": keras.applications.ResNet50,
    "mobilenet_v2": keras.applications.MobileNetV2,
}
BGR = ("vgg16", "vgg19", "resnet50")
DENSE = {"vgg16": 4096, "vgg19": 4096}
"""Units of the two dense layers before the classes; the other networks take the mean over all places instead."""

PLACES = 7
"""Of VGG's dense layers, along each side."""


def build(name: str, *, folder: Path, weights: str, random: bool, progress: Progress | None) -> Network:
    """See `models.vision.backbones.load`. The file with the classes is fetched when they are first asked for."""
    found = catalog.backbone(name)

    def file(download: Download | None) -> Path:
        return Path(weights) if weights or download is None else downloads.fetch(download, folder, progress)

    base = _base(name)
    if random:
        randomise(base.layers, name)
    else:
        _read_either(name, base, file(found.download))
    model = folded(base)

    def logits() -> Any:
        whole = _with_classes(name, model)
        if random:
            randomise(_dense(whole), f"{name} classes")
            return whole.output
        apart = _with_classes(name, _base(name))
        _read_classes(apart, file(found.classes), weights)
        for ours, theirs in zip(_dense(whole), _dense(apart), strict=True):
            ours.set_weights(theirs.get_weights())
        return whole.output

    return Network(
        name,
        model.input,
        dict(zip(found.layers, _layers(name, model, found.layers), strict=True)),
        scaling=CAFFE if name in BGR else SYMMETRIC,
        minimum=found.minimum,
        classes=classes(),
        logits=logits,
    )


def _base(name: str) -> Any:
    """The network without its classes, for pictures of any size, with weights that mean nothing."""
    model = MAKERS[name](weights=None, include_top=False, input_shape=(None, None, 3), name=name)
    model.trainable = False
    return model


def _with_classes(name: str, base: Any) -> Any:
    model = keras.Model(base.input, _classes(name, base.output), name=name)
    model.trainable = False
    return model


def _dense(model: Any) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def _read_either(name: str, base: Any, file: Path) -> None:
    """Take a file without the classes, or one with them."""
    try:
        read(base, file)
    except CorruptFileError:
        read(_with_classes(name, base), file)


def _read_classes(model: Any, file: Path, weights: str) -> None:
    try:
        read(model, file)
    except CorruptFileError as error:
        if not weights:
            raise
        raise UsageError(f"{weights!r} has no classes: give the file of {model.name} that has its top") from error


def _layers(name: str, base: Any, names: tuple[str, ...]) -> list[Any]:
    """The tensors of the catalogue's layers. Keras numbers most layers of Inception anew in each process."""
    if name != "inception_v3":
        return [base.get_layer(layer).output for layer in names]
    stem = [layer.output for layer in base.layers if isinstance(layer, keras.layers.Activation)]
    mixed = [base.get_layer(layer).output for layer in names if layer.startswith("mixed")]
    return [*stem[: len(names) - len(mixed)], *mixed]


def _classes(name: str, x: Any) -> Any:
    """The scores of the classes from the last layer, without the softmax; weights in the order of Keras's file."""
    if name not in DENSE:
        x = keras.layers.GlobalAveragePooling2D()(x)
    else:
        x = keras.layers.Flatten()(EvenlyPooled()(x))
        x = keras.layers.Dense(DENSE[name], "relu", kernel_initializer="zeros", name="fc1")(x)
        x = keras.layers.Dense(DENSE[name], "relu", kernel_initializer="zeros", name="fc2")(x)
    return keras.layers.Dense(len(classes()), kernel_initializer="zeros", name="predictions")(x)


class EvenlyPooled(keras.layers.Layer):  # type: ignore[misc]
    """Means over 7x7 equal parts of the places, whatever their number; a part may share a place with the next one.

    With 7x7 places, which a picture of 224x224 has, it changes nothing.
    """

    def call(self, x: Any) -> Any:
        """(n, height, width, channels) to (n, 7, 7, channels)."""
        rows, columns = (_shares(tf.shape(x)[axis]) for axis in (1, 2))
        return tf.einsum("ih,nhwc,jw->nijc", rows, x, columns)

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], PLACES, PLACES, shape[-1])


def _shares(count: Any) -> Any:
    """How much of each part each of `count` places makes up: (7, count), rows sum to 1."""
    edges = tf.linspace(0.0, tf.cast(count, tf.float32), PLACES + 1)[:, None]
    places = tf.range(tf.cast(count, tf.float32))[None, :]
    shared = tf.minimum(edges[1:], places + 1) - tf.maximum(edges[:-1], places)
    return tf.maximum(shared, 0.0) / (edges[1:] - edges[:-1])
