"""Runs that make pictures: what is kept, what others see meanwhile, and what becomes of it on a full disk."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from models.vision import about, pictures
from studio.jobs import keeper, recorder
from studio.registry import Registry, Run, StorageError
from tests.studio.executing import Sitting, until

pytestmark = pytest.mark.usefixtures("fake", "all_ended")


def painting(registry: Registry, **recipe: Any) -> Run:
    return registry.add_run("fake pictures", recipe, "painted", owner="me")


def level(registry: Registry, picture_id: str) -> int:
    return int(pictures.load(registry.picture_file(picture_id))[0, 0, 0])


def test_a_run_to_its_end_leaves_its_picture_with_the_recipe_inside(registry: Registry) -> None:
    sitting = Sitting(registry, painting(registry, steps=4))
    assert sitting.end() == "done"
    (entry,) = registry.pictures()
    assert (entry.name, entry.family, entry.width, entry.height, entry.kind) == (
        "painted",
        "fake pictures",
        16,
        12,
        "png",
    )
    assert entry.run_id == sitting.run_id
    assert registry.run(sitting.run_id).picture_id == entry.id
    assert level(registry, entry.id) == 4
    said = about.read(registry.picture_file(entry.id))
    assert said == entry.about
    assert (said["recipe"]["steps"], said["seed"], said["step"], said["version"]) == (4, 5, 4, "1")
    small = registry.thumbnail(entry.id)
    assert small is not None
    assert small.max() == 4
    assert registry.models() == []
    assert sitting.kinds == ["started", "saved", "done"]


@pytest.mark.parametrize(
    ("every", "names"), [(100, ["painted"]), (3, ["painted", "painted, step 6", "painted, step 3"])]
)
def test_a_run_stopped_at_step_7_keeps_the_picture_of_step_7_s7(
    registry: Registry, every: int, names: list[str]
) -> None:
    sitting = Sitting(registry, painting(registry, gated=True, steps=500, keep_every=every))
    sitting.step(6)
    sitting.control.ask("stop")
    assert sitting.end() == "stopped"
    found = {entry.name: level(registry, entry.id) for entry in registry.pictures()}
    assert list(found) == names
    assert found["painted"] == 7
    assert all(found[name] == int(name.split()[-1]) for name in names[1:])
    for entry in registry.pictures():
        said = about.read(registry.picture_file(entry.id))
        assert said is not None
        assert said.keys() >= {"version", "family", "recipe", "step"}
        if entry.name in names[1:]:
            assert (said["recipe"]["changed"], said["sources"]) == (said["step"], ["one"])


def test_a_run_that_goes_on_replaces_its_picture(registry: Registry) -> None:
    run = painting(registry, gated=True, steps=9)
    first = Sitting(registry, run)
    first.step(2)
    first.control.ask("stop")
    assert first.end() == "stopped"
    (before,) = registry.pictures()
    registry.rename_picture(before.id, "mine")
    registry.claim_run(run.id, "me", "CPU")
    assert Sitting(registry, run).end() == "done"
    (after,) = registry.pictures()
    assert (after.id, after.name) == (before.id, "mine")
    assert level(registry, after.id) == 9


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_frames_become_an_animation(registry: Registry, kind: str) -> None:
    assert Sitting(registry, painting(registry, steps=1, frames=5, animation=kind)).end() == "done"
    (entry,) = registry.pictures()
    assert (entry.frames, entry.kind) == (5, kind)
    path = registry.picture_file(entry.id)
    said = about.read(path)
    assert said is not None
    assert said["recipe"]["frames"] == 5
    if kind != "mp4":
        with Image.open(path) as found:
            assert found.n_frames == 5
    assert list(registry.paths.cache.iterdir()) == []


def test_other_processes_see_the_newest_preview(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "PREVIEW", 0.0)
    sitting = Sitting(registry, painting(registry, gated=True, steps=50))
    for count in (3, 4):
        sitting.step(count)
        wanted = sitting.slots.step.step
        until(lambda wanted=wanted: (found := registry.preview(sitting.run_id)) is not None and found.max() == wanted)
    sitting.control.ask("stop")
    sitting.end()


def test_what_finds_no_room_waits_and_is_saved_when_there_is_some(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "RETRY", 0.01)
    save, full = registry.save_picture, True

    def saving(*words: Any, **more: Any) -> Any:
        if full:
            raise StorageError("the disk is full")
        return save(*words, **more)

    monkeypatch.setattr(registry, "save_picture", saving)
    sitting = Sitting(registry, painting(registry, gated=True, steps=20, keep_every=2))
    sitting.step(5)
    until(lambda: "not saved: the disk is full" in registry.run_log(sitting.run_id).read_text())
    assert registry.pictures() == []
    full = False
    assert sitting.end() == "done"
    assert {entry.name: level(registry, entry.id) for entry in registry.pictures()} == {
        "painted": 20, **{f"painted, step {step}": step for step in range(2, 21, 2)},
    }  # fmt: skip


def test_a_discard_deletes_the_pictures(registry: Registry) -> None:
    sitting = Sitting(registry, painting(registry, gated=True, steps=20, keep_every=1))
    sitting.step(3)
    until(lambda: len(registry.pictures()) >= 2)
    sitting.control.ask("discard")
    assert sitting.end() == "discarded"
    assert registry.pictures() == []
    assert list(registry.paths.pictures.iterdir()) == []
