"""The Train page and the view of a run, for a family that learns from pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot

from models import families
from models.data.extent import KNOWN, Extent, extent
from models.data.opening import NAMES, open_set
from models.errors import UsageError
from models.vision import pictures
from studio import forecast
from studio.config import Paths
from studio.pages.train import TrainPage
from studio.preview import command, contact_sheet
from studio.registry import Registry, this_process
from studio.sources import SETS, located, missing, name_for, sources_of
from studio.widgets.chart import PANELS, Chart
from studio.widgets.choice import Choice
from studio.widgets.contact_sheet import ContactSheet
from studio.widgets.corpus import CorpusSuggester
from studio.widgets.picture import PictureView
from tests.studio import fake_set
from tests.studio.fake_set import FAMILY, SetRecipe
from tests.studio.screens import opened, screen
from tests.studio.text_page import QuietStudio, until


@pytest.fixture(autouse=True)
def _family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(families.FAMILIES, "gan", FAMILY)
    module: Any = ModuleType("estimate")
    module.estimate = fake_set.estimate
    monkeypatch.setitem(sys.modules, "models.gan.estimate", module)


async def chosen(app: QuietStudio, pilot: Pilot[int]) -> TrainPage:
    """The Train page with the form of the family."""
    page = app.pages["train"]
    assert isinstance(page, TrainPage)
    page.query_one("#family", Choice).value = "gan"
    await until(lambda: page.family == "gan" and "data" in page.form.fields, pilot)
    await pilot.pause()
    return page


def test_the_names_are_those_that_can_be_opened(tmp_path: Path) -> None:
    assert set(SETS) == set(NAMES) == set(KNOWN)
    for name in ("faces", "glyphs"):
        found = open_set(name, folder=tmp_path)
        assert extent(SetRecipe(data=name)) == Extent(found.count, found.size, found.channels)


def test_the_extent_follows_the_recipe(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"")
    recipe = SetRecipe(data=str(tmp_path), size=32, channels="grey")
    assert extent(recipe) == Extent(3, (32, 32), 1)
    assert extent(recipe.changed(count=2)).count == 2
    assert extent(SetRecipe(data="faces", count=50_000)).count == 50_000
    assert extent(SetRecipe(data="mnist", count=100_000)).count == 60_000
    assert extent(SetRecipe(data="nowhere\0")).count is None


def test_sources_are_found_placed_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert missing({"data": "faces"}) == {}
    assert missing({"data": "photos", "attributes": "a.csv"}) == {"attributes": "not found: a.csv"}
    assert missing({"data": "gone"}) == {"data": "not found: gone"}
    assert located({"data": "photos", "attributes": "a.csv"}) == {
        "data": str(tmp_path / "photos"), "attributes": str(tmp_path / "a.csv")
    }  # fmt: skip
    assert located({"data": "faces", "attributes": ""}) == {"data": "faces", "attributes": ""}
    assert name_for(sources_of({"data": "/a/holidays/"})) == "holidays"
    assert sources_of({"corpus": ("a", "b")}) == ("a", "b")


def test_the_command_names_the_data() -> None:
    usual = SetRecipe.preset().model_dump()
    assert command("gan", "", usual, usual) == "studio train gan --data faces"
    assert command("gan", "", usual, {**usual, "size": 32, "flip": True}).endswith("--data faces --size 32 --flip")


def test_a_contact_sheet_is_made_without_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = contact_sheet(SetRecipe(size=32), tmp_path, 24)
    assert isinstance(found, np.ndarray)
    assert found.shape == (2 * 34 - 2, 12 * 34 - 2, 3)
    assert (
        contact_sheet(SetRecipe(data="cifar10"), tmp_path, 4) == "cifar10 is downloaded when the training starts, once."
    )
    with pytest.raises(UsageError, match="nowhere"):
        contact_sheet(SetRecipe(data="nowhere"), tmp_path, 4)


def test_a_forecast_is_of_the_pictures_that_will_be_learnt_from(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = forecast.pictures(SetRecipe(count=500, size=48), registry)
    assert told.splitlines() == [
        "About 3,000 parameters, 4.00 kB; 48.0 MB of memory to train",
        "About 60 s: 500 steps, 2.0 passes (10.0 step/s, a guess)",
    ]


async def test_a_suggestion_completes_a_set() -> None:
    assert await CorpusSuggester(SETS).get_suggestion("fas") == "fashion-mnist"


async def test_the_form_is_that_of_the_family_and_starts_a_run(paths: Paths, tmp_path: Path) -> None:
    async with opened(paths, "train", size=(100, 40)) as (app, pilot):
        page = await chosen(app, pilot)
        Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
        page.form.fields["data"].text = str(tmp_path)
        await until(lambda: not page.form.due and page.form.recipe is not None, pilot)
        await until(lambda: tmp_path.name in str(page.query_one("#name").placeholder), pilot)  # type: ignore[attr-defined]
        assert "New characters" not in screen(app)
        await pilot.press("ctrl+s")
        await until(lambda: bool(app.services.registry.runs()), pilot)
        (run,) = app.services.registry.runs()
        assert (run.family, run.name, run.recipe["data"]) == ("gan", tmp_path.name, str(tmp_path))


async def test_a_set_that_is_not_there_is_said(paths: Paths) -> None:
    async with opened(paths, "train", size=(140, 40)) as (app, pilot):
        page = await chosen(app, pilot)
        page.form.fields["data"].text = "no/such"
        await until(lambda: "not found: no/such" in screen(app), pilot)
        assert page.form.recipe is None


async def test_where_there_is_room_the_pictures_are_shown_under_the_command(paths: Paths) -> None:
    async with opened(paths, "train", size=(160, 50)) as (app, pilot):
        page = await chosen(app, pilot)
        view = page.query_one(ContactSheet).query_one(PictureView)
        await until(lambda: view.pixels is not None, pilot)
        assert view.title == "some of faces"
        assert "$ studio train gan --data faces" in screen(app)
        page.form.fields["data"].text = "cifar10"
        await until(lambda: view.pixels is None and "is downloaded when" in view.title, pilot)


async def test_a_model_is_trained_further_with_its_networks_fixed(paths: Paths, registry: Registry) -> None:
    entry = registry.save_model(fake_set.checkpoint(SetRecipe(latent=12), 3), name="it")
    async with opened(paths, "train", size=(120, 40)) as (app, pilot):
        page = await chosen(app, pilot)
        page.further(entry)
        await pilot.pause()
        assert page.form.fields["latent"].text == "12"
        assert page.form.fields["latent"].disabled
        assert not page.form.fields["data"].disabled
        await pilot.press("ctrl+s")
        await until(lambda: bool(app.services.registry.runs()), pilot)
        assert app.services.registry.runs()[0].base_id == entry.id


async def test_a_run_shows_its_newest_grid_and_its_curves(paths: Paths, registry: Registry) -> None:
    run = registry.add_run(
        "gan", SetRecipe().model_dump(mode="json"), "it", owner=this_process(), device="CPU:0"
    )  # fmt: skip
    rows = [(step, {**fake_set.FIGURES, "real_score": 1.0, "fake_score": -1.0}) for step in range(20)]
    registry.add_progress(run.id, this_process(), {"step": 19, "total": 20}, rows, {})
    registry.put_preview(run.id, pictures.encode(np.full((40, 40, 3), 90, np.uint8), "png"))
    async with opened(paths, "jobs", size=(160, 50)) as (app, pilot):
        app.pages["jobs"].open_run(run.id)  # type: ignore[attr-defined]
        view = app.pages["jobs"].query_one(PictureView)
        await until(lambda: view.pixels is not None and view.display, pilot)
        assert int(np.asarray(view.pixels)[5, 5, 0]) == 90
        chart = app.pages["jobs"].query_one(Chart)
        assert tuple(chart.panels) == PANELS["gan"]
        await until(lambda: "Fréchet" in screen(app), pilot)
        shown = screen(app)
        for caption in (
            "generator  1.250",
            "discriminator  0.500",
            "score of real  1.000",
            "of made -1.000",
            "diversity",
        ):
            assert caption in shown


async def test_knobs_that_a_family_adds_to_a_group_stand_with_it(paths: Paths) -> None:
    async with opened(paths, "train", size=(80, 60)) as (app, pilot):
        await chosen(app, pilot)
        headings = [line[1:].strip() for line in screen(app).splitlines()]
        groups = ["Pictures", "Networks", "Training", "Stop"]
        assert [line for line in headings if line in groups] == groups
