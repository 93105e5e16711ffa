"""NumPy's archives of arrays: which array holds the pictures, which the labels, and what their numbers mean."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from models.data.stored import Stored, check_memory
from models.errors import CorruptFileError, UsageError, UserError, shown

PICTURES = ("x_train", "train_images", "images", "pictures", "x", "data", "arr_0")
LABELS = ("y_train", "train_labels", "labels", "y", "targets", "label", "arr_1")
"""What people call the arrays, the most telling name first. Capitals count for nothing."""

MOST = 8 << 30
"""Bytes of one array, at most."""


def load(path: Path) -> Stored:
    """The pictures of an NPZ file, and their labels where it has some.

    Pictures are an array (n, height, width) or (n, height, width, 1 or 3), or channels first; if several arrays could
    be, the name tells. See `levels` for what its numbers may be. Objects are never unpickled. Raises UsageError, with
    the arrays there are, if none or several could be the pictures; CorruptFileError for a damaged file.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, Mapping):
                raise UsageError(f"{str(path)!r} is no NPZ file: it holds one bare array; save it with numpy.savez")
            shapes = _shapes(path)
            chosen = _chosen(path, shapes)
            pixels = _upright(levels(archive[chosen], f"{path}: {chosen}"))
            labels = _labels(archive, shapes, len(pixels), "train" in chosen.lower())
    except UserError:
        raise
    except ValueError as error:
        raise CorruptFileError(f"{str(path)!r} is no NPZ file, or it holds objects, which are not read") from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    except MemoryError:
        raise UserError(f"{str(path)!r} does not fit into memory; save fewer or smaller pictures") from None
    except Exception as error:  # zipfile and NumPy raise all there is for hostile bytes, tokenize.TokenError included
        raise CorruptFileError(f"corrupt: {str(path)!r} is a damaged NPZ file") from error
    return Stored(pixels, labels)


def levels(numbers: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Numbers as levels 0..255: uint8 as they are, true as 255, whole numbers in 0..255, real ones in 0..1 or -1..1
    as fractions of white, or in 0..255. Raises UsageError, with `name`, for others and for ones that are not finite.
    """
    if numbers.dtype == np.uint8:
        return numbers
    if numbers.dtype == np.bool_:
        return numbers.astype(np.uint8) * np.uint8(255)
    if numbers.dtype.kind not in "uif":
        raise UsageError(f"{shown(name)} holds {numbers.dtype}, no levels of pictures")
    low, high = float(numbers.min()), float(numbers.max())
    if numbers.dtype.kind == "f" and low >= -1 and high <= 1:
        start, scale = (0.0, 255.0) if low >= 0 else (1.0, 127.5)
        return np.asarray(np.rint((numbers.astype(np.float32) + start) * scale)).astype(np.uint8)
    if low >= 0 and high <= 255:  # NaN is neither
        return np.asarray(np.rint(numbers)).astype(np.uint8)
    raise UsageError(f"{shown(name)} lies in {low:g} to {high:g}; pictures lie in 0 to 255, 0 to 1 or -1 to 1")


def _shapes(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """The shape and type of every array, from their heads alone."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.endswith(".npy"):
                continue
            with archive.open(member) as file:
                version = npy.read_magic(file)
                reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, _, kind = reader(file)
            found[member.removesuffix(".npy")] = (shape, kind)
    return found


def _chosen(path: Path, shapes: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]]) -> str:
    fitting = [name for name, (shape, kind) in shapes.items() if kind.kind in "buif" and _is_pictures(shape)]
    named = [each for wanted in PICTURES for each in fitting if each.lower() == wanted]
    if not named and len(fitting) == 1:
        named = fitting
    if not named:
        there = ", ".join(f"{shown(name)} {shape}" for name, (shape, _) in shapes.items()) or "none"
        why = "several arrays could be the pictures" if fitting else "no array has the shape of pictures"
        raise UsageError(f"{str(path)!r}: {why}; call one of shape (n, height, width, 1 or 3) images (there: {there})")
    shape, kind = shapes[named[0]]
    octets = int(np.prod([*shape, kind.itemsize], dtype=object))
    if octets > MOST:
        raise UsageError(f"{str(path)!r}: {shown(named[0])} is larger than {MOST:,} bytes; save fewer pictures")
    check_memory(path, octets if kind == np.uint8 else 2 * octets)
    return named[0]


def _is_pictures(shape: tuple[int, ...]) -> bool:
    if len(shape) == 3:
        return min(shape) > 0 and min(shape[1:]) > 3
    return len(shape) == 4 and min(shape) > 0 and (shape[3] in (1, 3) or shape[1] in (1, 3))


def _upright(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures with their channels last."""
    if pixels.ndim == 3:
        return pixels[..., None]
    return pixels if pixels.shape[3] in (1, 3) else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))


def _labels(
    archive: Mapping[str, NDArray[Any]],
    shapes: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]],
    count: int,
    is_train: bool,
) -> NDArray[np.int64] | None:
    for wanted in LABELS:
        for name, (shape, kind) in shapes.items():
            fits = shape in ((count,), (count, 1)) and kind.kind in "bui"
            if fits and name.lower() == wanted and (not is_train or "test" not in name.lower()):
                return np.asarray(archive[name]).reshape(-1).astype(np.int64)
    return None
