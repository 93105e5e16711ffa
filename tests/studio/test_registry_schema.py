from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from models.errors import CorruptFileError, UserError
from studio.config import make_folder
from studio.registry import Registry, StorageError
from studio.registry import database as databases
from studio.registry.filesystem import is_network, kind_of, mounts, network_kind, parse_mountinfo
from studio.registry.schema import MIGRATIONS, migrate, version
from tests.studio.checkpoints import is_of, made

VERSION_1_DATA = """
INSERT INTO runs (id, family, name, recipe, state, metrics, created, queued, step)
    VALUES ('run1', 'text', 'old; run', '{"units": 8}', 'stopped', '{"loss": NaN}', 1.0, 1.0, 7);
INSERT INTO metrics VALUES ('run1', 1, '{"loss": 2.0}');
INSERT INTO models (id, name, family, recipe, metrics, step, seconds, file, size, sha256, run_id, created)
    VALUES ('model1', '日本', 'text', '{}', '{}', 7, 3.5, 'models/x.safetensors', 1, 'abc', 'run1', 2.0);
INSERT INTO sessions VALUES ('session1', 'evening', 'two lanes', '{"lanes": []}', 3.0, 4.0);
"""


def old_database(path: Path, upto: int) -> None:
    """A database as version `upto` of the schema made it."""
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, MIGRATIONS[:upto])
    assert version(connection) == upto
    connection.executescript(VERSION_1_DATA)
    connection.close()


@pytest.mark.parametrize("upto", range(1, len(MIGRATIONS)))
def test_data_of_every_older_version_is_taken_over(paths, upto):
    old_database(paths.database, upto)
    registry = Registry(paths)
    run = registry.run("run1")
    assert (run.name, run.state, run.step, run.recipe, run.options) == ("old; run", "stopped", 7, {"units": 8}, {})
    assert (run.rate, run.unit, run.remaining, run.has_best) == (0, "step", None, 0)
    assert registry.metrics("run1") == [(1, {"loss": 2.0})]
    assert [(model.name, model.run_id, model.problem) for model in registry.models()] == [("日本", "run1", "missing")]
    assert registry.session("evening").data == {"lanes": []}
    assert registry.add_progress(registry.add_run("text", {}, owner="me").id, "me", {}, [], {"a": "b"})
    with registry.database.read() as connection:
        assert version(connection) == len(MIGRATIONS)
    registry.close()


def test_a_migrated_database_has_the_tables_of_a_new_one(paths, tmp_path):
    old_database(paths.database, 1)
    schemas = []
    for home in (paths.home, tmp_path / "new"):
        registry = Registry(type(paths)(home))
        with registry.database.read() as connection:
            schemas.append(connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall())
        registry.close()
    assert schemas[0] == schemas[1]


