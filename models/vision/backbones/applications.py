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
    base = MAKERS[name](weights=None, include_top=False, input_shape=(None, None, 3), name=name)

    def file(download: Download | None) -> Path:
        if weights or download is None:
            return Path(weights)
        return downloads.fetch(download, folder, progress)

    def with_classes() -> Any:
        model = keras.Model(base.input, _classes(name, base.output), name=name)
        model.trainable = False
        return model

    def logits() -> Any:
        model = with_classes()
        if random:
            randomise(model)
        else:
            try:
                read(model, file(found.classes))
            except CorruptFileError as error:
                if not weights:
                    raise
                raise UsageError(f"{weights!r} has no classes: give the file of {name} that has its top") from error
        return model.output

    base.trainable = False
    if random:
        randomise(base)
    else:
        _read_either(base, with_classes, file(found.download))
    layers = dict(zip(found.layers, _layers(name, base, found.layers), strict=True))
    return Network(
        name,
        base.input,
        layers,
        scaling=CAFFE if name in BGR else SYMMETRIC,
        minimum=found.minimum,
        classes=classes(),
        logits=logits,
    )


def _read_either(base: Any, with_classes: Callable[[], Any], file: Path) -> None:
    """Take a file without the classes, or one with them."""
    try:
        read(base, file)
    except CorruptFileError:
        read(with_classes(), file)


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
