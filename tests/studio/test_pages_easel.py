"""The Dream and the Style page: a recipe beside the picture it makes, live, and the results."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot
from textual.widgets import Input

from models.dream.recipe import DreamRecipe
from models.errors import UsageError
from models.events import Picture, Step
from models.families import FAMILIES
from models.style.recipe import StyleRecipe
from models.vision import pictures
from studio.config import Paths
from studio.jobs import Fact, Slots
from studio.pages.easel import EaselPage
from studio.registry import PictureEntry, Registry, Run, this_process
from studio.widgets.choice import Choice
from studio.widgets.picture import PictureView
from studio.widgets.picture_picker import PicturePicker, typed, within
from studio.widgets.strip import Frame, Strip
from tests.studio.screens import HOSTILE, opened, screen
from tests.studio.text_page import QuietStudio, until

PAGES = [("dream", DreamRecipe), ("style", StyleRecipe)]


def page_of(app: QuietStudio) -> EaselPage:
    page = app.pages[app.current]
    assert isinstance(page, EaselPage)
    return page


def plain(red: int, green: int = 0, blue: int = 0, size: tuple[int, int] = (30, 40)) -> Any:
    return np.full((*size, 3), (red, green, blue), np.uint8)


def made(registry: Registry, name: str, pixels: Any, family: str = "dream", **more: Any) -> PictureEntry:
    """A picture in the registry."""
    recipe = DreamRecipe.preset().model_dump(mode="json")
    file = io.BytesIO()
    Image.fromarray(pixels).resize((16, 12)).save(file, "PNG")
    return registry.save_picture(
        pictures.encode(pixels, "png"), name=name, family=family, recipe=recipe, about={"seed": 0},
        width=pixels.shape[1], height=pixels.shape[0], thumbnail=file.getvalue(), **more,
    )  # fmt: skip


def going(registry: Registry, family: str, name: str, owner: str) -> Run:
    """A run that a process executes."""
    recipe = FAMILIES[family].recipe_class().preset().model_dump(mode="json")
    return registry.add_run(family, recipe, name, owner=owner)


async def ticks(app: QuietStudio, pilot: Pilot[int], condition: Any) -> None:
    """Let the page tick until something holds."""
    await until(condition, pilot)


@pytest.mark.parametrize(("name", "recipe"), PAGES)
async def test_every_knob_is_in_the_form_and_the_picture_shows_before_anything_is_started(
    paths: Paths, name: str, recipe: Any
) -> None:
    async with opened(paths, name, size=(160, 45)) as (app, pilot):
        page = page_of(app)
        assert set(page.pane.form.fields) == set(recipe.model_fields)
        assert page.pane.recipe == recipe.preset()
        await ticks(app, pilot, lambda: page.view.pixels is not None)
        assert "○ idle" in screen(app)
        assert "pixels;" in screen(app)
        assert "Nothing made here yet" in screen(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (110, 27), (40, 12)])
async def test_the_picture_has_most_of_the_page_and_the_recipe_folds_away(paths: Paths, size: tuple[int, int]) -> None:
    async with opened(paths, "dream", size=size) as (app, pilot):
        page = page_of(app)
        wide = size[0] >= 110
        assert page.pane.display is wide
        if wide:
            assert page.view.size.width >= size[0] * 0.4
        await pilot.press("f")
        assert page.pane.display is not wide
        if not wide:
            assert not page.view.is_on_screen or page.view.size.width == 0
            await pilot.press("escape")
        await pilot.press("f") if wide else page.action_form()
        await pilot.pause()
        assert page.view.size.area > 0


async def test_start_queues_what_the_form_says_and_follows_it(paths: Paths, tmp_path: Path) -> None:
    picture = tmp_path / "a cat.png"
    pictures.save(picture, plain(255))
    async with opened(paths, "dream", size=(160, 45)) as (app, pilot):
        page = page_of(app)
        page.use_picture(str(picture))
        page.pane.set(steps=3, octaves=1)
        await pilot.pause()
        await pilot.press("ctrl+s")
        run = app.services.registry.runs()[0]
        assert (run.family, run.name, run.state) == ("dream", "a cat", "queued")
        assert run.recipe["content"] == str(picture)
        assert (run.recipe["steps"], run.recipe["octaves"]) == (3, 1)
        assert page.run_id == run.id
        await ticks(app, pilot, lambda: "◌ queued" in screen(app))


async def test_a_recipe_that_will_not_do_is_not_started_and_says_why(paths: Paths) -> None:
    async with opened(paths, "dream", size=(80, 24)) as (app, pilot):
        page = page_of(app)
        page.pane.set(content="gone.png")
        await pilot.pause()
        with pytest.raises(UsageError, match=r"not found: gone\.png"):
            page.action_start()
        assert app.services.registry.runs() == []
        assert page.pane.display  # the recipe unfolds, with what is wrong in sight


async def test_the_live_picture_is_the_newest_and_the_result_follows_at_the_end(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page, registry = page_of(app), app.services.registry
        run = going(registry, "dream", "live", this_process())
        slots = Slots(run.id)
        monkeypatch.setattr(app.services.jobs, "slots", lambda run_id: slots if run_id == run.id else None)
        page.open_run(run.id)
        for red in (50, 200):
            slots.put_picture(Picture(plain(red), "octave 1"))
            slots.put_step(Step(red, 300, {"loss": 1.5}, seconds=3, rate=4, remaining=9))
            await ticks(app, pilot, lambda red=red: page.view.pixels is not None and page.view.pixels[0, 0, 0] == red)
        shown = screen(app)
        assert "200 of   300" in shown
        assert "loss  1.500" in shown
        await ticks(app, pilot, lambda: "octave 1  40x30" in screen(app))
        entry = made(registry, "live", plain(9, 9, 9), run_id=run.id)
        registry.set_run_picture(run.id, entry.id)
        made(registry, "another", plain(3))
        registry.finish_run(run.id, "done", owner=this_process())
        page.fact(Fact("done", run.id, "live"))
        assert page.entry == entry
        await ticks(app, pilot, lambda: page.view.pixels is not None and page.view.pixels[0, 0, 0] == 9)
        assert "result: live" in screen(app)


async def test_a_run_of_another_process_is_followed_by_its_previews(paths: Paths) -> None:
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page, registry = page_of(app), app.services.registry
        run = registry.add_run(
            "dream", FAMILIES["dream"].recipe_class().preset().model_dump(mode="json"), "far", owner="elsewhere/1/2"
        )
        file = io.BytesIO()
        Image.fromarray(plain(0, 0, 222)).save(file, "PNG")
        registry.put_preview(run.id, file.getvalue())
        page.open_run(run.id)
        await ticks(app, pilot, lambda: page.view.pixels is not None and page.view.pixels[0, 0, 2] == 222)


async def test_a_run_that_has_ended_shows_what_it_made_on_its_page_and_under_jobs(paths: Paths) -> None:
    registry = Registry(paths)
    run = going(registry, "dream", "ended", this_process())
    entry = made(registry, "ended", plain(77), run_id=run.id)
    registry.set_run_picture(run.id, entry.id)
    registry.finish_run(run.id, "done", owner=this_process())
    async with opened(paths, "jobs", size=(140, 45)) as (app, pilot):
        view = app.pages["jobs"].query_one(PictureView)
        await ticks(app, pilot, lambda: view.pixels is not None and view.pixels[0, 0, 0] == 77)
        assert "shows what it made" in screen(app)
        await pilot.press("enter")
        await ticks(app, pilot, lambda: app.current == "dream")
        assert page_of(app).entry == entry
    registry.close()


async def test_a_result_that_was_deleted_meanwhile_is_no_error(paths: Paths) -> None:
    registry = Registry(paths)
    entry = made(registry, "gone", plain(5))
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await ticks(app, pilot, lambda: page.query_one(Strip).entries)
        await pilot.press("full_stop")
        registry.delete_picture(entry.id)
        page.drawn = ()
        app.services.opener.forget(str(paths.home / entry.file))
        await ticks(app, pilot, lambda: page.view.pixels is None)
        await ticks(app, pilot, lambda: "Nothing made here yet" in screen(app))
        assert not list(app.query("Toast"))
    registry.close()


async def test_results_stand_side_by_side_and_are_gone_through_and_worked_on(paths: Paths) -> None:
    registry = Registry(paths)
    entries = [made(registry, f"result {number}", plain(number * 20)) for number in range(1, 7)]
    made(registry, "of another family", plain(1), family="style")
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await ticks(app, pilot, lambda: [f.entry for f in page.query(Frame) if f.display][:2] == entries[:-3:-1])
        await pilot.press("full_stop", "full_stop")
        assert page.entry == entries[-2]
        await ticks(app, pilot, lambda: page.view.pixels is not None and page.view.pixels[0, 0, 0] == 100)
        await pilot.press("comma")
        assert page.entry == entries[-1]
        await pilot.press("i")
        assert page.content == str(registry.picture_file(entries[-1].id))
        assert page.sight == "content"
        strip = page.query_one(Strip)
        await pilot.click(list(strip.query(Frame))[2])
        assert page.entry == entries[-3]
    registry.close()


async def test_the_strength_is_changed_in_the_form_and_in_the_run_at_work(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page, registry, jobs = page_of(app), app.services.registry, app.services.jobs
        before = page.pane.form.values()["step_size"]
        await pilot.press("right_square_bracket")
        assert page.pane.form.values()["step_size"] == pytest.approx(before * 1.25, rel=1e-2)
        tuned: list[tuple[str, dict[str, Any]]] = []
        run = going(registry, "dream", "x", this_process())
        monkeypatch.setattr(jobs, "running", lambda: [run.id])
        monkeypatch.setattr(jobs, "tune", lambda run_id, changes: tuned.append((run_id, dict(changes))))
        page.open_run(run.id)
        await pilot.press("left_square_bracket")
        assert tuned == [(run.id, {"step_size": pytest.approx(before, rel=1e-2)})]
        page.pane.set(total_variation=3.5)
        await pilot.pause()
        await pilot.press("t")
        assert tuned[-1][1]["total_variation"] == 3.5


async def test_pause_and_stop_reach_the_run_and_say_so_where_there_is_none(paths: Paths) -> None:
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page, registry = page_of(app), app.services.registry
        for act in (page.action_pause, page.action_stop, page.action_tune):
            with pytest.raises(UsageError, match="nothing is at work"):
                act()
        run = going(registry, "dream", "x", "elsewhere/1/2")
        page.open_run(run.id)
        await pilot.press("space")
        assert registry.run(run.id).request == "pause"
        await pilot.press("x")
        assert registry.run(run.id).request == "stop"


async def test_a_picture_is_chosen_among_samples_styles_results_and_files(paths: Paths, tmp_path: Path) -> None:
    registry = Registry(paths)
    entry = made(registry, "[/made] here", plain(1))
    folder = tmp_path / "pictures"
    (folder / "inner").mkdir(parents=True)
    pictures.save(folder / "[red]x.png", plain(7))
    (folder / "notes.txt").write_text("no picture")
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await pilot.press("o")
        picker = app.screen
        assert isinstance(picker, PicturePicker)
        await until(lambda: picker.query_one(PictureView).pixels is not None, pilot)
        kinds = [item.kind for item in picker.rows.items]
        assert kinds == sorted(kinds, key=["sample", "style", "made"].index)
        assert str(registry.picture_file(entry.id)) in [item.source for item in picker.rows.items]
        await pilot.press("slash", *"x", "backspace")
        picker.query_one("#path", Input).value = str(folder)
        await pilot.press("enter")
        assert [item.title for item in picker.rows.items] == ["..", "inner/", "[red]x.png"]
        await pilot.press("end")
        await until(lambda: picker.query_one(PictureView).title == "[red]x.png", pilot)
        assert "[red]x.png" in screen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert page.content == str(folder / "[red]x.png")
    registry.close()


def test_a_folder_lists_folders_then_pictures_and_says_if_it_cannot(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", ".hidden.png", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "z").mkdir()
    assert [item.title for item in within(tmp_path)] == ["..", "z/", "a.jpeg", "b.PNG"]
    with pytest.raises(UsageError, match="cannot be read"):
        within(tmp_path / "gone")
    assert typed("  ") is None
    assert typed(str(tmp_path)) == tmp_path
    with pytest.raises(UsageError, match="not found"):
        typed("x\0")


async def test_styles_are_chosen_and_added(paths: Paths) -> None:
    async with opened(paths, "style", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await pilot.press("e")
        picker = app.screen
        assert isinstance(picker, PicturePicker)
        assert picker.rows.items[0].kind == "style"
        await pilot.press("home", "enter")
        await pilot.pause()
        first = page.pane.form.values()["styles"]
        assert len(first) == 1
        await pilot.press("a", "home", "down", "enter")
        await pilot.pause()
        assert len(page.pane.form.values()["styles"]) == 2
        assert page.pane.recipe is not None


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_names_from_outside_are_shown_to_the_letter(paths: Paths, hostile: str) -> None:
    registry = Registry(paths)
    made(registry, hostile.replace("/", "") or "x", plain(3))
    registry.close()
    async with opened(paths, "dream", size=(160, 40)) as (app, pilot):
        page = page_of(app)
        page.query_one("#name", Input).value = hostile
        page.pane.set(content=hostile)
        await pilot.press("full_stop")
        await pilot.pause(0.2)
        assert hostile.replace("/", "")[:12] in screen(app)
        assert hostile in screen(app)


async def test_a_preset_keeps_the_pictures_that_were_chosen(paths: Paths) -> None:
    async with opened(paths, "dream", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        page.use_picture("coffee")
        preset = page.query_one("#preset", Choice)
        names = list(DreamRecipe.presets)
        await pilot.pause()
        preset.value = names[1]
        await pilot.pause(0.1)
        assert page.pane.recipe == DreamRecipe.preset(names[1], content="coffee")
