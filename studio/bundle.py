"""A model as one file to hand on: a safetensors file of data alone, checked in full before the registry hears of it."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import CorruptFileError, UsageError, UserError, shown

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from studio.registry import Model, Registry

SUFFIX = ".safetensors"
LARGEST = 2 << 30
"""Bytes of a file that is read at all."""
LARGEST_HEADER = 16 << 20
"""Bytes of its JSON."""
DTYPES = {"F16": 2, "F32": 4, "I32": 4, "I64": 8}
KEPT_WHOLE = ("weights/code_covariance", "weights/concepts")
LOADERS = {
    "text": "models.text.model:TextModel.from_checkpoint",
    "gan": "models.gan.model:from_checkpoint",
    "vae": "models.vae.model:from_checkpoint",
}


def write_bundle(checkpoint: Checkpoint, name: str, out: Path, *, half: bool = False, force: bool = False) -> int:
    """Write a model, called `name`, to `out` all at once; returns the bytes written.

    With `half` matrices and kernels become float16, as far as their numbers fit. Raises UsageError for another suffix
    or a file that is there without `force`, UserError if it cannot be written.
    """
    from models.checkpoint import Checkpoint, save

    if out.suffix.lower() != SUFFIX:
        raise UsageError(f"a model is written as {SUFFIX}, not as '{shown(out.name)}'")
    if out.exists() and not force:
        raise UsageError(f"'{shown(str(out))}' is there already: add --force to replace it")
    kept = checkpoint.weights_only()
    arrays = {key: halved(key, array) if half else array for key, array in kept.arrays.items()}
    try:
        return save(out, Checkpoint({**kept.meta, "name": name}, arrays)).size
    except OSError as error:
        raise UserError(f"'{shown(str(out))}' cannot be written: {error.strerror}") from None


def halved(name: str, array: Any) -> Any:
    """The array as float16 where it is a float32 of two axes or more that stays finite, else as it is."""
    import numpy as np

    if array.dtype != np.float32 or array.ndim < 2 or name in KEPT_WHOLE or np.abs(array).max(initial=0) > 65504:
        return array
    return array.astype(np.float16)


def read_bundle(path: Path) -> Checkpoint:
    """The model in a file, its float16 as float32. Nothing in the file is run.

    Raises UserError if it cannot be read, CorruptFileError, with the file's name, for anything but a whole model
    whose recipe and weights fit each other.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from models.checkpoint import Checkpoint

    name = shown(path.name)
    data = content(path, name)
    try:
        meta = checked_meta(checked_header(data))
        arrays = {key: array for key, array in load(data).items() if key.startswith("weights/")}
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise CorruptFileError(f"corrupt: {name} is not a whole model: {shown(str(error))[:200]}") from None
    arrays = {key: array.astype(np.float32) if array.dtype == np.float16 else array for key, array in arrays.items()}
    checkpoint = Checkpoint(meta, arrays)
    try:
        pkgutil.resolve_name(LOADERS[meta["family"]])(checkpoint)
    except Exception as error:  # whatever a hostile recipe makes a builder raise means the same
        raise CorruptFileError(f"corrupt: {name} holds no usable model: {shown(str(error))[:200]}") from None
    return checkpoint


def import_bundle(registry: Registry, path: Path, name: str | None = None) -> Model:
    """Register the model in a file, called `name`, or as the file says, or by its family.

    Raises as `read_bundle` does, UsageError for a bad name, StorageError if it cannot be kept.
    """
    from models.checkpoint import Checkpoint

    found = read_bundle(path)
    meta = {key: value for key, value in found.meta.items() if key != "name"}
    suggested = found.meta.get("name", found.meta["family"])
    return registry.save_model(Checkpoint(meta, found.arrays), name=suggested if name is None else name)


def content(path: Path, name: str) -> bytes:
    """The bytes of a file that may be a bundle. Raises UserError if it is none by its size or its first bytes."""
    try:
        if not path.is_file():
            raise UserError(f"there is no file '{name}'")
        with path.open("rb") as file:
            start = file.read(8)
            if start[:2] == b"PK" or start[:4] == b"\x89HDF" or (start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5"):
                raise UserError(f"'{name}' is a zip, HDF5 or pickle file: only {SUFFIX} files of the studio are read")
            if int.from_bytes(start, "little") > LARGEST_HEADER:
                raise CorruptFileError(f"corrupt: {name} is no {SUFFIX} file, or its header is beyond all bounds")
            data = start + file.read(LARGEST + 1 - len(start))
    except OSError as error:
        raise UserError(f"'{name}' cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise UserError(f"'{name}' is larger than {LARGEST >> 30} GiB")
    return data


def checked_header(data: bytes) -> Mapping[str, Any]:
    """The header, if its arrays fill the file to its last byte. Raises ValueError, KeyError or TypeError."""
    end = 8 + int.from_bytes(data[:8], "little")
    if not 8 < end <= len(data):
        raise ValueError("it is cut off")
    header: dict[str, Any] = json.loads(data[8:end])
    total = 0
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        count = DTYPES[entry["dtype"]]
        for side in entry["shape"]:
            if not isinstance(side, int) or not 0 <= side <= LARGEST:
                raise ValueError("a shape is out of bounds")
            count *= side
        total += count
    if total != len(data) - end:
        raise ValueError("its arrays do not fill it")
    return header


def checked_meta(header: Mapping[str, Any]) -> dict[str, Any]:
    """What the header says of the model. Raises ValueError, KeyError or TypeError."""
    from models.checkpoint import META_KEY

    meta = json.loads(header["__metadata__"][META_KEY])
    json.dumps(meta, allow_nan=False)
    if not isinstance(meta, dict) or not isinstance(meta.get("recipe"), dict) or meta.get("family") not in LOADERS:
        raise ValueError(f"it is of none of the families {', '.join(LOADERS)}")
    metrics, step, seconds = meta.get("metrics", {}), meta.get("step", 0), meta.get("seconds", 0.0)
    if not isinstance(metrics, dict) or not all(isinstance(value, (int, float)) for value in metrics.values()):
        raise ValueError("its figures are no numbers")
    if not isinstance(step, int) or not 0 <= step < 2**53 or not isinstance(seconds, (int, float)) or seconds < 0:
        raise ValueError("its steps or seconds are no numbers")
    if not isinstance(meta.get("name", ""), str):
        raise ValueError("its name is no text")
    meta.pop("resume", None)
    return meta
