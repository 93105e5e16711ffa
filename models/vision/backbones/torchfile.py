"""Reads the tensors of an older PyTorch file (before 1.6), without PyTorch and without running what is in it.

Such a file is a chain of pickles: a magic number, a protocol number, facts about the machine, an ordered dictionary of
tensors whose data is named by keys, the list of these keys; then the data of each key. See `_legacy_save` in
`torch/serialization.py`.
"""

from __future__ import annotations

import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError, UserError, shown

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MOST = 2**20
"""Things that a pickle may remember: the unpickler takes memory for as many as it is told."""

DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors in the file by name, float32 or int64.

    Only an ordered dictionary of tensors is taken: the unpickler knows no other name, so nothing in the file can run.
    Raises CorruptFileError, with the file's name, for anything else; UserError if it cannot be read.
    """
    try:
        return _read(BytesIO(path.read_bytes()))
    except OSError as error:
        raise UserError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except _Refused as error:
        raise CorruptFileError(f"{path.name}: {error}") from error
    except Exception as error:  # a broken pickle raises whatever its instructions stumble over
        raise CorruptFileError(f"{path.name} is not a PyTorch file of tensors alone") from error


class _Refused(Exception):
    """The file holds what is not taken; the text says what."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """Where a tensor's numbers are: the key of their data, and their type."""

    key: str
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor before its data has come: counts of numbers from the storage's beginning."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries and tensors, by these names, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise _Refused(f"it holds {shown(module)}.{shown(name)}, and only tensors are taken")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, _, view = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or view is not None:
            raise _Refused("it holds data of an unknown kind, and only tensors are taken")
        return _Storage(str(key), dtype)


class _Plain(pickle.Unpickler):
    """Knows numbers, texts, lists and dictionaries alone."""

    def find_class(self, module: str, name: str) -> Any:
        raise _Refused(f"it holds {shown(module)}.{shown(name)}, and only tensors are taken")


def _tensor(storage: Any, offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise _Refused("it holds data of an unknown kind, and only tensors are taken")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _read(file: BytesIO) -> dict[str, NDArray[Any]]:
    magic, protocol, system = (_loaded(_Plain, file) for _ in range(3))
    if magic != MAGIC or protocol != PROTOCOL or not system["little_endian"]:
        raise _Refused("it is not a PyTorch file of the older kind")
    found, keys = _loaded(_Unpickler, file), _loaded(_Plain, file)
    if not isinstance(found, Mapping) or not all(isinstance(part, _Tensor) for part in found.values()):
        raise _Refused("it holds something else than named tensors")
    dtypes = {part.storage.key: part.storage.dtype for part in found.values()}
    data = {str(key): _data(file, dtypes[str(key)]) for key in keys}
    return {str(name): _array(part, data[part.storage.key]) for name, part in found.items()}


def _loaded(kind: type[pickle.Unpickler], file: BytesIO) -> Any:
    """The next pickle of the file, which is looked through before it is followed."""
    begin = file.tell()
    for code, argument, _ in pickletools.genops(file):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > MOST:
            raise _Refused("it is not a PyTorch file of the older kind")
    file.seek(begin)
    return kind(file).load()


def _data(file: BytesIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The numbers of the next key: how many, as an int64, then themselves."""
    count = int.from_bytes(file.read(8), "little")
    block = file.read(count * dtype.itemsize)
    if len(block) < count * dtype.itemsize:
        raise _Refused("it ends too early")
    return np.frombuffer(block, dtype, count)


def _array(part: _Tensor, data: NDArray[Any]) -> NDArray[Any]:
    last = part.offset + sum((side - 1) * stride for side, stride in zip(part.shape, part.strides, strict=True))
    if min((part.offset, *part.shape, *part.strides), default=0) < 0 or (0 not in part.shape and last >= data.size):
        raise _Refused("a tensor reaches beyond its data")
    steps = [stride * data.itemsize for stride in part.strides]
    return np.lib.stride_tricks.as_strided(data[part.offset :], part.shape, steps).copy()
