"""Models as files: there and back, and what is refused."""

from __future__ import annotations

import errno
import json
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import checkpoint as checkpoints
from models.checkpoint import META_KEY, Checkpoint, save
from models.errors import CorruptFileError, UsageError, UserError
from studio import bundle
from studio.config import Paths
from studio.registry import Registry
from tests.models.tiny_nets import gan_checkpoint, vae_checkpoint
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


@pytest.mark.parametrize("made", [vae_checkpoint, gan_checkpoint])
@pytest.mark.parametrize("knobs", [{}, {"channels": 3}])
def test_what_makes_pictures_comes_back_and_makes_the_same(
    paths: Paths, tmp_path: Path, made: Any, knobs: dict[str, Any]
) -> None:
    from models.latent.load import open_model

    checkpoint, out, registry = made(**knobs), tmp_path / "m.safetensors", Registry(paths)
    bundle.write_bundle(checkpoint, "blots", out)
    found = registry.load_model(bundle.import_bundle(registry, out).id)
    before, after = open_model(checkpoint), open_model(found)
    points = before.draw(3, 1)
    np.testing.assert_array_equal(after.draw(3, 1), points)
    np.testing.assert_array_equal(after.decode(points), before.decode(points))
    assert found.meta == {key: value for key, value in checkpoint.meta.items() if key != "name"}


def test_a_file_of_a_model_can_be_kept_as_it_is_and_exported_again(tmp_path: Path) -> None:
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    bundle.write_bundle(tiny_checkpoint(), "m", one)
    bundle.write_bundle(checkpoints.load(one), "n", two)
    assert bundle.read_bundle(two).meta["name"] == "n"


def test_norms_travel_too(tmp_path: Path) -> None:
    made, out = gan_checkpoint(spectral_norm=True), tmp_path / "m.safetensors"
    bundle.write_bundle(made, "blots", out)
    assert bundle.read_bundle(out).arrays.keys() == made.arrays.keys()


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


@pytest.mark.parametrize("half", [False, True])
def test_a_changed_weight_is_noticed(tmp_path: Path, half: bool) -> None:
    out = tmp_path / "m.safetensors"
    size = bundle.write_bundle(tiny_checkpoint(), "m", out, half=half)
    data = bytearray(out.read_bytes())
    for at in (size - 1, size // 2, 8 + int.from_bytes(data[:8], "little")):
        damaged = bytearray(data)
        damaged[at] ^= 1
        out.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match="does not match its checksum"):
            bundle.read_bundle(out)


HUGE: list[tuple[Any, dict[str, Any], str]] = [
    (tiny_checkpoint, {"units": 10**6}, "units"),
    (tiny_checkpoint, {"units": 2048, "layers": 4}, "networks of 1"),
    (vae_checkpoint, {"width": 10**6}, "width"),
    (vae_checkpoint, {"most": 1024, "width": 512, "hidden": 4096}, "networks of"),
    (gan_checkpoint, {"width": 512, "most": 1024}, "networks of"),
]


@pytest.mark.parametrize(("made", "knobs", "said"), HUGE)
def test_a_recipe_of_more_than_there_is_builds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Any, knobs: dict[str, Any], said: str
) -> None:
    out, built = tmp_path / "m.safetensors", made()
    monkeypatch.setattr(bundle, "LOADERS", dict.fromkeys(bundle.LOADERS, "builtins:exit"))
    save(out, Checkpoint({**built.meta, "recipe": {**built.meta["recipe"], **knobs}}, built.arrays))
    with pytest.raises(CorruptFileError, match=said):
        bundle.read_bundle(out)


def with_header(out: Path, change: Any) -> None:
    """Change the header of a safetensors file."""
    data = out.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    change(header)
    text = json.dumps(header).encode()
    out.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])


def set_meta(**values: Any) -> Any:
    def change(header: Any) -> None:
        meta = json.loads(header["__metadata__"][META_KEY])
        header["__metadata__"][META_KEY] = json.dumps({**meta, **values})

    return change


