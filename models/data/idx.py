"""IDX files, as MNIST's: a head that says type and shape, then the numbers. Also as .gz.

The format is the one at the end of http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from models.data.stored import Stored, check_memory
from models.errors import CorruptFileError, UsageError

UBYTE = 0x08
KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST = 8 << 30
"""Bytes of numbers in a file, at most: a damaged head must not ask for more memory than there is."""

PICTURES = re.compile(r"images?([-._])idx[34]", re.IGNORECASE)
"""How the name of a file of pictures is told from that of their labels."""


def is_idx(path: Path) -> bool:
    """Whether a file's name is that of an IDX file."""
    return re.search(r"[-._]idx\d?([-._]ubyte)?(\.gz)?$", path.name, re.IGNORECASE) is not None


def load(path: Path) -> Stored:
    """The pictures of an IDX file, and the labels from the file of labels beside it, where there is one.

    Raises UsageError for a file that cannot be read or holds no pictures, CorruptFileError for a damaged one.
    """
    pixels = read(path)
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4) or (pixels.ndim == 4 and pixels.shape[3] not in (1, 3)):
        raise UsageError(f"{str(path)!r} holds no pictures: {pixels.dtype} of shape {pixels.shape}")
    if not pixels.size:
        raise UsageError(f"{str(path)!r} holds no pictures")
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    beside = labels_of(path)
    if beside is None:
        return Stored(pixels)
    labels = read(beside)
    if labels.shape != pixels.shape[:1] or labels.dtype.kind not in "ui":
        raise UsageError(
            f"{str(beside)!r} does not label {str(path)!r}: {labels.shape} labels for {len(pixels):,} pictures; "
            "take it away to learn without labels"
        )
    return Stored(pixels, labels.astype(np.int64))


def labels_of(path: Path) -> Path | None:
    """The file of labels that belongs to a file of pictures by its name: `train-labels-idx1-ubyte`."""
    if not PICTURES.search(path.name):
        return None
    name = PICTURES.sub(r"labels\1idx1", path.name)
    bare = name.removesuffix(".gz")
    return next((each for each in (path.with_name(name), path.with_name(bare), path.with_name(f"{bare}.gz"))
                 if each.is_file()), None)  # fmt: skip


def in_folder(folder: Path) -> Path | None:
    """The file of pictures to learn from in a folder of IDX files: the one of a training part comes first."""
    try:
        found = sorted(each for each in folder.iterdir() if PICTURES.search(each.name) and is_idx(each))
    except OSError as error:
        raise UsageError(f"{str(folder)!r} cannot be read: {error.strerror}") from error
    return next((each for each in found if "train" in each.name.lower()), found[0] if found else None)


def read(path: Path) -> NDArray[Any]:
    """All numbers of an IDX file, in the shape that it says. Raises as `load` does."""
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not is_packed:
                return _parsed(raw, path)
            with gzip.open(raw) as file:
                return _parsed(file, path)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptFileError(f"corrupt: {str(path)!r} is a damaged or truncated .gz file") from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error


def _parsed(file: IO[bytes], path: Path) -> NDArray[Any]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in KINDS or not 1 <= head[3] <= 4:
        raise CorruptFileError(f"{str(path)!r} is no IDX file: it does not begin as one")
    sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise CorruptFileError(f"corrupt: {str(path)!r} ends before its head does")
    shape = tuple(int(each) for each in np.frombuffer(sizes, ">u4"))
    kind = np.dtype(KINDS[head[2]])
    size = math.prod(shape) * kind.itemsize
    if size > MOST:
        raise CorruptFileError(f"{str(path)!r} says that it holds {size:,} bytes of numbers; {MOST:,} can be read")
    check_memory(path, 2 * size)
    # Read block by block: a head that promises too much must not take the memory for it first.
    blocks, left = [], size
    while left and (block := file.read(min(left, 1 << 24))):
        blocks.append(block)
        left -= len(block)
    if left or file.read(1):
        raise CorruptFileError(f"corrupt: {str(path)!r} has {'fewer' if left else 'more'} numbers than its head says")
    return np.frombuffer(bytearray().join(blocks), kind).reshape(shape)
