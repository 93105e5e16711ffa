from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from models import checkpoint as checkpoints
from models.errors import CorruptFileError, UsageError
from studio.config import Paths
from studio.registry import Registry, StorageError
from tests.studio.checkpoints import is_of, made


def files(registry: Registry) -> list[Path]:
    return sorted(path for path in registry.paths.home.rglob("*") if path.suffix in (".safetensors", ".part"))


def test_replacing_a_model_keeps_its_id_and_name_and_leaves_one_file(registry):
    first = registry.save_model(made(1), name="m")
    registry.rename_model(first.id, "renamed")
    second = registry.save_model(made(2), name="m", model_id=first.id)
    assert (second.id, second.name, second.step, second.created) == (first.id, "renamed", 2, first.created)
    assert second.sha256 != first.sha256
    assert is_of(registry.load_model("renamed"), 2)
    assert [path.name for path in files(registry)] == [Path(second.file).name]
    assert registry.model_file(first.id).stat().st_size == second.size


def test_a_run_keeps_its_newest_checkpoint_only(registry):
    run = registry.add_run("text", {})
    assert registry.load_checkpoint(run.id) is None
    assert not run.has_checkpoint
    for step in (1, 2, 3):
        registry.save_checkpoint(run.id, made(step))
    assert registry.run(run.id).has_checkpoint
    assert is_of(registry.load_checkpoint(run.id), 3)
    assert registry.load_checkpoint(run.id).meta["resume"] == {"at": 3}
    assert len(files(registry)) == 1


def test_saving_for_what_is_gone_is_refused_and_leaves_nothing(registry):
    model = registry.save_model(made(), name="m")
    registry.delete_model(model.id)
    with pytest.raises(UsageError, match="there is no model"):
        registry.save_model(made(), name="m", model_id=model.id)
    with pytest.raises(UsageError, match="there is no run"):
        registry.save_model(made(), name="m", run_id="gone")
    with pytest.raises(UsageError, match="there is no run"):
        registry.save_checkpoint("gone", made())
    assert files(registry) == []
    assert registry.models() == []


def test_a_run_deleted_while_its_checkpoint_is_written_leaves_nothing(registry, monkeypatch):
    run = registry.add_run("text", {})
    save = checkpoints.save

    def save_and_delete(path, checkpoint):
        saved = save(path, checkpoint)
        registry.delete_run(run.id)
        path.parent.mkdir(exist_ok=True)
        return saved if path.exists() else save(path, checkpoint)

    monkeypatch.setattr(checkpoints, "save", save_and_delete)
    with pytest.raises(UsageError, match="any more"):
        registry.save_checkpoint(run.id, made())
    assert files(registry) == []