def set_shape(*shape: int) -> Any:
    def change(header: Any) -> None:
        header["weights/dense/bias"]["shape"] = list(shape)

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_shape(*[2**31] * 100_000),
        set_shape(2**40),
        set_shape(-30),
        set_meta(metrics={"loss": 10**400}),
        set_meta(seconds=1e300),
        set_meta(concepts=["a"] * 100_000),
        set_meta(concepts=[1]),
        set_meta(opening=3),
        set_meta(recipe=[[[]]]),
        set_meta(vocabulary={"unit": "char", "symbols": ["aa"], "lowercase": False}),
        set_meta(family="vae", data={"size": [1 << 40, 32], "channels": 3}),
        lambda header: header.update({"optimizer/m": header.pop("weights/dense/bias")}),
        lambda header: header.pop("__metadata__"),
    ],
)
def test_a_hostile_header_is_refused(tmp_path: Path, change: Any) -> None:
    out = tmp_path / "m.safetensors"
    save(out, tiny_checkpoint())
    with_header(out, change)
    with pytest.raises(CorruptFileError, match=r"corrupt: m\.safetensors") as told:
        bundle.read_bundle(out)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("name", ["../../out", "/etc/passwd", "..", "a/b"])
def test_a_name_is_no_path(paths: Paths, tmp_path: Path, name: str) -> None:
    out, registry = tmp_path / "m.safetensors", Registry(paths)
    bundle.write_bundle(tiny_checkpoint(), name, out)
    before = {file for file in tmp_path.rglob("*") if paths.home not in file.parents}
    model = bundle.import_bundle(registry, out)
    assert model.name == name
    assert registry.model_file(model.id).parent == paths.models
    assert {file for file in tmp_path.rglob("*") if paths.home not in file.parents} == before


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "\u202ea", "", "x" * 500])
def test_a_name_that_is_none_needs_another(paths: Paths, tmp_path: Path, name: str) -> None:
    out, registry = tmp_path / "m.safetensors", Registry(paths)
    bundle.write_bundle(tiny_checkpoint(), name, out)
    with pytest.raises(UsageError, match="name") as told:
        bundle.import_bundle(registry, out)
    assert str(told.value).isprintable()
    assert registry.models() == []
    assert bundle.import_bundle(registry, out, "mine").name == "mine"


def test_only_what_is_known_is_taken_in(paths: Paths, tmp_path: Path) -> None:
    made, out, registry = tiny_checkpoint(), tmp_path / "m.safetensors", Registry(paths)
    save(out, Checkpoint({**made.meta, "resume": {"at": 3}, "other": "x" * 100, "name": "m"}, made.arrays))
    found = registry.load_model(bundle.import_bundle(registry, out).id)
    assert found.meta == made.meta


@pytest.mark.parametrize("links", [True, False])
def test_of_many_that_write_one_file_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def none(*names: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(checkpoints.os, "link", none)
    out, made, refused = tmp_path / "m.safetensors", tiny_checkpoint(), []
    together = threading.Barrier(6)
    monkeypatch.setattr(bundle.os.path, "lexists", lambda path: together.wait(10) < 0)

    def write(name: str) -> None:
        try:
            bundle.write_bundle(made, name, out)
        except UsageError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=write, args=(f"m{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert all("--force" in told for told in refused)
    assert bundle.read_bundle(out).meta["name"] in {f"m{number}" for number in range(6)}
    assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "m.safetensors"
    out.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="--force"):
        bundle.write_bundle(tiny_checkpoint(), "m", out)
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "m.safetensors"
    out.write_bytes(b"before")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        bundle.write_bundle(tiny_checkpoint(), "m", out, force=True)
    assert out.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]


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
            found = bundle.read_bundle(out)
            outcomes.add("model")
            np.testing.assert_equal(dict(found.arrays), dict(tiny_checkpoint().arrays))
        except UserError as error:
            outcomes.add("several lines" if "\n" in str(error) else "refused")
    assert outcomes in ({"refused"}, {"model", "refused"})
