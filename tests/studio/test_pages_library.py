"""The Library page: models with their figures; filtered, renamed, deleted, opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from studio.app import StudioApp
from studio.config import Paths
from studio.registry import Registry
from studio.widgets.dialogs import Prompt, Question
from studio.widgets.keybar import KeyBar
from tests.studio.checkpoints import made
from tests.studio.screens import HOSTILE, opened, screen
from tests.studio.test_taking import weights_file
from tests.studio.text_page import QuietStudio, until
from tests.support import tiny_checkpoint


def line_of(app: StudioApp, name: str) -> str:
    return next((line for line in screen(app).splitlines() if name in line), "")


async def test_an_empty_page_says_what_to_press(paths: Paths) -> None:
    async with opened(paths, "library") as (app, _):
        assert "No models yet." in screen(app)
        assert "Press 2" in screen(app)


async def test_a_model_has_its_figures_in_its_row_and_all_of_them_beside_it(paths: Paths, registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(step=12_345), name="Faust")
    async with opened(paths, "library", size=(150, 50)) as (app, _):
        line = line_of(app, "Faust")
        for text in ("text", "1.625", "1.500", "12,345", "kB", "now"):
            assert text in line
        shown = screen(app)
        for text in ("held-out loss", "learning rate", "python-docs", "temperatures", "0.2, 0.5, 1, 1.2"):
            assert text in shown


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_are_shown_to_the_letter_everywhere(paths: Paths, registry: Registry, name: str) -> None:
    registry.save_model(tiny_checkpoint(), name=name)
    async with opened(paths, "library", size=(100, 30)) as (app, pilot):
        assert screen(app).count(name) == 2  # the row and the details
        await pilot.press("d")
        await pilot.pause()
        assert f"Delete the model “{name}”?" in screen(app)
        await pilot.press("escape", "r")
        await pilot.pause()
        assert name in screen(app)


async def test_wide_names_take_their_cells_and_columns_line_up_u7(paths: Paths, registry: Registry) -> None:
    for name in ("日本語", "plain", "ü"):
        registry.save_model(tiny_checkpoint(), name=name)
    async with opened(paths, "library") as (app, _):
        lines = [line for line in screen(app).splitlines() if "text" in line and "1.625" in line]
        assert len(lines) == 3
        assert len({cell_len(line[: line.index("text")]) for line in lines}) == 1
        assert cell_len("日本語") == 6


async def test_a_slash_filters_by_name_and_escape_leaves_the_filter(paths: Paths, registry: Registry) -> None:
    for name in ("Faust", "Moby Dick", "faust II", "q3"):
        registry.save_model(tiny_checkpoint(), name=name)
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("slash", *"FAU")
        await pilot.pause()
        assert "2 of 4 models" in screen(app)
        assert "Moby" not in screen(app)
        await pilot.press("escape", "down")
        assert app.focused is not app.query_one("#wanted", Input)
        await pilot.press("slash", "ctrl+u", *"q3")  # neither quits nor turns the page
        await pilot.pause()
        assert app.current == "library"
        assert "1 of 4 models" in screen(app)
        await pilot.press("ctrl+u", *"nothing", "enter")
        await pilot.pause()
        assert "0 of 4 models" in screen(app)


async def test_a_model_is_renamed(paths: Paths, registry: Registry) -> None:
    model = registry.save_model(tiny_checkpoint(), name="Faust")
    registry.save_model(tiny_checkpoint(), name="Moby")
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("down", "r")
        await pilot.pause()
        assert isinstance(app.screen, Prompt)
        await pilot.press("ctrl+u", *"[/", "enter")
        await until(lambda: "[/" in screen(app), pilot)
        assert registry.model(model.id).name == "[/"
        assert line_of(app, "[/").startswith("▸")  # the cursor stays on it


async def test_a_model_is_deleted_after_a_question(paths: Paths, registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        await pilot.press("enter")
        await pilot.pause()
        assert len(registry.models()) == 1
        await pilot.press("d", "y")
        await until(lambda: "No models yet" in screen(app), pilot)
        assert registry.models() == []


async def test_enter_and_a_double_click_open_a_model(
    paths: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def open_model(self: StudioApp, family: str, model_id: str) -> None:
        seen.append(model_id)

    monkeypatch.setattr(QuietStudio, "open_model", open_model, raising=False)
    model = registry.save_model(tiny_checkpoint(), name="Faust")
    async with opened(paths, "library") as (_, pilot):
        await pilot.press("enter")
        await pilot.click("RowList", offset=(5, 1), times=2)
        await pilot.pause()
    assert seen == [model.id, model.id]


async def test_a_model_of_a_family_without_a_page_is_said(paths: Paths, registry: Registry) -> None:
    registry.save_model(made(family="sound"), name="birds")
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("enter")
        await until(lambda: "no page plays sound models yet" in screen(app), pilot)


async def test_a_broken_model_is_said_to_be_and_the_others_are_listed(paths: Paths, registry: Registry) -> None:
    broken = registry.save_model(tiny_checkpoint(), name="broken")
    (paths.models.parent / broken.file).write_bytes(b"cut")
    registry.save_model(tiny_checkpoint(), name="whole")
    async with opened(paths, "library", size=(120, 30)) as (app, pilot):
        await until(lambda: "corrupt" in line_of(app, "broken"), pilot)
        assert "1.625" in line_of(app, "whole")
        await pilot.press("down")
        await pilot.pause(0.1)
        keys = {binding.action: enabled for binding, enabled in app.query_one(KeyBar).keys}
        assert (keys["open"], keys["further"], keys["delete"]) == (False, False, True)
        await pilot.press("d", "y")
        await until(lambda: "broken" not in screen(app), pilot)


async def test_what_another_process_saves_renames_and_deletes_is_seen(paths: Paths, registry: Registry) -> None:
    async with opened(paths, "library") as (app, pilot):
        model = registry.save_model(tiny_checkpoint(), name="Faust")
        await until(lambda: "Faust" in screen(app), pilot)
        registry.rename_model(model.id, "Moby")
        await until(lambda: "Moby" in screen(app), pilot)
        registry.delete_model(model.id)
        await until(lambda: "No models yet" in screen(app), pilot)


@pytest.mark.parametrize("size", [(30, 8), (80, 24), (120, 30), (200, 50)])
async def test_it_fits_any_size(paths: Paths, registry: Registry, size: tuple[int, int]) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    async with opened(paths, "library", size=size) as (app, _):
        assert "Faust" in screen(app)


async def answered(pilot: Pilot[int], key: str, text: str) -> None:
    """Press a key that opens a line to fill in, fill it in, and give it."""
    app = pilot.app
    await pilot.press(key)
    await until(lambda: isinstance(app.screen, Prompt), pilot)
    app.screen.query_one(Input).value = text
    await pilot.pause()
    await pilot.press("enter")


async def test_a_model_goes_to_a_file_and_comes_back_by_keys(paths: Paths, registry: Registry, tmp_path: Path) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    out = tmp_path / "faust.safetensors"
    async with opened(paths, "library") as (app, pilot):
        await answered(pilot, "e", str(out))
        await until(out.exists, pilot)
        await until(lambda: "written: " in screen(app), pilot)
        await answered(pilot, "e", str(out))
        await until(lambda: "there is a file of that name" in screen(app), pilot)
        await pilot.press("escape")
        await answered(pilot, "i", str(out))
        await until(lambda: line_of(app, "Faust 2") != "", pilot)
        await until(lambda: "imported “Faust 2”" in screen(app), pilot)
        assert [model.name for model in registry.models()] == ["Faust 2", "Faust"]


async def test_weights_of_keras_are_taken_in_like_the_model_under_the_cursor(
    paths: Paths, registry: Registry, tmp_path: Path
) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    file = weights_file(tmp_path / "novel.weights.h5", tiny_checkpoint(seed=3))
    other = weights_file(tmp_path / "wide.weights.h5", tiny_checkpoint(units=24))
    async with opened(paths, "library") as (app, pilot):
        await answered(pilot, "i", file)
        await until(lambda: "imported “novel”" in screen(app), pilot)
        await answered(pilot, "i", other)
        await until(lambda: "rnn_0/kernel is" in screen(app), pilot)
        assert [model.name for model in registry.models()] == ["novel", "Faust"]


async def test_without_a_model_there_is_one_to_import(paths: Paths, registry: Registry, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.safetensors"
    nothing.write_bytes(b"[/x]")
    keras = weights_file(tmp_path / "novel.h5", tiny_checkpoint())
    async with opened(paths, "library") as (app, pilot):
        assert "press i" in screen(app)
        await answered(pilot, "i", "no/such/file")
        await until(lambda: "there is no such file" in screen(app), pilot)
        await pilot.press("escape")
        await answered(pilot, "i", str(nothing))
        await until(lambda: "corrupt: nothing.safetensors" in screen(app), pilot)
        await answered(pilot, "i", keras)
        await until(lambda: "no model yet" in screen(app), pilot)
        await pilot.press("e")
        await pilot.pause()
        assert not isinstance(app.screen, Prompt)
