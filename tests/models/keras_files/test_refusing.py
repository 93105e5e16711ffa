"""Keras files that hold code, lie about their size, or lead elsewhere: one clear line, and nothing of them happens."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from models.errors import CorruptFileError, UserError
from models.keras_files import reading
from models.keras_files.bounds import RefusedError
from models.keras_files.config import check_config
from models.keras_files.reading import read_layers
from models.keras_files.stored import layers_in
from tests.models.keras_files.test_matching import MOST, classic, saved, stacked


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def with_lambda(mark: Path) -> Any:
    def touched(x: Any) -> Any:
        mark.touch()
        return x

    return keras.Sequential([keras.Input((4,)), keras.layers.Lambda(touched), keras.layers.Dense(2)])


def refused(path: Path, said: str) -> None:
    """Asserts that this process, too, takes nothing in."""
    with pytest.raises(RefusedError, match=said):
        layers_in(path.read_bytes(), MOST)


def told(path: Path, said: str, kind: type[UserError] = UserError) -> None:
    """Asserts that a person is told in one line, with the file's name."""
    with pytest.raises(kind, match=said) as error:
        read_layers(path, MOST)
    assert str(error.value).isprintable()
    assert path.name in str(error.value)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_lambda_is_refused_and_does_not_run(tmp_path: Path, suffix: str) -> None:
    mark = tmp_path / "ran"
    path = saved(with_lambda(mark), tmp_path, suffix)
    mark.unlink(missing_ok=True)  # building the model has run it
    told(path, "a Lambda layer, which is code")
    assert not mark.exists()


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_refused_and_does_not_run(tmp_path: Path, suffix: str, protocol: int) -> None:
    mark, path = tmp_path / "ran", tmp_path / f"m.{suffix}"
    path.write_bytes(pickle.dumps(Touch(mark), protocol))
    told(path, "neither")
    assert not mark.exists()


def test_a_pickle_inside_is_refused_and_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = saved(classic(), tmp_path, ".keras")
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("assets/more.pkl", pickle.dumps(Touch(mark)))
    told(path, "more.pkl")
    older = saved(classic(), tmp_path, ".h5")
    with h5py.File(older, "r+") as file:
        file.create_dataset("model_weights/more", data=np.void(pickle.dumps(Touch(mark))))
    told(older, "no numbers")
    assert not mark.exists()


@keras.saving.register_keras_serializable()
class Mine(keras.layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_of_somebody_s_own_are_refused(tmp_path: Path, suffix: str) -> None:
    refused(saved(keras.Sequential([keras.Input((4,)), Mine(), keras.layers.Dense(2)]), tmp_path, suffix), "own|Mine")


@pytest.mark.parametrize(
    ("cell", "options", "suffix", "said"),
    [
        ("LSTM", {"activation": "relu"}, ".keras", "activation 'relu'"),
        ("GRU", {"reset_after": False}, ".h5", "reset_after"),
        ("LSTM", {"go_backwards": True}, ".keras", "go_backwards"),
    ],
)
def test_layers_that_compute_otherwise_are_refused(
    tmp_path: Path, cell: str, options: dict[str, Any], suffix: str, said: str
) -> None:
    refused(saved(stacked(getattr(keras.layers, cell), 1, **options), tmp_path, suffix), said)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Evil", "config": {}}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "module": "os", "config": {}}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {
            "activation": {"class_name": "__lambda__", "config": {"value": "4w=="}}}}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {
            "activation": {"class_name": "function", "module": "builtins", "config": "system"}}}]}},
        {"class_name": "Evil", "config": {"layers": []}},
        {"class_name": "Sequential", "config": {"layers": 3}},
        {"class_name": "Sequential", "config": {"layers": [1]}},
        {"class_name": "Sequential"},
        [],
    ],
)  # fmt: skip
def test_configs_of_code_are_refused(config: Any) -> None:
    with pytest.raises(RefusedError):
        check_config(json.dumps(config))


