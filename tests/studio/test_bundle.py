"""Models as files: there and back, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.checkpoint import Checkpoint, save
from models.errors import CorruptFileError, UsageError, UserError
from studio import bundle
from studio.config import Paths
from studio.registry import Registry
from tests.support import tiny_checkpoint


@pytest.mark.parametrize("half", [False, True])
def test_a_model_comes_back(paths: Paths, tmp_path: Path, half: bool) -> None:
    made, out, registry = tiny_checkpoint(), tmp_path / "m.safetensors", Registry(paths)
    bundle.write_bundle(made, "Fäust", out, half=half)
    model = bundle.import_bundle(registry, out)
    assert (model.name, model.family, model.step, model.recipe) == ("Fäust", "text", 100, made.meta["recipe"])
    found = registry.load_model(model.id)
    for name, array in made.arrays.items():
        assert found.arrays[name].dtype == np.float32
        np.testing.assert_allclose(found.arrays[name], array, rtol=1e-3 if half else 0, atol=1e-6 if half else 0)
    with pytest.raises(UsageError, match="--force"):
        bundle.write_bundle(made, "x", out)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, -5])
def test_a_cut_file_is_corrupt(tmp_path: Path, share: float) -> None:
    out = tmp_path / "m.safetensors"
    bundle.write_bundle(tiny_checkpoint(), "m", out)
    data = out.read_bytes()
    out.write_bytes(data[: int(share) if share < 0 else int(len(data) * share)])
    with pytest.raises(CorruptFileError, match=r"corrupt: m\.safetensors"):
        bundle.read_bundle(out)


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", ["keras", "h5", "safetensors", "npz"])
@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_never_run(tmp_path: Path, suffix: str, protocol: int) -> None:
    mark, out = tmp_path / "ran", tmp_path / f"m.{suffix}"
    out.write_bytes(pickle.dumps(Touch(mark), protocol))
    with pytest.raises(UserError):
        bundle.read_bundle(out)
    assert not mark.exists()


def test_bad_models_are_refused(tmp_path: Path) -> None:
    out, made = tmp_path / "m.safetensors", tiny_checkpoint()
    worse = {**made.arrays, "weights/dense/bias": np.full_like(made.arrays["weights/dense/bias"], np.nan)}
    for meta, arrays in (
        (made.meta, worse),
        ({**made.meta, "family": "vae"}, made.arrays),
        ({**made.meta, "family": "dream"}, made.arrays),
        ({**made.meta, "step": 2**80}, made.arrays),
        ({**made.meta, "recipe": {"units": -1}}, made.arrays),
        (made.meta, {}),
    ):
        save(out, Checkpoint(meta, arrays))
        with pytest.raises(CorruptFileError, match=r"corrupt: m\.safetensors"):
            bundle.read_bundle(out)
    out.write_bytes((1 << 40).to_bytes(8, "little") + b"{")
    with pytest.raises(CorruptFileError, match="header"):
        bundle.read_bundle(out)


def test_damaged_bytes_are_one_clear_line_or_a_model(tmp_path: Path) -> None:
    out, random = tmp_path / "m.safetensors", np.random.default_rng(0)
    bundle.write_bundle(tiny_checkpoint(), "m", out)
    whole, outcomes = out.read_bytes(), set()
    for _ in range(60):
        data = bytearray(whole)
        for at in random.integers(0, len(data) if random.random() < 0.3 else 1500, 3):
            data[at] = random.integers(256)
        out.write_bytes(data)
        try:
            bundle.read_bundle(out)
            outcomes.add("model")
        except UserError as error:
            outcomes.add("several lines" if "\n" in str(error) else "refused")
    assert outcomes == {"model", "refused"}
