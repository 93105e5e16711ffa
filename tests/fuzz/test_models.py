"""Damaged bundles and Keras files, and bundles whose metadata says anything at all."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import h5py
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.checkpoint import META_KEY, Checkpoint, save
from models.keras_files.reading import read_layers
from studio.bundle import read_bundle, write_bundle
from tests.fuzz.damage import FEW, MANY, counts, damaged, outcome
from tests.fuzz.test_configs import VALUES
from tests.models.tiny_nets import gan_checkpoint, vae_checkpoint
from tests.support import tiny_checkpoint

MADE: dict[str, Callable[[], Checkpoint]] = {"text": tiny_checkpoint, "vae": vae_checkpoint, "gan": gan_checkpoint}


@counts
@pytest.mark.parametrize("family", list(MADE))
def test_damaged_bundles(tmp_path: Path, family: str, count: int) -> None:
    random, path, told = Random(count), tmp_path / "m.safetensors", Counter[bool]()
    write_bundle(MADE[family](), "m", path)
    whole = path.read_bytes()
    for number in range(count):
        path.write_bytes(damaged(whole, random))
        told[outcome(lambda: read_bundle(path), f"{family}, {number} of {count}") == "success"] += 1
    assert told[False] > count / 2


@counts
@pytest.mark.parametrize("family", list(MADE))
def test_metadata_of_any_kind(family: str, count: int) -> None:
    made = MADE[family]()
    keys = [*made.meta, "name", "opening", "best", "epoch", "checksum"]
    knobs: Any = st.dictionaries(st.sampled_from([*made.meta["recipe"], "x"]), VALUES, max_size=3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")

        @settings(max_examples=count, database=None)
        @given(st.dictionaries(st.sampled_from(keys), VALUES, max_size=3), knobs)
        def read(meta: dict[str, Any], recipe: dict[str, Any]) -> None:
            said = {**made.meta, "recipe": {**made.meta["recipe"], **recipe}, **meta}
            write(path, said, made)
            outcome(lambda: read_bundle(path), repr((meta, recipe)))

        read()


def write(path: Path, meta: dict[str, Any], made: Checkpoint) -> None:
    """A bundle that says anything, NaN and infinity included."""
    save(path, Checkpoint({}, made.arrays))
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"][META_KEY] = json.dumps(meta)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])


def keras_files(folder: Path) -> dict[str, bytes]:
    """The same weights in Keras 3's layout, in the older one, and packed."""
    import keras

    model = keras.Sequential([keras.Input((None,)), keras.layers.Embedding(9, 4), keras.layers.LSTM(8),
                              keras.layers.Dense(9)])  # fmt: skip
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    model.save_weights(folder / "m.weights.h5")
    with h5py.File(folder / "packed.h5", "w") as file, h5py.File(folder / "m.weights.h5") as plain:
        plain.visititems(lambda name, item: file.create_dataset(name, data=item[()], chunks=True, compression="gzip")
                         if isinstance(item, h5py.Dataset) else None)  # fmt: skip
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("count", [FEW // 4, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_keras_files(tmp_path: Path, count: int) -> None:
    random, told = Random(count), Counter[bool]()
    files = keras_files(tmp_path)
    for number in range(count):
        name = random.choice(list(files))
        path = tmp_path / f"x{Path(name).suffix}"
        path.write_bytes(damaged(files[name], random))
        told[outcome(partial(read_layers, path, 1 << 20), f"{name}, {number} of {count}") == "success"] += 1
    assert told[False] > 0
