"""Damaged sets of pictures in one file, tables of attributes, transcripts of what was noted, and registries."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

from models.data import stored, table
from models.data.opening import open_set
from studio.config import Paths, make_folder
from studio.latent_notes import Notes, read, write
from studio.registry import Registry
from tests.fuzz.damage import counts, damaged, outcome
from tests.studio.checkpoints import made
from tests.studio.screens import add_run


def sets(folder: Path) -> dict[str, bytes]:
    """A small set of each kind of file."""
    random = np.random.default_rng(0)
    pixels, labels = random.integers(0, 256, (6, 16, 16), np.uint8), np.arange(6, dtype=np.uint8)
    np.savez(folder / "a.npz", x_train=pixels, y_train=labels)
    np.savez_compressed(folder / "b.npz", images=pixels[..., None].repeat(3, -1) / np.float32(255))
    head = struct.pack(">BBBBIII", 0, 0, 8, 3, 6, 16, 16)
    return {
        "a.npz": (folder / "a.npz").read_bytes(),
        "b.npz": (folder / "b.npz").read_bytes(),
        "train-images-idx3-ubyte": head + pixels.tobytes(),
        "train-images-idx3-ubyte.gz": gzip.compress(head + pixels.tobytes()),
    }


def looked_at(path: Path) -> None:
    found = open_set(str(path), folder=path.parent)
    found.read(np.arange(min(found.count, 3)))


@counts
def test_damaged_sets(tmp_path: Path, count: int) -> None:
    random, told, whole = Random(count), Counter[bool](), sets(tmp_path)
    for number in range(count):
        name = random.choice(list(whole))
        path = tmp_path / name
        path.write_bytes(damaged(whole[name], random))
        told[outcome(partial(looked_at, path), f"{name}, {number} of {count}") == "success"] += 1
        path.unlink()
    assert told[False] > 0, told


def test_sets_that_unpack_to_more_than_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored.psutil, "virtual_memory", lambda: SimpleNamespace(available=1 << 20))
    np.savez_compressed(tmp_path / "bomb.npz", images=np.zeros((4000, 64, 64), np.uint8))
    head = struct.pack(">BBBBIII", 0, 0, 8, 3, 4000, 64, 64)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + bytes(4000 * 64 * 64)))
    tracemalloc.start()
    try:
        for name in ("bomb.npz", "train-images-idx3-ubyte.gz"):
            assert "bytes of memory" in outcome(partial(looked_at, tmp_path / name), name)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_an_array_whose_head_is_cut_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\1\0\x08\0{'a': (\n")
    assert outcome(partial(looked_at, path), "cut") != "success"


TABLES = (
    b"file,smile,hat\na.png,1,0\nb.png,0.5,1\n",
    b"2\nSmile Hat\na.png  1 -1\nb.png -1  1\n",
    "file;größe\na.png;3\n".encode("cp1252"),
)


@counts
def test_damaged_tables(tmp_path: Path, count: int) -> None:
    random, path = Random(count), tmp_path / "table.csv"
    for number in range(count):
        path.write_bytes(damaged(random.choice(TABLES), random))
        outcome(partial(table.load, path), f"{number} of {count}")


@counts
def test_damaged_notes(tmp_path: Path, count: int) -> None:
    random, paths = Random(count), Paths(tmp_path)
    write(paths, "m", Notes((), {"A": np.zeros(8, np.float32), "B": np.ones(8, np.float32)}))
    whole = paths.latent_notes("m").read_bytes()
    for number in range(count):
        paths.latent_notes("m").write_bytes(damaged(whole, random))
        outcome(partial(read, paths, "m", 8), f"{number} of {count}")


def listed(paths: Paths) -> None:
    """All that a page or a command would list, and show of each."""
    registry = Registry(paths)
    try:
        for model in registry.models():
            assert isinstance(model.recipe, dict)
            assert isinstance(model.metrics, dict)
        for run in registry.runs():
            assert isinstance(run.recipe, dict)
            assert isinstance(run.options, dict)
            registry.metrics(run.id)
            registry.texts(run.id)
        registry.pictures()
        for session in registry.sessions():
            registry.session(session.id)
        registry.save_session(None, "new", {"a": 1})
    finally:
        registry.close()


@counts
def test_damaged_registries(tmp_path: Path, count: int) -> None:
    random, told = Random(count), Counter[bool]()
    paths = Paths(tmp_path / "whole")
    registry = Registry(paths)
    for name in ("one", "two"):
        registry.save_model(made(), name=name)
        add_run(registry, name, "done")
    registry.save_session(None, "s", {"text": "abc"})
    registry.close()
    whole = paths.database.read_bytes()
    for number in range(count // 4):
        home = Paths(make_folder(tmp_path / f"home {number}"))
        home.database.write_bytes(damaged(whole, random))
        told[outcome(partial(listed, home), f"{number} of {count}") == "success"] += 1
    assert told[False] > 0, told
