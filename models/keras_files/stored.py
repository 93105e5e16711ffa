"""The weights in a Keras file of either layout, layer by layer, once all of its parts were seen to be plain numbers."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.keras_files.bounds import LARGEST, LARGEST_JSON, RefusedError
from models.keras_files.config import check_config

MEMBERS = {"metadata.json": LARGEST_JSON, "config.json": LARGEST_JSON, "model.weights.h5": LARGEST}
"""What a `.keras` file holds, and how many bytes each may unpack to."""
FILTERS = frozenset({1, 2, 3, 32000})
"""HDF5's numbers of deflate, shuffle, fletcher32 and lzf: no other unpacking is done."""
DEPTH, OBJECTS = 16, 10_000
SKIPPED = frozenset({"optimizer", "optimizer_weights", "seed_generator", "top_level_model_weights"})
"""Groups of what only a training needs."""
ROLES = {"embeddings": 0, "kernel": 0, "recurrent_kernel": 1, "bias": 2}


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with weights: where it was in the file, the name that its maker gave it, its arrays in their order."""

    path: str
    name: str
    arrays: tuple[NDArray[Any], ...]


def layers_in(data: bytes, most: int) -> list[Layer]:
    """The layers of a `.keras` or an HDF5 file, of at most `most` numbers together.

    Raises RefusedError for what is not taken in, and whatever zipfile and h5py raise for a damaged file.
    """
    return layers_of(weights_of(data) if data[:2] == b"PK" else data, most)


def weights_of(data: bytes) -> bytes:
    """The HDF5 file inside a `.keras` file, a zip of three parts. Nothing is written anywhere."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
        names = [part.filename for part in parts]
        others = [name for name in names if name not in MEMBERS]
        if others:
            raise RefusedError(f"it holds '{others[0]}', which is no weights")
        if len(set(names)) < len(names):
            raise RefusedError("it holds a part twice")
        for part in parts:
            if part.file_size > MEMBERS[part.filename]:
                raise RefusedError(f"'{part.filename}' in it unpacks to {part.file_size:,} bytes")
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.flag_bits & 1:
                raise RefusedError(f"'{part.filename}' in it is encrypted, or packed in an unknown way")
        if "model.weights.h5" not in names or "config.json" not in names:
            raise RefusedError("it is no .keras file")
        check_config(unpacked(packed, "config.json"))
        return unpacked(packed, "model.weights.h5")


def unpacked(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as file:
        found = file.read(MEMBERS[name] + 1)
    if len(found) > MEMBERS[name]:
        raise RefusedError(f"'{name}' in it unpacks to more than it says")
    return found


def layers_of(data: bytes, most: int) -> list[Layer]:
    """The layers of an HDF5 file: by the names of their classes in Keras 3's layout, by a list in the older one."""
    import h5py

    if data[:4] != b"\x89HDF":
        raise RefusedError("it is no HDF5 file")
    with h5py.File(h5py.h5f.open_file_image(data)) as file:
        if "model_config" in file.attrs:
            check_config(text_of(file.attrs["model_config"]))
        found = dict(plain(file, most))
        root = "model_weights/" if "model_weights" in file else ""
        if "layer_names" in file[root or "/"].attrs:
            return older(file, root, found)
        return newer(file, found)


def plain(file: Any, most: int) -> Iterator[tuple[str, Any]]:
    """All datasets of weights by their paths. Every object of the file is looked at before any number is read."""
    import h5py

    found, numbers, seen = [], 0, 0
    waiting = [("", file, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        if depth > DEPTH:
            raise RefusedError("its groups lie too deep")
        for name in group:
            seen += 1
            if seen > OBJECTS:
                raise RefusedError("it holds too many parts")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise RefusedError("it holds links to other places")
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append((f"{path}{name}/", item, depth + 1))
                continue
            check_dataset(item)
            if item.ndim and item.dtype.kind == "f" and not SKIPPED & set(path.split("/")):
                numbers += item.size
                found.append((path + name, item))
    if numbers > most:
        raise RefusedError(f"it holds {numbers:,} numbers, far more than the model has")
    yield from found


def check_dataset(item: Any) -> None:
    """Raises RefusedError for what lies outside the file, or is packed in a way that needs more code."""
    import h5py

    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "iuf" or item.shape is None:
        raise RefusedError("it holds something that is no numbers")
    if item.external or item.is_virtual:
        raise RefusedError("its numbers lie in other files")
    made = item.id.get_create_plist()
    if any(made.get_filter(index)[0] not in FILTERS for index in range(made.get_nfilters())):
        raise RefusedError("its numbers are packed in an unknown way")
    if item.chunks and int(np.prod(item.chunks, dtype=object)) * item.dtype.itemsize > LARGEST:
        raise RefusedError("its numbers are packed in pieces beyond all bounds")


def newer(file: Any, found: Mapping[str, Any]) -> list[Layer]:
    """Keras 3: each layer has a group `vars` with its arrays by number. Of a class, the first is without a number."""
    groups: dict[str, list[tuple[int, Any]]] = {}
    for path, item in found.items():
        group, slash, number = path.rpartition("/vars/")
        if not slash or not number.isdecimal():
            raise RefusedError("it is of no layout of Keras's that is known")
        groups.setdefault(group, []).append((int(number[:9]), item))
    layers = []
    for group in sorted(groups, key=natural):
        ordered = [item for _, item in sorted(groups[group], key=lambda each: each[0])]
        holder = group.removesuffix("/cell")
        name = text_of(file[f"{holder}/vars"].attrs.get("name", "")) if f"{holder}/vars" in file else ""
        layers.append(Layer(group, name, tuple(item[()] for item in ordered)))
    return layers


def older(file: Any, root: str, found: Mapping[str, Any]) -> list[Layer]:
    """Keras 2, and `.h5` of Keras 3: lists of names say which layer has which arrays, in order."""
    layers: list[Layer] = []
    for layer in names_in(file[root or "/"], "layer_names"):
        if root + layer not in file or layer in SKIPPED:
            continue
        parts: dict[str, list[tuple[str, Any]]] = {}
        for weight in names_in(file[root + layer], "weight_names"):
            item = found.get(f"{root}{layer}/{weight}")
            if item is not None:
                owner, _, role = weight.rpartition("/")
                parts.setdefault(owner, []).append((role.partition(":")[0], item))
        for owner, arrays in parts.items():
            ordered = sorted(arrays, key=lambda each: ROLES.get(each[0], 3))
            layers.append(Layer(f"{layer}/{owner}", owner.rpartition("/")[2], tuple(item[()] for _, item in ordered)))
    return layers


def names_in(group: Any, attribute: str) -> list[str]:
    found = group.attrs.get(attribute, ())
    names = [text_of(name) for name in np.asarray(found).ravel()[:OBJECTS]]
    if any(part in ("", ".", "..") for name in names for part in name.split("/")):
        raise RefusedError("it names its layers by paths")
    return names


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A key by which `lstm_2` comes before `lstm_10`, and `lstm` before both."""
    parts = re.findall(r"\d{1,9}|\D+|\d", text)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def text_of(value: Any) -> str:
    """An attribute as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
