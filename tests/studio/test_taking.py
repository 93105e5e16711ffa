"""Models taken in from files, as the command line does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models.checkpoint import Checkpoint
from models.text.model import TextModel
from studio.cli import entry
from studio.config import Paths
from studio.registry import Registry
from studio.taking import KERAS
from tests.models.tiny_nets import gan_checkpoint
from tests.studio.command import objects, one_line
from tests.support import tiny_checkpoint

ORDER = ("kernel", "recurrent", "bias")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paths: Paths) -> Any:
    """Run a command in this process: (exit code, stdout, stderr)."""
    monkeypatch.setenv("STUDIO_HOME", str(paths.home))

    def call(*words: str) -> tuple[int, str, str]:
        code = entry.run(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def weights_file(path: Path, checkpoint: Checkpoint) -> str:
    """The weights of a text model as Keras 3 writes those of an equal model."""
    with h5py.File(path, "w") as file:
        for at, name in enumerate(ORDER):
            file[f"layers/lstm/cell/vars/{at}"] = checkpoint.arrays[f"weights/rnn_0/{name}"]
        file["layers/embedding/vars/0"] = checkpoint.arrays["weights/embedding"]
        file["layers/dense/vars/0"] = checkpoint.arrays["weights/dense/kernel"]
        file["layers/dense/vars/1"] = checkpoint.arrays["weights/dense/bias"]
    return str(path)


def test_weights_of_keras_become_a_model_like_another(run: Any, registry: Registry, tmp_path: Path) -> None:
    registry.save_model(tiny_checkpoint(seed=1), name="mine")
    theirs = tiny_checkpoint(seed=2)
    file = weights_file(tmp_path / "novel.weights.h5", theirs)
    code, out, _ = run("models", "import", file, "--like", "mine", "--json")
    assert code == 0
    [told] = objects(out)
    assert (told["name"], told["family"]) == ("novel", "text")
    found = registry.load_model("novel")
    assert found.arrays.keys() == theirs.arrays.keys()
    for name, array in theirs.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
    assert TextModel.from_checkpoint(found).vocabulary == TextModel.from_checkpoint(theirs).vocabulary
    assert (found.meta["step"], found.meta["metrics"]) == (0, {})
    code, out, _ = run("models", "import", file, "--like", "mine", "--name", "other")
    assert "imported 'other' (text" in out


def test_what_is_missing_or_makes_no_sense_is_one_line(run: Any, registry: Registry, tmp_path: Path) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    registry.save_model(tiny_checkpoint(units=24), name="wider")
    registry.save_model(gan_checkpoint(), name="painter")
    file = weights_file(tmp_path / "novel.weights.h5", tiny_checkpoint())
    run("models", "export", "mine", "-o", str(tmp_path / "m.safetensors"))
    for words, expected, said in (
        ((file,), 2, "--like MODEL"),
        ((file, "--like", "nobody"), 2, "there is no model 'nobody'"),
        ((file, "--like", "wider"), 1, "rnn_0/kernel is (8, 64)"),
        ((file, "--like", "painter"), 1, "a GAN's layers"),
        ((file, "--like", "mine", "--name", "a\nb"), 2, "control characters"),
        ((str(tmp_path / "m.safetensors"), "--like", "mine"), 2, "--like is for"),
        ((str(tmp_path / "none.keras"), "--like", "mine"), 1, "no file"),
    ):
        code, _, err = run("models", "import", *words)
        assert (code, said in one_line(err)) == (expected, True), err
    assert [model.name for model in registry.models()] == ["painter", "wider", "mine"]


@pytest.mark.parametrize("suffix", [*KERAS, ".safetensors"])
def test_a_file_of_another_kind_by_any_name_is_refused(
    run: Any, registry: Registry, tmp_path: Path, suffix: str
) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    file = tmp_path / f"x{suffix}"
    like = () if suffix == ".safetensors" else ("--like", "mine")
    for data in (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x80\x04N.", b"GIF89a", b"\0" * 100):
        file.write_bytes(data)
        code, _, err = run("models", "import", str(file), *like)
        assert code == 1, err
        assert file.name in one_line(err)
    assert len(registry.models()) == 1
