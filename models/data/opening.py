"""Opens the pictures that a text names: drawn sets, known sets, folders and files."""

from __future__ import annotations

from pathlib import Path

from models.data.drawn import MODULES, DrawnSet
from models.data.sets import PictureSet
from models.data.shape import Channels, Fit
from models.downloads import Progress
from models.errors import UsageError

NAMES = ("faces", "glyphs", "mnist", "fashion-mnist", "cifar10")
"""Sets that are at hand by name; a folder of that name is `./NAME`."""


def open_set(
    source: str,
    *,
    size: int | None = None,
    channels: Channels = "auto",
    count: int | None = None,
    fit: Fit = "crop",
    attributes: str = "",
    seed: int = 0,
    folder: Path,
    progress: Progress | None = None,
) -> PictureSet:
    if source in MODULES:
        return DrawnSet(source, size=size, channels=channels, count=count, seed=seed)
    raise UsageError(f"{source!r} is none of {', '.join(NAMES)}")