def test_a_migration_that_fails_changes_nothing(paths):
    old_database(paths.database, 1)
    connection = sqlite3.connect(paths.database, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(
            connection, paths.database, (*MIGRATIONS[:1], "CREATE TABLE half (a);\nALTER TABLE nothing ADD COLUMN b;")
        )
    assert version(connection) == 1
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchone() is None
    connection.close()
    Registry(paths).close()


def test_a_newer_schema_is_refused_and_left_alone(paths):
    Registry(paths).close()
    connection = sqlite3.connect(paths.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = paths.database.read_bytes()
    with pytest.raises(
        UserError, match=r"written by a newer studio \(schema 99, this one knows \d\): update latent-studio"
    ):
        Registry(paths)
    assert paths.database.read_bytes() == before


@pytest.mark.parametrize("damage", ["garbage", "header", "middle"])
def test_a_damaged_database_is_one_line_that_names_it_and_the_way_out(paths, damage):
    registry = Registry(paths)
    for number in range(300):
        registry.add_run("text", {"filler": "x" * 200}, str(number))
    registry.save_model(made(7), name="survivor")
    registry.close()
    data = bytearray(paths.database.read_bytes())
    if damage == "garbage":
        data = bytearray(b"this is not a database, and never was\n" * 300)
    else:
        start = 0 if damage == "header" else 4096
        data[start : start + len(data) // 2] = b"\xa5" * (len(data) // 2)
    paths.database.write_bytes(data)
    with pytest.raises(CorruptFileError) as caught:
        Registry(paths).runs()
    line = str(caught.value)
    assert str(paths.database) in line
    assert "move it away and start again" in line
    assert "\n" not in line

    paths.database.rename(paths.home / "damaged.db")
    for leftover in paths.home.glob("registry.db-*"):
        leftover.unlink()
    registry = Registry(paths)
    (model,) = registry.models()
    assert (model.name, model.step, model.problem) == ("text", 7, None)
    assert is_of(registry.load_model("text"), 7)
    registry.close()


def test_a_lost_database_lists_every_whole_model_again_and_no_other_file(paths):
    registry = Registry(paths)
    models = [registry.save_model(made(step), name=f"m{step}") for step in (1, 2, 3)]
    registry.model_file(models[1].id).write_bytes(b"cut")
    registry.close()
    (paths.models / "notes.txt").write_text("mine")
    (paths.models / "other.safetensors").write_bytes(b"mine")
    for path in paths.home.glob("registry.db*"):
        path.unlink()
    registry = Registry(paths)
    assert {(model.id, model.step) for model in registry.models()} == {(models[0].id, 1), (models[2].id, 3)}
    assert [model.name for model in registry.models()] == ["text", "text 2"]
    assert is_of(registry.load_model(models[2].id), 3)
    assert len(list(paths.models.iterdir())) == 5
    registry.close()


def test_a_place_that_cannot_be_written_is_one_line(paths):
    make_folder(paths.home)
    paths.database.mkdir()
    with pytest.raises(StorageError, match=r"registry\.db"):
        Registry(paths)


def test_a_lock_that_is_held_too_long_is_told(registry, paths, monkeypatch):
    monkeypatch.setattr(databases, "PATIENCE", 0.05)
    other = Registry(paths)
    with registry.database.write():
        with pytest.raises(StorageError, match="held by another program"):
            other.add_run("text", {})
        assert other.runs() == []
    other.add_run("text", {})
    other.close()


def test_an_exception_within_a_transaction_undoes_it(registry):
    run = registry.add_run("text", {})

    def delete_and_fail():
        with registry.database.write() as connection:
            connection.execute("DELETE FROM runs")
            raise KeyError

    with pytest.raises(KeyError):
        delete_and_fail()
    assert registry.runs() == [run]


@pytest.mark.parametrize(("network", "journal"), [(False, "wal"), (True, "delete")])
def test_the_journal_is_not_shared_memory_on_a_network_file_system(paths, monkeypatch, network, journal):
    monkeypatch.setattr(databases, "is_network", lambda folder: network)
    for _ in range(2):
        registry = Registry(paths)
        with registry.database.read() as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
        registry.add_run("text", {})
        before = registry.revision()
        registry.add_run("text", {})
        assert registry.revision() != before
        registry.close()
    monkeypatch.setattr(databases, "is_network", lambda folder: not network)
    Registry(paths).close()
    assert len(Registry(paths).runs()) == 4


MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw,vers=4.2
41 40 0:41 / /home/me/my\040disk rw - fuse.sshfs host: rw
42 40 0:42 / /home/me/local rw master:1 propagate_from:2 - ext4 /dev/vdb rw
43 27 0:43 / /mnt rw - ext4 /dev/vdc rw
44 27 0:44 / /mnt rw - cifs //server/share rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind", "network"),
    [
        ("/var/lib", "ext4", False),
        ("/home/me", "nfs4", True),
        ("/homework", "ext4", False),
        ("/home/me/my disk/studio", "fuse.sshfs", True),
        ("/home/me/local/studio", "ext4", False),
        ("/mnt/x", "cifs", True),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder, kind, network):
    assert kind_of(Path(folder), parse_mountinfo(MOUNTINFO)) == kind
    assert network_kind(kind) is network


def test_kinds_are_told_apart():
    networks = ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "lustre", "gpfs", "ceph", "9p", "fuse.rclone", "CIFS"]
    locals_ = ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuseblk", "fuse.fuse-overlayfs", "f2fs", ""]
    assert all(network_kind(kind) for kind in networks)
    assert not any(network_kind(kind) for kind in locals_)


def test_without_proc_the_mounts_come_from_psutil(monkeypatch, tmp_path):
    with_proc = dict(mounts())
    monkeypatch.setattr("studio.registry.filesystem.MOUNTINFO", tmp_path / "none")
    without = dict(mounts())
    assert "/" in with_proc
    assert without.get("/", with_proc["/"]) == with_proc["/"]
    assert isinstance(is_network(tmp_path), bool)
