"""Opens the pictures that a text names: drawn sets, known sets, folders and files."""

from __future__ import annotations

from pathlib import Path

from models.data import idx, known, npz, table
from models.data.drawn import MODULES, DrawnSet
from models.data.folder import files_in, open_folder
from models.data.sets import PictureSet
from models.data.shape import Channels, Fit
from models.data.stored import Stored, StoredSet
from models.downloads import Progress
from models.errors import UsageError, shown

NAMES = (*MODULES, *known.NAMES)
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
    """The pictures that `source` names: a set of `NAMES`, a folder, or an IDX or NPZ file.

    `size` is the pixels a side that they are brought to (None: as they are), by cutting or padding as `fit` says;
    `channels` grey, coloured, or as they are; `count` uses so many, drawn by `seed`. `attributes` names a table of
    them for a folder, see `models.data.table.load`; labels of files become attributes of 0 and 1. A folder of IDX
    files is read as their training part. `folder` is the data folder, where downloaded sets are kept; `progress` is
    told of downloads in bytes, of a folder in files. Pictures are drawn or decoded when they are first read, and kept
    as `models.data.kept` says. Raises UsageError for what cannot be read or has no pictures, UnavailableError or
    CorruptFileError for a set that cannot be fetched.
    """
    place = None if source in NAMES else place_of(source)
    is_files = place is not None and place.is_dir() and idx.in_folder(place) is None
    if attributes and not is_files:
        raise UsageError(f"attributes: a table is for a folder of pictures, {source!r} is none")
    if source in MODULES:
        return DrawnSet(source, size=size, channels=channels, count=count, seed=seed)
    if place is None:
        stored = known.load(source, folder, progress)
    elif is_files:
        return open_folder(
            shown(source), place, size=size, channels=channels, count=count, fit=fit, attributes=attributes,
            seed=seed, progress=progress,
        )  # fmt: skip
    else:
        stored = _file(place)
    return StoredSet(shown(source), stored, size=size, channels=channels, count=count, fit=fit, seed=seed)


def prepare(source: str, *, attributes: str = "", folder: Path, progress: Progress | None = None) -> None:
    """Fetch what `open_set` would fetch, and raise what it would raise as far as that shows without decoding."""
    if attributes:
        table.load(Path(attributes).expanduser())
    if source in known.NAMES:
        known.fetched(source, folder, progress)
    elif source not in MODULES:
        place = place_of(source)
        if place.is_dir() and idx.in_folder(place) is None:
            files_in(place)
        elif place.is_file() and not idx.is_idx(place) and place.suffix.lower() != ".npz":
            _file(place)


def place_of(source: str) -> Path:
    """The file or folder that `source` names; `~/` is the home folder. Raises UsageError if there is none."""
    path = Path(source).expanduser() if source.startswith("~/") else Path(source)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise UsageError(f"{source!r} is no folder, no file, and none of {', '.join(NAMES)}") from None
    except OSError as error:
        raise UsageError(f"{source!r} cannot be read: {error.strerror}") from error
    return path


def _file(place: Path) -> Stored:
    if place.is_dir():
        found = idx.in_folder(place)
        assert found is not None
        return idx.load(found)
    if not place.is_file():
        raise UsageError(f"{str(place)!r} is no file")
    if idx.is_idx(place):
        return idx.load(place)
    if place.suffix.lower() == ".npz":
        return npz.load(place)
    raise UsageError(
        f"{str(place)!r} is neither an NPZ nor an IDX file (train-images-idx3-ubyte); name a folder of pictures"
    )
