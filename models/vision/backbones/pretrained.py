"""Builds a network of the catalogue with its weights. Those of lite0 come with a package and are converted once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
from numpy.typing import NDArray

from models import checkpoint
from models.checkpoint import Checkpoint
from models.downloads import Progress
from models.errors import CorruptFileError, UserError
from models.private import make_private
from models.vision.backbones import applications, catalog, lite0, torchfile
from models.vision.backbones.classes import classes
from models.vision.backbones.network import Network
from models.vision.backbones.scaling import IMAGENET
from models.vision.backbones.weights import assign, randomise

FILE = "lite0.safetensors"
PREFIX = "weights/"

log = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]


def build(name: str, *, folder: Path, weights: str, random: bool, progress: Progress | None) -> Network:
    """See `models.vision.backbones.load`."""
    if name != "lite0":
        return applications.build(name, folder=folder, weights=weights, random=random, progress=progress)
    inputs, layers, logits = lite0.graph()
    model = keras.Model(inputs, logits, name=name)
    model.trainable = False
    if random:
        randomise(model.layers, name)
    elif weights:
        assign(model, _of_file(Path(weights)), weights)
    else:
        _fill(model, folder)
    minimum = catalog.backbone(name).minimum
    return Network(
        name, inputs, layers, scaling=IMAGENET, minimum=minimum, classes=classes(), logits=lambda: model.output
    )


def _fill(model: Any, folder: Path) -> None:
    """From the copy in the data folder; else from the package, and make a copy where that can be written."""
    place = folder / catalog.FOLDER / FILE
    try:
        assign(model, _kept(place), FILE)
        return
    except (UserError, OSError) as error:
        log.debug("lite0 is taken from its package: %s", error)
    packaged = catalog.packaged()
    arrays = _converted(packaged)
    assign(model, arrays, packaged.name)
    meta = {"family": "backbone", "recipe": {"name": "lite0"}, "step": 0, "metrics": {}, "source": packaged.name}
    try:
        make_private(place.parent)
        checkpoint.save(place, Checkpoint(meta, {f"{PREFIX}{name}": array for name, array in arrays.items()}))
        place.chmod(0o600)
    except OSError as error:
        log.info("lite0 could not be kept for the next time: %s", error)


def _of_file(file: Path) -> Arrays:
    """The weights in a file of lite0's: the PyTorch one of the package, or the one that the studio keeps."""
    return _arrays(checkpoint.load(file)) if file.suffix == ".safetensors" else _converted(file)


def _kept(place: Path) -> Arrays:
    found = checkpoint.load(place)
    if found.meta.get("source") != catalog.packaged().name:
        raise CorruptFileError(f"{place.name} is another network's")
    return _arrays(found)


def _arrays(found: Checkpoint) -> Arrays:
    return {name.removeprefix(PREFIX): array for name, array in found.arrays.items()}


def _converted(file: Path) -> Arrays:
    try:
        return {**lite0.converted(torchfile.tensors(file))}
    except (KeyError, ValueError) as error:
        raise CorruptFileError(f"{file.name} does not hold the weights of EfficientNet-Lite0") from error
