"""Trained networks that pictures are dreamed and styled with. Importing this loads no TensorFlow; `load` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.downloads import Progress
    from models.vision.backbones.network import Network


def load(
    name: str, *, folder: Path, weights: str = "", random: bool = False, progress: Progress | None = None
) -> Network:
    """The backbone called `name`, of the catalogue, frozen, with its ImageNet weights; or, as `model:FILE`, the network
    of a model that was trained in the studio.

    Weights are looked for under the data folder, and downloaded to it where they are not there; `weights` is a file to
    take instead. `random` gives weights that follow from the name alone and needs no file. The last few networks are
    kept, so that asking again costs nothing. `progress` is told of a download.

    Raises UsageError for an unknown name, UnavailableError with the file and its place if it cannot be downloaded,
    CorruptFileError or UserError for a file that does not fit.
    """
    from models.vision.backbones import loading

    return loading.load(name, folder=folder, weights=weights, random=random, progress=progress)
