"""The Gallery page: what was made, small and large, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from models.dream.recipe import DreamRecipe
from models.vision import about, pictures
from studio.config import Paths
from studio.pages.easel import EaselPage
from studio.pages.gallery import GalleryPage, safe
from studio.registry import Registry
from studio.widgets.dialogs import Prompt, Question
from studio.widgets.grid import PictureGrid
from studio.widgets.picture import PictureView
from studio.widgets.picture.full import FullScreen
from studio.widgets.picture_facts import details
from tests.studio.screens import HOSTILE, opened, screen
from tests.studio.test_pages_easel import made, plain
from tests.studio.text_page import QuietStudio, until


def page_of(app: QuietStudio) -> GalleryPage:
    page = app.pages["gallery"]
    assert isinstance(page, GalleryPage)
    return page


def red_of(view: PictureView) -> int:
    return -1 if view.pixels is None else int(view.pixels[0, 0, 0])


async def test_an_empty_gallery_says_what_to_press(paths: Paths) -> None:
    async with opened(paths, "gallery") as (app, pilot):
        await until(lambda: "No pictures yet." in screen(app), pilot)
        assert "5 for the Dream page" in screen(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_pictures_fill_the_screen_and_the_chosen_one_is_large(paths: Paths, size: tuple[int, int]) -> None:
    registry = Registry(paths)
    entries = [made(registry, f"picture {number}", plain(number * 10)) for number in range(1, 8)]
    async with opened(paths, "gallery", size=size) as (app, pilot):
        page = page_of(app)
        await until(lambda: page.grid.entry == entries[-1], pilot)
        await pilot.press("right")
        assert page.grid.entry == entries[-2]
        await pilot.press("down")
        assert page.grid.entry == entries[-2 - page.grid.columns]
        await pilot.press("up", "home")
        await until(lambda: red_of(page.view) == 70, pilot)
        await until(lambda: "▀" in screen(app), pilot)
        assert page.view.is_on_screen is (size[0] >= 110)
        assert "picture 7" in screen(app)
        assert "picture 6" in screen(app)
        assert "7 pictures" in screen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, FullScreen)
        await pilot.press("escape")
    registry.close()


async def test_a_new_picture_shows_without_being_asked_and_the_cursor_stays(paths: Paths) -> None:
    registry = Registry(paths)
    first = made(registry, "first", plain(1))
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await until(lambda: page.grid.entry == first, pilot)
        made(registry, "second", plain(2))
        await until(lambda: len(page.grid.entries) == 2, pilot)
        assert page.grid.entry == first
    registry.close()


async def test_the_filter_takes_names_and_families(paths: Paths) -> None:
    registry = Registry(paths)
    for name, family in (("Cat", "dream"), ("cup", "dream"), ("cat again", "style")):
        made(registry, name, plain(1), family=family)
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await until(lambda: len(page.grid.entries) == 3, pilot)
        for typed, found in (("cat", {"Cat", "cat again"}), ("style", {"cat again"}), ("nix", set())):
            await pilot.press("slash")
            page.query_one("#wanted", Input).value = typed
            await pilot.press("enter")
            assert {entry.name for entry in page.grid.entries} == found
    registry.close()


async def test_a_picture_is_renamed_written_and_deleted(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(paths)
    entry = made(registry, "one", plain(9))
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await until(lambda: page.grid.entry == entry, pilot)
        await pilot.press("r")
        assert isinstance(app.screen, Prompt)
        app.screen.query_one(Input).value = "two"
        await pilot.press("enter")
        assert registry.picture(entry.id).name == "two"
        await pilot.press("e")
        app.screen.query_one(Input).value = str(tmp_path / "out.webp")
        await pilot.press("enter")
        await until(lambda: (tmp_path / "out.webp").exists(), pilot)
        assert pictures.load(tmp_path / "out.webp").shape == (30, 40, 3)
        assert about.read(tmp_path / "out.webp") == entry.about
        await pilot.press("d")
        assert isinstance(app.screen, Question)
        await pilot.press("y")
        await until(lambda: "No pictures yet." in screen(app), pilot)
        assert registry.pictures() == []
    registry.close()


async def test_no_file_is_written_over(paths: Paths, tmp_path: Path) -> None:
    registry = Registry(paths)
    entry = made(registry, "one", plain(9))
    (tmp_path / "mine.png").write_bytes(b"mine")
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        await until(lambda: page_of(app).grid.entry == entry, pilot)
        await pilot.press("e")
        app.screen.query_one(Input).value = str(tmp_path / "mine.png")
        await pilot.press("enter")
        assert isinstance(app.screen, Prompt)
        assert "choose another one" in screen(app)
        app.screen.query_one(Input).value = "~nobody-of-that-name/x.png"
        await pilot.press("enter")
        await until(lambda: any("cannot be written" in each.message for each in app._notifications), pilot)
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    registry.close()


async def test_the_large_picture_is_always_the_one_under_the_cursor(paths: Paths) -> None:
    registry = Registry(paths)
    good = made(registry, "good", plain(5))
    bad = made(registry, "bad", plain(6))
    registry.picture_file(bad.id).write_bytes(b"cut")
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        wanted = page.query_one("#wanted", Input)
        await until(lambda: page.view.title == "corrupt: bad" and red_of(page.view) == 6, pilot)
        await pilot.press("right")
        await until(lambda: (page.view.title, red_of(page.view)) == ("good", 5), pilot)
        wanted.value = "nix"
        await until(lambda: page.view.pixels is None, pilot)
        wanted.value = "good"
        await until(lambda: (page.view.title, red_of(page.view)) == ("good", 5), pilot)
        registry.rename_picture(good.id, "good again")
        await until(lambda: page.view.title == "good again", pilot)
    registry.close()


@pytest.mark.parametrize("width", [24, 80, 109, 200])
async def test_the_tiles_share_out_all_of_the_width(paths: Paths, width: int) -> None:
    registry = Registry(paths)
    for number in range(12):
        made(registry, f"p{number}", plain(5))
    async with opened(paths, "gallery", size=(width, 30)) as (app, pilot):
        grid = page_of(app).grid
        await until(lambda: len(grid.entries) == 12, pilot)
        assert 0 <= grid.size.width - grid.columns * grid.wide <= grid.columns
        assert grid.wide >= 22
    registry.close()


def test_the_knobs_that_were_changed_come_first(registry: Registry) -> None:
    entry = made(registry, "one", plain(9))
    entry = replace(entry, recipe_json=DreamRecipe.preset(octaves=2, seed=7).model_dump_json())
    lines = details(entry).plain.splitlines()
    place = {line.split()[0]: number for number, line in enumerate(lines) if line}
    assert place["seed"] < place["side"]
    assert place["octaves"] < place["side"]
    assert "made             just now" in lines
    assert not any(line.startswith(("took", "loss")) for line in lines)


@pytest.mark.parametrize(("key", "family"), [("m", "dream"), ("y", "style")])
async def test_a_picture_is_taken_to_another_page(paths: Paths, key: str, family: str) -> None:
    registry = Registry(paths)
    entry = made(registry, "one", plain(9))
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        await until(lambda: page_of(app).grid.entry == entry, pilot)
        await pilot.press(key)
        await until(lambda: app.current == family, pilot)
        page = app.pages[family]
        assert isinstance(page, EaselPage)
        assert page.content == str(registry.picture_file(entry.id))
    registry.close()


async def test_again_queues_a_run_of_the_same_recipe(paths: Paths) -> None:
    registry = Registry(paths)
    entry = made(registry, "one", plain(9))
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        await until(lambda: page_of(app).grid.entry == entry, pilot)
        await pilot.press("g")
        await until(lambda: app.current == "dream", pilot)
        (run,) = registry.runs()
        assert (run.family, run.name, run.recipe) == ("dream", "one", entry.recipe)
    registry.close()


async def test_a_damaged_picture_is_told_and_the_others_show(paths: Paths) -> None:
    registry = Registry(paths)
    made(registry, "good", plain(5))
    bad = made(registry, "bad", plain(6))
    registry.picture_file(bad.id).write_bytes(b"cut")
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        page = page_of(app)
        await until(lambda: page.grid.entry is not None, pilot)
        assert page.grid.entry is not None
        assert page.grid.entry.problem == "corrupt"
        assert "corrupt: bad" in screen(app)
        await pilot.press("right")
        await until(lambda: red_of(page.view) == 5, pilot)
    registry.close()


@pytest.mark.parametrize("name", [name.replace("/", "") for name in HOSTILE] + ["日本語"])
async def test_names_are_shown_to_the_letter(paths: Paths, name: str) -> None:
    registry = Registry(paths)
    made(registry, name, plain(5))
    async with opened(paths, "gallery", size=(120, 40)) as (app, pilot):
        await until(lambda: page_of(app).grid.entry is not None, pilot)
        await pilot.pause()
        assert name in screen(app)
    registry.close()


async def test_many_pictures_draw_only_those_in_sight(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(paths)
    small = plain(3)
    for number in range(60):
        made(registry, f"p{number}", small)
    asked: list[str] = []
    real = Registry.thumbnail
    monkeypatch.setattr(Registry, "thumbnail", lambda self, key: asked.append(key) or real(self, key))
    async with opened(paths, "gallery", size=(80, 24)) as (app, pilot):
        grid = page_of(app).query_one(PictureGrid)
        await until(lambda: len(asked) >= 6, pilot)
        await pilot.pause(0.2)
        assert len(set(asked)) <= 12
        await pilot.press("end")
        assert grid.entry == grid.entries[-1]
        await until(lambda: grid.entries[-1].id in asked, pilot)
    registry.close()


def test_a_file_name_holds_no_folders() -> None:
    assert safe("a/b\0c") == "a-bc"
    assert safe("") == "picture"
