"""A disk that is full, at every place that writes: a line, what was there stays whole, and it goes on when there is
room."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import downloads
from models.downloads import Download
from models.errors import UserError
from models.text.corpus import keep_stdin
from models.vision import animate, pictures
from studio import bundle, export, latent_notes, sessions
from studio.app import StudioApp
from studio.config import Paths, Settings
from studio.jobs import keeper
from studio.jobs.log import RunLog
from studio.registry import Registry
from tests.studio.checkpoints import is_of, made
from tests.studio.command import Command, one_line
from tests.studio.executing import Sitting, added, until
from tests.studio.screens import opened, screen
from tests.studio.small_disk import Disk, disk, told_of
from tests.studio.text_page import until as until_async
from tests.support import tiny_checkpoint

__all__ = ["disk"]

NOISE = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
PNG = pictures.encode(NOISE[0], "png", {"seed": 1})
LONG = "a long text, " * 2000


@pytest.fixture
def home(disk: Disk) -> Paths:
    return Paths(disk.place / "home")


@pytest.fixture
def small(home: Paths) -> Any:
    """A registry on the small disk."""
    opened = Registry(home)
    yield opened
    opened.close()


def keep(registry: Registry, **more: Any) -> Any:
    return registry.save_picture(PNG, name="p", family="dream", recipe={"note": LONG}, about={}, width=64, height=64,
                                 thumbnail=PNG, **more)  # fmt: skip


def fails(disk: Disk, call: Callable[[], Any]) -> Any:
    """What `call` gives once there is room; before, it says that there is none, and leaves no new files."""
    disk.fill()
    before = {file: file.stat().st_size for file in disk.place.rglob("*") if "registry.db" not in file.name}
    with pytest.raises(UserError) as error:
        call()
    told_of(error.value)
    assert {file: file.stat().st_size for file in disk.place.rglob("*") if "registry.db" not in file.name} == before
    disk.free()
    return call()


def test_models_checkpoints_and_pictures_r1(disk: Disk, small: Registry) -> None:
    run = small.add_run("text", {})
    model = small.save_model(made(1, 10_000), name="m", run_id=run.id)
    small.save_checkpoint(run.id, made(1, 10_000))
    picture = keep(small)

    def whole() -> None:
        assert is_of(small.load_model("m"), 1)
        assert is_of(small.load_checkpoint(run.id), 1)  # type: ignore[arg-type]
        assert small.picture_bytes(picture.id) == PNG
        assert (len(small.models()), len(small.pictures())) == (1, 1)

    for save in (
        lambda: small.save_model(made(2, 10_000), name="m", model_id=model.id),
        lambda: small.save_checkpoint(run.id, made(2, 10_000)),
        lambda: keep(small, picture_id=picture.id),
    ):
        disk.fill()
        with pytest.raises(UserError) as error:
            save()
        told_of(error.value)
        whole()
        disk.free()
    assert fails(disk, lambda: small.save_model(made(3, 10_000), name="new")).step == 3
    assert keep(small).name == "p 2"


def test_the_registry_itself(disk: Disk, small: Registry) -> None:
    session = small.save_session(None, "s", {"text": "before"})
    run = small.add_run("text", {}, "r")
    disk.fill()
    told = 0
    for _ in range(40):
        for write in (
            lambda: small.save_session(session.id, "s", {"text": LONG}),
            lambda: small.save_session(None, "t", {"text": LONG}),
            lambda: small.add_run("text", {"note": LONG}),
            lambda: small.add_metrics(run.id, [(1, {"loss": 1.0})]),
            lambda: small.put_preview(run.id, PNG),
            lambda: small.update_run(run.id, note=LONG),
        ):
            try:
                write()
            except UserError as error:
                told_of(error)
                told += 1
    assert told
    assert small.session("s").data in ({"text": "before"}, {"text": LONG})
    assert small.run("r").name == "r"
    disk.free()
    assert small.save_session(session.id, "s", {"text": LONG + "!"}).data == {"text": LONG + "!"}


def test_files_for_others(disk: Disk, small: Registry) -> None:
    picture, out = keep(small), disk.place
    session = sessions.SessionData({"name": "m"}, [{"state": {"text": LONG, "settings": {}}}], 0.0, False, 0)
    assert fails(disk, lambda: bundle.write_bundle(tiny_checkpoint(), "m", out / "m.safetensors")) > 9000
    for end in ("png", "jpg", "webp"):
        fails(disk, lambda end=end: export.export(small, picture, out / f"p.{end}"))  # type: ignore[misc]
        assert pictures.load(out / f"p.{end}").shape == (64, 64, 3)
    for end in ("gif", "webp", "mp4"):
        assert fails(disk, lambda end=end: animate.save_animation(out / f"f.{end}", NOISE, fps=10)) == 4  # type: ignore[misc]
    fails(disk, lambda: pictures.save(out / "q.png", NOISE[0]))
    for end in ("txt", "json"):
        assert fails(disk, lambda end=end: sessions.export(out / f"s.{end}", LONG, session)).exists()  # type: ignore[misc]
    notes = latent_notes.Notes((), {letter: np.zeros(512, np.float32) for letter in "ABC"})
    fails(disk, lambda: latent_notes.write(small.paths, "m1", notes))
    assert latent_notes.read(small.paths, "m1", 512).marks.keys() == notes.marks.keys()


def test_what_was_there_is_not_lost_by_writing_over_it(disk: Disk, small: Registry) -> None:
    picture = keep(small)
    out = disk.place / "there.png"
    export.export(small, picture, out)
    film = disk.place / "film.gif"
    animate.save_animation(film, NOISE[:2], fps=10)
    before = out.read_bytes(), film.read_bytes()
    disk.fill()
    for write in (
        lambda: export.export(small, picture, out),
        lambda: pictures.save(out, NOISE[1]),
        lambda: animate.save_animation(film, NOISE, fps=10),
    ):
        with pytest.raises(UserError):
            write()
    assert (out.read_bytes(), film.read_bytes()) == before


def test_what_comes_from_elsewhere(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    body = LONG.encode() * 4
    item = Download("aurora", "http://here/", len(body), hashlib.sha256(body).hexdigest(), "corpora/aurora.txt")
    monkeypatch.setattr(downloads, "urlopen", lambda *_, **__: io.BytesIO(body))
    (disk.place / "corpora").mkdir()
    assert fails(disk, lambda: downloads.fetch(item, disk.place)).read_bytes() == body
    assert fails(disk, lambda: keep_stdin(io.BytesIO(body), disk.place)).read_bytes() == body


def test_a_log_never_ends_a_run(disk: Disk) -> None:
    log = RunLog(disk.place / "log.txt")
    log.say("before")
    disk.fill()
    log.say(LONG)
    disk.free()
    log.say("after")
    lines = log.path.read_text().splitlines()
    assert (lines[0].split("  ")[1], lines[-1].split("  ")[1]) == ("before", "after")


@pytest.mark.usefixtures("fake", "all_ended")
def test_a_training_goes_on_and_saves_when_there_is_room(
    disk: Disk, small: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "RETRY", 0.0)
    sitting = Sitting(small, added(small, gated=True, steps=30, best_at=[1, 3, 4], save_every=2))
    sitting.step(2)
    until(lambda: small.load_checkpoint(sitting.run_id) is not None)
    disk.fill()
    sitting.step(6)
    until(lambda: sitting.slots.note is not None and "not saved" in sitting.slots.note.text)
    assert small.load_model("r").meta["step"] == 1
    disk.free()
    sitting.step(1)
    until(lambda: small.load_model("r").meta["step"] == 4)
    assert sitting.end() == "done"
    assert (small.run(sitting.run_id).state, small.run(sitting.run_id).step) == ("done", 30)
    assert [step for step, _ in small.metrics(sitting.run_id)][-1] == 30


def test_a_new_studio_on_a_full_disk_is_one_line(disk: Disk, home: Paths) -> None:
    disk.fill()
    found = Command(home.home).run("models", "list")
    assert found.returncode == 1
    assert "space" in one_line(found.stderr)
    disk.free()
    assert Command(home.home).run("models", "list").returncode == 0


def test_a_command_on_a_full_disk_is_one_line(disk: Disk, home: Paths, small: Registry, tmp_path: Path) -> None:
    small.save_model(tiny_checkpoint(), name="m")
    out, studio = tmp_path / "m.safetensors", Command(home.home)
    disk.fill()
    assert studio.run("models", "export", "m", "-o", str(out)).returncode == 0
    into = str(disk.place / "m.safetensors")
    picture = ("dream", "coffee", "-o", str(disk.place / "d.png"), "--side", "64", "--octaves", "1", "--steps", "1")
    for words in (("models", "import", str(out)), ("models", "export", "m", "-o", into), picture):
        found = studio.run(*words)
        assert found.returncode == 1, found.stderr
        assert "pace left on" in one_line(found.stderr)
    assert [model.name for model in small.models()] == ["m"]
    disk.free()
    assert studio.run("models", "import", str(out)).returncode == 0


@pytest.mark.parametrize("page", ["text", "library", "gallery"])
async def test_the_app_on_a_full_disk_stays_up(disk: Disk, home: Paths, page: str) -> None:
    disk.fill()
    app = StudioApp(home, Settings(), first=page)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until_async(lambda: len(app._notifications) > 0, pilot)
        assert all("pace left on" in notice.message for notice in app._notifications)
        await pilot.press("4", "1", "3")
        await until_async(lambda: app.current == "jobs", pilot)
        disk.free()
        await pilot.press("4")
        await until_async(lambda: "No models yet" in screen(app), pilot)
        assert not app.fatal


async def test_lanes_write_on_while_their_session_cannot_be_kept(
    disk: Disk, home: Paths, small: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.streaming import keeper as sessions_keeper

    monkeypatch.setattr(sessions_keeper, "SAVE_EVERY", 0.2)
    small.save_model(tiny_checkpoint(), name="m")
    async with opened(home, "text", size=(120, 30)) as (app, pilot):
        await until_async(lambda: len(small.sessions()) == 1, pilot)
        disk.fill()
        await until_async(lambda: any("pace left on" in notice.message for notice in app._notifications), pilot)
        page: Any = app.pages["text"]
        before = page.room.channels[0].lane.position
        await until_async(lambda: page.room.channels[0].lane.position > before + 20, pilot)
        disk.free()
        [session] = small.sessions()
        await until_async(lambda: small.sessions()[0].changed > session.changed, pilot)
