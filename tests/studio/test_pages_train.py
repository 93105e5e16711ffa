"""The Train page: a form from the recipe, checked as it is typed, started with one key."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.widgets import Input

from models.text.estimate import KNOWN, parameters
from models.text.recipe import TextRecipe
from studio import figures
from studio.config import Paths
from studio.pages.train import TrainPage
from studio.preview import command, opening
from studio.registry import Registry
from studio.sources import located, missing, name_for
from studio.widgets.choice import Choice
from studio.widgets.form import balanced
from tests.studio.screens import HOSTILE, add_run, opened, screen
from tests.studio.text_page import QuietStudio, until
from tests.support import tiny_checkpoint


def page_of(app: QuietStudio) -> TrainPage:
    page = app.pages["train"]
    assert isinstance(page, TrainPage)
    return page


def editor(app: QuietStudio, knob: str) -> Input | Choice:
    found = page_of(app).form.fields[knob].editor
    assert found is not None
    return found


async def test_every_knob_of_the_recipe_is_in_the_form_and_the_usual_ones_in_sight(paths: Paths) -> None:
    async with opened(paths, "train", size=(80, 60)) as (app, _):
        form = page_of(app).form
        assert set(form.fields) == set(TextRecipe.model_fields)
        shown = screen(app)
        for knob, field in form.fields.items():
            assert (f"\n {knob.replace('_', ' ')} " in shown) == (not field.advanced), knob
        assert "2 to 2,000 symbols" in shown
        assert form.recipe == TextRecipe.preset()


async def test_advanced_knobs_unfold_and_fold_with_a_key_each_in_its_place(paths: Paths) -> None:
    async with opened(paths, "train", size=(80, 80)) as (app, pilot):
        await pilot.press("f2")
        await pilot.pause(0.1)
        lines = screen(app).splitlines()
        knobs = [line[1:17].strip().replace(" ", "_") for line in lines]
        order = [knob for knob in knobs if knob in TextRecipe.model_fields]
        by_group: dict[str, list[str]] = {}
        for knob, field in page_of(app).form.fields.items():
            by_group.setdefault(field.group, []).append(knob)
        assert order == [knob for group in by_group.values() for knob in group]
        await pilot.press("f2")
        await pilot.pause(0.1)
        assert "clip norm" not in screen(app)


async def test_what_is_wrong_is_said_beside_its_field_and_start_is_off_until_it_is_right(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        editor(app, "layers").focus()
        await pilot.pause()
        await pilot.press("end", "9")
        await until(lambda: "To put right before it can start" in screen(app), pilot)
        shown = screen(app)
        assert "✗ should be less than or equal to…" in shown
        assert "layers: should be less than or equal to 4 (got 29)" in shown
        await pilot.press("ctrl+s", "f5")
        await pilot.pause()
        assert app.services.registry.runs() == []
        await pilot.press("backspace")
        await until(lambda: "✗" not in screen(app), pilot)
        assert page_of(app).form.recipe is not None
        assert "1 to 4" in screen(app)


@pytest.mark.parametrize(
    ("knob", "text", "part"),
    [
        ("learning_rate", "x", "valid number"), ("units", "1.5", "valid integer"), ("units", "", "valid integer"),
        ("seconds", "-1", "greater than 0"), ("seconds", "", "set an end"), ("corpus", "", "name at least one source"),
        ("corpus", "no/such/file", "not found: no/such/file"), ("learning_rate", "nan", "finite"),
        ("seed", "[/red]", "(got '[/red]')"),
    ],
)  # fmt: skip
async def test_wrong_values_are_named(paths: Paths, knob: str, text: str, part: str) -> None:
    async with opened(paths, "train", size=(140, 40)) as (app, pilot):
        field = page_of(app).form.fields[knob]
        assert isinstance(field.editor, Input)
        field.editor.focus()
        field.text = text
        await until(lambda: part in screen(app), pilot)
        assert page_of(app).form.recipe is None


async def test_an_advanced_knob_that_is_wrong_comes_into_sight(paths: Paths) -> None:
    async with opened(paths, "train", size=(100, 60)) as (app, pilot):
        form = page_of(app).form
        form.fields["clip_norm"].text = "-1"
        form.check()
        await pilot.pause(0.1)
        assert "clip norm" in screen(app)
        assert "warmup" not in screen(app)


async def test_the_help_of_the_field_with_the_focus_is_in_one_line(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        editor(app, "dropout").focus()
        await pilot.pause()
        assert str(TextRecipe.model_fields["dropout"].description) in screen(app)


async def test_arrows_and_enter_move_from_field_to_field(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        editor(app, "units").focus()
        await pilot.pause()
        await pilot.press("down")
        assert app.focused is editor(app, "dropout")
        await pilot.press("up", "up")
        assert app.focused is editor(app, "layers")
        await pilot.press("enter")
        assert app.focused is editor(app, "units")


async def test_a_preset_fills_the_form_and_keeps_the_corpus(paths: Paths) -> None:
    async with opened(paths, "train", size=(100, 60)) as (app, pilot):
        form = page_of(app).form
        form.fields["corpus"].text = "nietzsche"
        presets = list(TextRecipe.presets)
        for _ in range(presets.index("classic") - presets.index("modern")):
            await pilot.press("f3")
        await until(lambda: form.fields["window"].text == "60" and not form.due, pilot)
        await pilot.pause()
        assert form.recipe == TextRecipe.preset("classic", corpus=("nietzsche",))
        assert page_of(app).preset == "classic"
        assert "corpus*" in screen(app)
        form.fields["units"].text = "64"
        await until(lambda: "units*" in screen(app), pilot)


async def test_one_key_starts_the_run_and_shows_it_among_the_jobs(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        editor(app, "units").focus()
        await pilot.pause()
        await pilot.press("ctrl+u", *"96", "ctrl+s")
        await until(lambda: app.current == "jobs", pilot)
        (run,) = app.services.registry.runs()
        assert (run.name, run.state, run.recipe["units"]) == ("python-docs", "queued", 96)
        assert TextRecipe.checked(run.recipe) == TextRecipe.preset(units=96)
        await pilot.pause()
        assert "queued" in screen(app)


async def test_the_start_button_starts_too(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        await pilot.click("#start")
        await until(lambda: app.current == "jobs", pilot)
        assert len(app.services.registry.runs()) == 1


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_name_and_a_file_with_markup_are_data(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(name.replace("/", "|"))
    file.write_text("to be or not to be")
    async with opened(paths, "train", size=(140, 45)) as (app, pilot):
        page_of(app).form.fields["corpus"].text = str(file)
        app.query_one("#name", Input).value = name
        await until(lambda: "to be or not" in screen(app), pilot)
        assert f"--name '{name}'" in screen(app)
        await pilot.press("ctrl+s")
        await until(lambda: app.current == "jobs", pilot)
        (run,) = app.services.registry.runs()
        assert run.name == name
        assert run.recipe["corpus"] == [str(tmp_path / file)]
        await until(lambda: name in screen(app), pilot)


async def test_a_model_is_trained_further_with_its_network_as_it_is(paths: Paths, registry: Registry) -> None:
    model = registry.save_model(tiny_checkpoint(units=24), name="Faust")
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("t")
        await until(lambda: app.current == "train", pilot)
        await pilot.pause(0.1)
        assert "Further: Faust" in screen(app)
        fields = page_of(app).form.fields
        assert fields["units"].disabled
        assert not fields["seconds"].disabled
        app.query_one("#extend", Choice).value = "learn"
        await pilot.press("f5")
        await until(lambda: app.current == "jobs", pilot)
        (run,) = app.services.registry.runs()
        assert (run.base_id, run.name, run.recipe["units"], run.options) == (model.id, "Faust", 24, {"extend": True})
        await app.go("train")
        await pilot.press("f4")
        await pilot.pause()
        assert "Further" not in screen(app)
        assert not fields["units"].disabled


async def test_the_forecast_speaks_of_size_and_time_and_takes_an_earlier_run_as_measure(
    paths: Paths, registry: Registry
) -> None:
    async with opened(paths, "train") as (app, _):
        count = parameters(TextRecipe.preset(), KNOWN["python-docs"][1])
        assert f"About {count:,} parameters, {figures.size(4 * count)}" in screen(app)
        assert f"About {figures.spoken(TextRecipe.preset().seconds)}: " in screen(app)
        assert "a guess" in screen(app)
    add_run(registry, "before", "done")
    async with opened(paths, "train") as (app, _):
        assert "(9.52 step/s, measured)" in screen(app)


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (120, 36), (200, 50)])
async def test_it_has_a_place_for_everything_at_any_size(paths: Paths, size: tuple[int, int]) -> None:
    async with opened(paths, "train", size=size) as (app, pilot):
        await pilot.pause(0.2)
        shown = screen(app)
        assert "Ctrl+S" in shown
        if size[0] >= 110:
            assert "How many recurrent layers are stacked." in shown
        if size == (200, 50):
            await until(lambda: "$ studio train text --corpus python-docs" in screen(app), pilot)
            await until(lambda: 'The "assert" statement' in screen(app), pilot)


def test_groups_are_spread_over_three_columns() -> None:
    assert balanced([5, 6, 4, 4, 1]) == (1, 2)
    assert balanced([]) == (0, 0)


def test_the_command_line_does_the_same_as_the_form() -> None:
    usual = TextRecipe.preset().model_dump()
    values = TextRecipe.preset(
        corpus=("a b.txt", "nietzsche"), lowercase=True, units=64, temperatures=(0.5, 1.0), seconds=None, epochs=3,
        stateful=False,
    ).model_dump()  # fmt: skip
    line = command("text", "", usual, values, name="it's", base="[/]")
    assert line == (
        "studio train text --corpus 'a b.txt' nietzsche --lowercase --units 64 --no-stateful --epochs 3 "
        "--seconds none --temperatures 0.5,1.0 --base '[/]' --name 'it'\"'\"'s'"
    )


def test_the_command_line_of_the_form_is_one_that_the_command_line_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    from studio.cli import train

    taken = {}
    monkeypatch.setattr(train, "open_registry", lambda: None)
    monkeypatch.setattr(train, "train", lambda registry, family, preset, knobs, *rest, **more: taken.update(knobs))
    recipe = TextRecipe.preset(corpus=("python-docs",), lowercase=True, steps=7, patience=3, temperatures=(0.3, 0.9))
    line = command("text", "", TextRecipe.preset().model_dump(), recipe.model_dump(), name="x")
    train.app(shlex.split(line)[2:], result_action="return_value")
    assert TextRecipe.preset(**taken) == recipe


def test_the_opening_of_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfsecond\r\nline")
    assert opening([str(tmp_path)], "utf-8", tmp_path) == "second\nline"
    assert "downloaded when the training starts" in opening(["nietzsche"], "utf-8", tmp_path)
    assert opening(["python-docs"], "utf-8", tmp_path).startswith('The "assert" statement')


def test_sources_are_found_named_and_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    assert missing({"corpus": ("python-docs", "a.txt", str(tmp_path))}) == {}
    assert missing({"corpus": ("a.txt", "b\0.txt")}) == {"corpus": "not found: b\0.txt"}
    assert missing({"corpus": ("~no-such-user/x", "x" * 5000)}) == {"corpus": "not found: ~no-such-user/x"}
    assert located({"corpus": ["python-docs", "a.txt"], "units": 3}) == {
        "corpus": ["python-docs", str(tmp_path / "a.txt")],
        "units": 3,
    }
    assert [name_for([source]) for source in ("python-docs", "books/moby dick.txt", "~/x/", ".txt")] == [
        "python-docs", "moby dick", "x", ".txt",
    ]  # fmt: skip


async def test_the_pages_of_the_studio_never_import_tensorflow(paths: Paths) -> None:
    before = "tensorflow" in sys.modules
    async with opened(paths, "train"):
        assert ("tensorflow" in sys.modules) == before