CUTS = {
    "0 %": lambda size: 0,
    "10 %": lambda size: size // 10,
    "50 %": lambda size: size // 2,
    "5 bytes": lambda size: size - 5,
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_model_is_listed_as_corrupt_and_the_others_as_they_are_r2(registry, cut):
    registry.save_model(made(1), name="whole")
    model = registry.save_model(made(2), name="日本 [/]")
    os.truncate(registry.model_file(model.id), CUTS[cut](model.size))
    assert {entry.name: entry.problem for entry in registry.models()} == {"whole": None, "日本 [/]": "corrupt"}
    assert registry.model(model.id).problem == "corrupt"
    with pytest.raises(CorruptFileError, match=r"corrupt: .*'日本 \[/\]'"):
        registry.load_model(model.id)
    assert is_of(registry.load_model("whole"), 1)


@pytest.mark.parametrize("cut", CUTS)
def test_a_cut_checkpoint_of_a_run_is_corrupt_and_says_whose_r2(registry, cut):
    run = registry.add_run("text", {}, "mine")
    registry.save_checkpoint(run.id, made())
    path = registry.paths.home / registry.run(run.id).file
    os.truncate(path, CUTS[cut](path.stat().st_size))
    with pytest.raises(CorruptFileError, match=r"corrupt: .* the run 'mine'"):
        registry.load_checkpoint(run.id)


def test_a_flipped_byte_is_found_on_loading_and_remembered_until_the_file_is_good_again(registry, paths):
    model = registry.save_model(made(), name="m")
    path = registry.model_file(model.id)
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert registry.models()[0].problem is None
    with pytest.raises(CorruptFileError, match="'m'"):
        registry.load_model("m")
    other = Registry(paths)
    assert [entry.problem for entry in other.models()] == ["corrupt"]
    other.close()
    path.write_bytes(good)
    assert is_of(registry.load_model("m"), 1)
    assert registry.models()[0].problem is None


def test_saving_a_corrupt_model_again_cures_it(registry):
    model = registry.save_model(made(1), name="m")
    registry.model_file(model.id).write_bytes(b"x" * model.size)
    with pytest.raises(CorruptFileError):
        registry.load_model("m")
    assert registry.save_model(made(2), name="m", model_id=model.id).problem is None
    assert is_of(registry.load_model("m"), 2)


def test_a_missing_file_is_told_as_missing(registry):
    registry.save_model(made(), name="here")
    model = registry.save_model(made(), name="m")
    registry.model_file(model.id).unlink()
    assert {entry.name: entry.problem for entry in registry.models()} == {"here": None, "m": "missing"}
    with pytest.raises(CorruptFileError, match=r"missing: .*'m' is gone"):
        registry.load_model("m")
    run = registry.add_run("text", {}, "r")
    registry.save_checkpoint(run.id, made())
    shutil.rmtree(registry.paths.runs / run.id)
    with pytest.raises(CorruptFileError, match=r"missing: .*'r' is gone"):
        registry.load_checkpoint(run.id)
    registry.delete_model("m")
    registry.delete_run(run.id)


def test_a_reader_gets_the_new_version_when_the_old_one_goes_meanwhile(registry, monkeypatch):
    run = registry.add_run("text", {})
    model = registry.save_model(made(1), name="m")
    registry.save_checkpoint(run.id, made(1))
    load, replaced = checkpoints.load, []

    def replace_then_load(path, sha256=None):
        if not replaced:
            replaced.append(path)
            registry.save_model(made(2), name="m", model_id=model.id)
            registry.save_checkpoint(run.id, made(2))
        return load(path, sha256)

    monkeypatch.setattr(checkpoints, "load", replace_then_load)
    assert is_of(registry.load_model("m"), 2)
    replaced.clear()
    assert is_of(registry.load_checkpoint(run.id), 2)


def test_listings_and_loads_beside_a_writer_never_see_a_problem(registry):
    run = registry.add_run("text", {})
    model = registry.save_model(made(0), name="m")
    registry.save_checkpoint(run.id, made(0))
    done = threading.Event()

    def replace() -> None:
        for step in range(1, 60):
            registry.save_model(made(step), name="m", model_id=model.id)
            registry.save_checkpoint(run.id, made(step))
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    seen = []
    while not done.is_set():
        assert [entry.problem for entry in registry.models()] == [None]
        weights, state = registry.load_model("m"), registry.load_checkpoint(run.id)
        assert is_of(weights, weights.meta["step"])
        assert is_of(state, state.meta["step"])
        seen.append(weights.meta["step"])
    writer.join()
    assert seen == sorted(seen)


def test_a_full_disk_leaves_the_version_before_r1(registry, monkeypatch):
    run = registry.add_run("text", {})
    model = registry.save_model(made(1), name="m", run_id=run.id)
    registry.save_checkpoint(run.id, made(1))
    before = files(registry)

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints.os, "fsync", full)
        for save in (
            lambda: registry.save_model(made(2), name="m", model_id=model.id),
            lambda: registry.save_model(made(2), name="new"),
            lambda: registry.save_checkpoint(run.id, made(2)),
        ):
            with pytest.raises(StorageError, match=r"cannot write .*: No space left on device"):
                save()
    assert files(registry) == before
    assert [(entry.name, entry.step, entry.problem) for entry in registry.models()] == [("m", 1, None)]
    assert is_of(registry.load_model("m"), 1)
    assert is_of(registry.load_checkpoint(run.id), 1)
    assert registry.save_model(made(2), name="m", model_id=model.id).step == 2


def test_a_small_file_system_that_fills_up_loses_nothing_r1(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a file system is not permitted here")
    try:
        registry = Registry(Paths(place / "home"))
        run = registry.add_run("text", {})
        saved, told = {}, set()
        for step in range(1, 40):
            try:
                saved[registry.save_model(made(step, 10_000), name="m").name] = step
                registry.add_metrics(run.id, [(step, {"loss": 1.0})])
            except StorageError as error:
                told.add(str(error))
        assert len(saved) < 39
        assert told
        assert all("\n" not in line and "pace left on" in line for line in told)
        assert {entry.name: entry.step for entry in registry.models()} == saved
        assert all(is_of(registry.load_model(name), step) for name, step in saved.items())
        for name in list(saved)[:3]:
            registry.delete_model(name)
        assert registry.save_model(made(99, 10_000), name="after").step == 99
        registry.close()
    finally:
        subprocess.run(["umount", "-l", place], check=True, timeout=30)


def test_what_a_crash_left_is_swept_after_a_while_and_nothing_else(paths):
    registry = Registry(paths)
    registry.save_model(made(), name="kept")
    unknown = paths.models / "mine.safetensors"
    unknown.write_bytes(b"a file that someone put here")
    left = paths.models / "0000000000-0000000000.safetensors"
    part = paths.models / f".{left.name}.abcd.part"
    folder = paths.runs / "0000000000"
    with registry.database.write() as connection:
        for name in (f"models/{left.name}", "runs/0000000000"):
            connection.execute("INSERT INTO strays VALUES (?, ?)", (name, time.time() - 60))
    for path in (left, part):
        path.write_bytes(b"half")
    folder.mkdir()
    (folder / "log.txt").write_text("log")
    registry.close()

    Registry(paths).close()
    assert left.exists()
    with (registry := Registry(paths)).database.write() as connection:
        connection.execute("UPDATE strays SET noted = noted - 7200")
    registry.close()
    registry = Registry(paths)
    assert not left.exists()
    assert not part.exists()
    assert not folder.exists()
    assert unknown.exists()
    assert is_of(registry.load_model("kept"), 1)
    with registry.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM strays").fetchone() == (0,)
    registry.close()


def test_a_file_that_cannot_be_deleted_now_is_left_to_a_later_sweep(registry, monkeypatch):
    model = registry.save_model(made(), name="m")
    path = registry.model_file(model.id)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no")))
        registry.delete_model(model.id)
    assert path.exists()
    assert registry.files.sweep(older_than=-1) == 1
    assert not path.exists()
