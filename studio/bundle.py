"""A model as one file to hand on: a safetensors file of data alone, checked in full before the registry hears of it."""

from __future__ import annotations

import hashlib
import json
import os
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from models.errors import CorruptFileError, UsageError, UserError, shown
from studio.bundle_header import LARGEST, check_size, checked_meta, numbers_in

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from studio.registry import Model, Registry

SUFFIX = ".safetensors"
LARGEST_HEADER = 16 << 20
"""Bytes of a file's JSON."""
CHECKSUM = "checksum"
KEPT_WHOLE = ("weights/code_covariance", "weights/concepts")
LOADERS = {
    "text": "models.text.model:TextModel.from_checkpoint",
    "gan": "models.gan.model:from_checkpoint",
    "vae": "models.vae.model:from_checkpoint",
}


def write_bundle(checkpoint: Checkpoint, name: str, out: Path, *, half: bool = False, force: bool = False) -> int:
    """Write a model, called `name`, to `out` all at once; returns the bytes written.

    With `half` matrices and kernels become float16, as far as their numbers fit. Raises UsageError for another suffix
    or, without `force`, for anything that is at `out` by the time all is written; UserError if it cannot be written.
    """
    from models.checkpoint import Checkpoint, save

    if out.suffix.lower() != SUFFIX:
        raise UsageError(f"a model is written as {SUFFIX}, not as '{shown(out.name)}'")
    there = UsageError(f"'{shown(str(out))}' is there already: add --force to replace it")
    if not force and os.path.lexists(out):
        raise there
    kept = checkpoint.weights_only()
    arrays = {key: halved(key, array) if half else array for key, array in kept.arrays.items()}
    meta = {**kept.meta, "name": name}
    meta.pop(CHECKSUM, None)  # of the file that it came from
    try:
        found = Checkpoint({**meta, CHECKSUM: checksum(meta, arrays)}, arrays)
        return save(out, found, replace=force).size
    except FileExistsError:
        raise there from None
    except OSError as error:
        raise UserError(f"'{shown(str(out))}' cannot be written: {error.strerror}") from None


def halved(name: str, array: Any) -> Any:
    """The array as float16 where it is a float32 of two axes or more that stays finite, else as it is."""
    import numpy as np

    if array.dtype != np.float32 or array.ndim < 2 or name in KEPT_WHOLE or np.abs(array).max(initial=0) > 65504:
        return array
    return array.astype(np.float16)


def checksum(meta: Mapping[str, Any], arrays: Mapping[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of all that a bundle says and holds, whatever its order."""
    import numpy as np

    found = hashlib.sha256(json.dumps(meta, sort_keys=True).encode("ascii"))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"\n{json.dumps(name)} {array.dtype.name} {array.shape}\n".encode("ascii"))
        found.update(array.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def read_bundle(path: Path) -> Checkpoint:
    """The model in a file, its float16 as float32. Nothing in the file is run, and no more is made of it than it holds.

    Raises UserError if it cannot be read, CorruptFileError, with the file's name, for anything but a whole model
    whose recipe and weights fit each other.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from models.checkpoint import META_KEY, Checkpoint

    name = shown(path.name)
    try:
        if not path.is_file():
            raise UserError(f"there is no file '{name}'")
        with path.open("rb") as file:
            header = read_header(file, name)
            meta = checked_meta(header, tuple(LOADERS))
            size = os.fstat(file.fileno()).st_size
            check_size(meta, numbers_in(header, size - file.tell()))
            file.seek(0)
            arrays = load(file.read(size))
        said = json.loads(header["__metadata__"][META_KEY])
        if said.pop(CHECKSUM, None) not in (None, checksum(said, arrays)):
            raise ValueError("it does not match its checksum")
    except OSError as error:
        raise UserError(f"'{name}' cannot be read: {error.strerror}") from None
    except MemoryError:
        raise UserError(f"'{name}' does not fit into memory") from None
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError, OverflowError, UsageError) as error:
        raise corrupt(name, "is not a whole model", error) from None
    arrays = {key: array.astype(np.float32) if array.dtype == np.float16 else array for key, array in arrays.items()}
    checkpoint = Checkpoint(meta, arrays)
    try:
        pkgutil.resolve_name(LOADERS[meta["family"]])(checkpoint)
    except Exception as error:  # whatever a hostile recipe makes a builder raise means the same
        raise corrupt(name, "holds no usable model", error) from None
    return checkpoint


def corrupt(name: str, what: str, why: Exception) -> CorruptFileError:
    return CorruptFileError(f"corrupt: {name} {what}: {shown(str(why))[:200]}")


def import_bundle(registry: Registry, path: Path, name: str | None = None) -> Model:
    """Register the model in a file, called `name`, or as the file says, or by its family.

    Raises as `read_bundle` does, UsageError for a bad name, StorageError if it cannot be kept.
    """
    from models.checkpoint import Checkpoint

    found = read_bundle(path)
    meta = {key: value for key, value in found.meta.items() if key != "name"}
    suggested = found.meta.get("name", found.meta["family"])
    return registry.save_model(Checkpoint(meta, found.arrays), name=suggested if name is None else name)


def read_header(file: IO[bytes], name: str) -> Mapping[str, Any]:
    """The header of a file that is read from its start on.

    Raises UserError if it is none by its size or its first bytes, ValueError, or TypeError for a damaged one.
    """
    size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    if start[:2] == b"PK" or start[:4] == b"\x89HDF" or (start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5"):
        raise UserError(f"'{name}' is a zip, HDF5 or pickle file, not a {SUFFIX} file of the studio")
    length = int.from_bytes(start, "little")
    if length > LARGEST_HEADER:
        raise CorruptFileError(f"corrupt: {name} is no {SUFFIX} file, or its header is beyond all bounds")
    if size > LARGEST:
        raise UserError(f"'{name}' is larger than {LARGEST >> 30} GiB")
    if not 8 < 8 + length <= size:
        raise ValueError("it is cut off")
    header: Mapping[str, Any] = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    return header
