"""Sets with a name and a public address: MNIST, Fashion-MNIST and CIFAR-10, their training parts.

The first two are the files that keras.datasets fetches; CIFAR-10 is its makers' binary archive, which needs no pickle.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np

from models.data import idx, npz
from models.data.stored import Stored
from models.downloads import Download, Progress, fetch
from models.errors import CorruptFileError

STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

MNIST = Download(
    "mnist", f"{STORE}mnist.npz", 11_490_434,
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1", "datasets/mnist.npz",
)  # fmt: skip
FASHION = tuple(
    Download("fashion-mnist", f"{STORE}{file}", size, md5, f"datasets/fashion-mnist/{file}")
    for file, size, md5 in (
        ("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        ("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    )
)
CIFAR = Download(
    "cifar10", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", 170_052_171,
    "c32a1d4ab5d03f1284b67883e8d87530", "datasets/cifar-10-binary.tar.gz",
)  # fmt: skip

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""

CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
"""Bytes of a picture in CIFAR-10's files: its class, then red, green and blue, row by row."""
BATCHES = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))

NAMES = ("mnist", "fashion-mnist", "cifar10")


def fetched(name: str, folder: Path, progress: Progress | None = None) -> Path:
    """The file with the pictures of a set of `NAMES`, fetched if it is not there; raises as `load` does."""
    if name != "fashion-mnist":
        return fetch(MNIST if name == "mnist" else CIFAR, folder, progress)
    place = idx.in_folder(DEBIAN) if DEBIAN.is_dir() else None
    return place or [fetch(each, folder, progress) for each in FASHION][-1]


def is_here(name: str, folder: Path) -> bool:
    """Whether a set of `NAMES` can be read without fetching anything."""
    if name == "fashion-mnist":
        return DEBIAN.is_dir() or all(each.is_here(folder) for each in FASHION)
    return (MNIST if name == "mnist" else CIFAR).is_here(folder)


def load(name: str, folder: Path, progress: Progress | None = None) -> Stored:
    """The training part of a set of `NAMES`, from its copy under the data folder, fetched if it is not there.

    Fashion-MNIST comes from Debian's package where that is installed. Raises UnavailableError, with the file and its
    place, where it cannot be fetched; CorruptFileError for a damaged copy.
    """
    place = fetched(name, folder, progress)
    if name == "cifar10":
        return _cifar(place)
    if name == "mnist":
        stored = npz.load(place)
        return Stored(stored.pixels, stored.labels, tuple("0123456789"))
    stored = idx.load(place)
    return Stored(stored.pixels, stored.labels, CLOTHES)


def _cifar(path: Path) -> Stored:
    parts = []
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:  # from the first to the last: a packed archive has no way back
                if member.name in BATCHES and member.isfile() and (file := archive.extractfile(member)) is not None:
                    parts.append((member.name, np.frombuffer(file.read(), np.uint8).reshape(-1, RECORD)))
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error) as error:
        raise CorruptFileError(f"corrupt: {str(path)!r} is a damaged archive; delete it to fetch it again") from error
    if not parts:
        raise CorruptFileError(f"{str(path)!r} holds no pictures of CIFAR-10; delete it to fetch it again")
    records = np.concatenate([part for _, part in sorted(parts, key=lambda each: each[0])])
    planes = records[:, 1:].reshape(-1, 3, SIDE, SIDE)
    return Stored(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, 0].astype(np.int64), THINGS)
