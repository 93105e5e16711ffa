"""A checkpoint: one dictionary of arrays and one of plain JSON, in one file that holds data alone.

The file is a safetensors file: a JSON header and raw arrays, so that reading one runs no code. A model and the
state of a run are the same kind of file; a model has only the arrays under `weights/`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from models.errors import CorruptFileError

META_KEY = "latent_studio"
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What file systems say that know no second name of a file: FAT, and some over a network."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The whole state of a model or of a run.

    `meta` is plain JSON with at least `family` (str), `recipe` (dict), `step` (int) and `metrics` (dict of float);
    a family adds what it needs (text: `vocabulary`). `arrays` maps names such as `weights/rnn_0/kernel`,
    `optimizer/...` and `random/...` to arrays of any numeric dtype.
    """

    meta: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def weights_only(self) -> Checkpoint:
        """The checkpoint without what only a resumed run needs: arrays under `weights/`, no `resume` in meta."""
        return Checkpoint(
            {key: value for key, value in self.meta.items() if key != "resume"},
            {name: array for name, array in self.arrays.items() if name.startswith("weights/")},
        )


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: SHA-256 in hexadecimal and size in bytes."""

    sha256: str
    size: int


def save(path: Path, checkpoint: Checkpoint, *, replace: bool = True) -> Saved:
    """Write `checkpoint` beside `path`, flush it to the disk, then rename it into place.

    Raises OSError (a full disk, a lost folder); the file that stood at `path` before is then still whole. Without
    `replace` raises FileExistsError if there is one, even one that came a moment ago.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    data = to_bytes(arrays, metadata={META_KEY: json.dumps(dict(checkpoint.meta), allow_nan=False)})
    return save_bytes(path, data, replace=replace)


def save_bytes(path: Path, data: bytes, *, replace: bool = True) -> Saved:
    """Write `data` beside `path`, flush it to the disk, then rename it into place. Raises OSError as `save` does."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(path)
        else:
            place(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return Saved(hashlib.sha256(data).hexdigest(), len(data))


def place(beside: Path, path: Path) -> None:
    """Rename `beside` to `path`. Raises FileExistsError if anything is there, OSError if it cannot be done."""
    try:
        os.link(beside, path)  # unlike a rename, this replaces nothing
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            beside.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    else:
        beside.unlink()


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that a rename outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(path: Path, sha256: str | None = None) -> Checkpoint:
    """Read a checkpoint, and check it against `sha256` where one is given.

    Raises CorruptFileError, with the file's name, for anything but a whole checkpoint; FileNotFoundError if there
    is no such file.
    """
    if sha256 is not None:
        if digest(path) != sha256:
            raise CorruptFileError(f"corrupt: {path.name} does not match its checksum")
    elif not path.exists():
        raise FileNotFoundError(path)
    try:
        with safe_open(path, framework="numpy") as file:
            meta = json.loads(file.metadata()[META_KEY])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise CorruptFileError(f"corrupt: {path.name} is not a whole checkpoint") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("family"), str):
        raise CorruptFileError(f"corrupt: {path.name} does not say what it holds")
    return Checkpoint(meta, arrays)
