"""Pictures in the registry: kept whole, named, listed, replaced, deleted; small copies; previews of runs."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.errors import CorruptFileError, UsageError
from models.vision import pictures
from studio.config import Paths
from studio.registry import PictureEntry, Registry, StorageError
from studio.registry import files as filing


def png(red: int, size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (red, 0, 0)).save(file, "PNG")
    return file.getvalue()


def keep(registry: Registry, name: str = "a picture", red: int = 9, **more: Any) -> PictureEntry:
    settings: dict[str, Any] = {"family": "dream", "recipe": {"steps": 3}, "about": {"seed": 7}} | more
    return registry.save_picture(png(red), name=name, width=8, height=6, thumbnail=png(red, (4, 3)), **settings)


def test_a_picture_is_kept_with_all_that_is_known_of_it(registry: Registry, paths: Paths) -> None:
    entry = keep(registry, "日本語 [/x]")
    again = registry.picture("日本語 [/x]")
    assert again == entry == registry.picture(entry.id)
    assert (entry.family, entry.width, entry.height, entry.frames, entry.kind) == ("dream", 8, 6, 1, "png")
    assert (entry.recipe, entry.about, entry.problem) == ({"steps": 3}, {"seed": 7}, None)
    path = registry.picture_file(entry.id)
    assert path.parent == paths.pictures
    assert pictures.load(path)[0, 0].tolist() == [9, 0, 0]
    assert path.stat().st_mode & 0o777 == 0o600
    small = registry.thumbnail(entry.id)
    assert small is not None
    assert small.shape == (3, 4, 3)


def test_newest_first_by_family_and_no_more_than_asked_for(registry: Registry) -> None:
    first, second = keep(registry, "x"), keep(registry, "x", family="style")
    third = keep(registry, "x")
    assert [entry.name for entry in registry.pictures()] == ["x 3", "x 2", "x"]
    assert registry.pictures("dream") == [third, first]
    assert registry.pictures(limit=2) == [third, second]


def test_a_change_is_seen_by_other_processes(registry: Registry, paths: Paths) -> None:
    other = Registry(paths)
    before = other.revision()
    entry = keep(registry)
    assert other.revision() != before
    assert other.pictures() == [entry]
    other.close()


def test_a_picture_that_is_made_again_takes_the_place_of_the_one_before(registry: Registry) -> None:
    entry = keep(registry, red=1)
    before = registry.picture_file(entry.id)
    registry.rename_picture(entry.id, "mine")
    again = keep(registry, "ignored", red=2, picture_id=entry.id)
    assert (again.id, again.name, again.created) == (entry.id, "mine", entry.created)
    assert not before.exists()
    assert pictures.load(registry.picture_file(entry.id))[0, 0, 0] == 2
    assert len(registry.pictures()) == 1


def test_names_are_checked_and_taken_once(registry: Registry) -> None:
    one, other = keep(registry, "one"), keep(registry, "other")
    assert registry.rename_picture(one.id, "new").name == "new"
    for name, told in (("other", "another picture"), ("", "name")):
        with pytest.raises(UsageError, match=told):
            registry.rename_picture(one.id, name)
    with pytest.raises(UsageError, match="no picture"):
        registry.picture("gone")
    registry.delete_picture(other.id)
    assert registry.rename_picture(one.id, "other").name == "other"


def test_a_deleted_picture_leaves_nothing(registry: Registry, paths: Paths) -> None:
    entry = keep(registry)
    registry.delete_picture(entry.id)
    assert registry.pictures() == []
    assert registry.thumbnail(entry.id) is None
    assert list(paths.pictures.iterdir()) == []
    with pytest.raises(UsageError, match="no picture"):
        registry.delete_picture(entry.id)


@pytest.mark.parametrize("part", [0, 0.1, 0.5])
def test_a_damaged_or_missing_file_is_told_and_the_others_are_listed(registry: Registry, part: float) -> None:
    entry, whole = keep(registry, "bad"), keep(registry, "good")
    path = registry.picture_file(entry.id)
    path.write_bytes(path.read_bytes()[: int(entry.size * part)])
    assert {e.name: e.problem for e in registry.pictures()} == {"bad": "corrupt", "good": None}
    with pytest.raises(CorruptFileError, match="'bad'"):
        registry.picture_bytes(entry.id)
    path.unlink()
    assert registry.picture(entry.id).problem == "missing"
    with pytest.raises(CorruptFileError, match=r"missing.*'bad'"):
        registry.picture_bytes(entry.id)
    assert registry.picture_bytes(whole.id) == png(9)


def test_a_full_disk_leaves_what_was_there(registry: Registry, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = keep(registry, red=1)

    def full(file: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="full"):
        keep(registry, "another")
    with pytest.raises(StorageError, match="full"):
        keep(registry, red=2, picture_id=entry.id)
    monkeypatch.undo()
    assert registry.pictures() == [entry]
    assert registry.picture_bytes(entry.id) == png(1)
    filing.Files(paths.home, registry.database).sweep(0)
    assert len(list(paths.pictures.iterdir())) == 1


def test_previews_go_with_their_run(registry: Registry) -> None:
    run = registry.add_run("dream", {}, "r")
    assert registry.preview(run.id) is None
    for red in (10, 20):
        registry.put_preview(run.id, png(red))
    shown = registry.preview(run.id)
    assert shown is not None
    assert shown[0, 0].tolist() == [20, 0, 0]
    registry.put_preview("gone", png(1))
    assert registry.preview("gone") is None
    registry.put_preview(run.id, b"damaged")
    assert registry.preview(run.id) is None


def test_a_run_keeps_its_pictures_when_it_is_deleted_and_loses_them_when_it_is_discarded(registry: Registry) -> None:
    kept = ""
    for discard in (False, True):
        run = registry.add_run("dream", {}, "r")
        entry = keep(registry, "of it", run_id=run.id)
        registry.set_run_picture(run.id, entry.id)
        assert registry.run(run.id).picture_id == entry.id
        assert registry.pictures_of_run(run.id) == [entry]
        registry.finish_run(run.id, "stopped")
        if discard:
            registry.discard_run(run.id)
            assert [e.id for e in registry.pictures()] == [kept]
        else:
            registry.delete_run(run.id)
            assert registry.picture(entry.id).run_id is None
            kept = entry.id


def test_ten_thousand_pictures_are_listed_without_opening_them(registry: Registry) -> None:
    keep(registry, "real")
    values = [
        (f"id{number}", f"name {number}", "dream", "{}", "{}", 1, 1, f"pictures/f{number}", 1, "x", number)
        for number in range(10_000)
    ]
    with registry.database.write() as connection:
        connection.executemany(
            "INSERT INTO pictures (id, name, family, recipe, about, width, height, kind, file, size, sha256, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'png', ?, ?, ?, ?)",
            values,
        )
    listed = registry.pictures()
    assert len(listed) == 10_001
    assert [entry.name for entry in registry.pictures(limit=3)] == ["real", "name 9999", "name 9998"]


def test_a_thumbnail_is_an_array(registry: Registry) -> None:
    entry = keep(registry, red=77)
    small = registry.thumbnail(entry.id)
    assert small is not None
    np.testing.assert_array_equal(small, np.full((3, 4, 3), (77, 0, 0)))