def zipped(path: Path, parts: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


CONFIG = json.dumps({"class_name": "Sequential", "config": {"layers": []}}).encode()


def test_zips_that_are_no_models_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    for name in ("../../out", "/etc/passwd", "config.json/../x", "model.weights.npz"):
        refused(zipped(path, {"config.json": CONFIG, name: b"x"}), "no weights")
    refused(zipped(path, {"config.json": CONFIG}), "no .keras file")
    refused(zipped(path, {"config.json": b" " * (17 << 20), "model.weights.h5": b""}), "unpacks to")
    refused(zipped(path, {"config.json": CONFIG, "model.weights.h5": b""}, zipfile.ZIP_LZMA), "unknown way")
    refused(zipped(path, {"config.json": CONFIG, "model.weights.h5": b"\x80\x04"}), "no HDF5")
    told(zipped(path, {"config.json": b"{", "model.weights.h5": b""}), "corrupt", CorruptFileError)
    assert [file.name for file in tmp_path.iterdir()] == ["m.keras"]


def test_a_zip_that_says_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("model.weights.h5", b"")
        packed.writestr("config.json", b" " * (64 << 20))
    data = whole.getvalue().replace((64 << 20).to_bytes(4, "little"), (64).to_bytes(4, "little"))
    path = tmp_path / "m.keras"
    path.write_bytes(data)
    told(path, "whole|unpacks|taken in")


def hdf5(path: Path, fill: Callable[[Any], object]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_files_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    np.arange(16, dtype=np.float32).tofile(secret)
    other = hdf5(tmp_path / "other.h5", lambda file: file.create_dataset("x", data=np.ones(16, np.float32)))
    layout = h5py.VirtualLayout((16,), np.float32)
    layout[:] = h5py.VirtualSource(other, "x", (16,))
    path = tmp_path / "m.h5"
    where = "layers/dense/vars/0"
    outside = [(str(secret), 0, 64)]
    refused(hdf5(path, lambda file: file.create_dataset(where, (16,), np.float32, external=outside)), "other files")
    refused(hdf5(path, lambda file: file.create_virtual_dataset(where, layout)), "other files")
    refused(hdf5(path, lambda file: file.update({where: h5py.ExternalLink(str(other), "x")})), "links")
    refused(hdf5(path, lambda file: file.update({where: h5py.SoftLink("/x")})), "links")


def test_sizes_that_are_not_there_are_refused(tmp_path: Path) -> None:
    path, where = tmp_path / "m.h5", "layers/dense/vars/0"
    wide = (1 << 20, 1 << 20)
    refused(hdf5(path, lambda file: file.create_dataset(where, wide, np.float32, chunks=(64, 64))), "far more than")
    chunks = (1 << 15, 1 << 14)
    refused(hdf5(path, lambda file: file.create_dataset(where, chunks, np.float32, chunks=chunks)), "beyond|far more")


def test_groups_that_hold_themselves_are_refused(tmp_path: Path) -> None:
    def knot(file: Any) -> None:
        file.create_group("layers")["again"] = file["/"]

    refused(hdf5(tmp_path / "m.h5", knot), "too deep")


def test_what_is_no_layout_of_keras_s_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    refused(hdf5(path, lambda file: file.create_dataset("x", data=np.ones(3, np.float32))), "no layout")
    refused(hdf5(path, lambda file: file.create_dataset("layers/x/vars/0", data=np.array(["a"], "S3"))), "no numbers")
    assert layers_in(hdf5(path, lambda file: None).read_bytes(), MOST) == []


@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_cut_file_is_corrupt(tmp_path: Path, suffix: str, share: float) -> None:
    path = saved(classic(), tmp_path, suffix)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    told(path, "corrupt", CorruptFileError)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    told(tmp_path / "none.keras", "no file")
    (tmp_path / "folder.h5").mkdir()
    told(tmp_path / "folder.h5", "no file")


def test_code_in_the_working_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, path = tmp_path / "ran", saved(classic(), tmp_path, ".keras")
    for name in ("models", "studio", "h5py", "json"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"open({str(mark)!r}, 'w')", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert len(read_layers(path, MOST)) == 2
    assert not mark.exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "its reader gave up"),
        ("import time; time.sleep(60)", "could not be read in"),
        ("print('no safetensors')", "not a whole Keras file"),
        ("raise MemoryError", "MemoryError"),
    ],
)
def test_a_reader_that_ends_or_hangs_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setattr(reading, "program", lambda *_: ([sys.executable, "-c", code], None))
    monkeypatch.setattr(reading, "SECONDS", 0.5)
    told(path, said, CorruptFileError)
