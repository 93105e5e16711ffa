"""The Latent page, by keyboard, with a model that draws by arithmetic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from models.latent import load
from models.latent.model import Concept
from models.latent.recipe import LatentRecipe
from models.vision import about, pictures
from studio.config import Paths
from studio.latent_notes import Notes, read, write
from studio.pages.latent import LatentPage
from studio.registry import Model, Registry
from studio.widgets.dialogs import Prompt, Question
from studio.widgets.latent_panel import bar, sliders
from studio.widgets.latent_picker import LatentPicker
from studio.widgets.letters import Letters
from studio.widgets.picture_picker import PicturePicker
from tests.models.latent import fake
from tests.studio.screens import HOSTILE, opened, screen
from tests.studio.text_page import QuietStudio, until


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vae", "gan"):
        monkeypatch.setitem(load.FAMILIES, name, "tests.models.latent.fake:from_checkpoint")


@pytest.fixture
def model(registry: Registry) -> Model:
    return registry.save_model(fake.checkpoint(), name="stripes")


def page_of(app: QuietStudio) -> LatentPage:
    page = app.pages["latent"]
    assert isinstance(page, LatentPage)
    return page


def drawn(point: Any) -> Any:
    return fake.FakeModel().decode(np.asarray(point)[None])[0]


async def shows(page: LatentPage, pilot: Pilot[int], point: Any) -> None:
    """Wait until the picture of a point is in sight."""
    wanted = drawn(point)
    await until(lambda: page.view.pixels is not None and (page.view.pixels == wanted).all(), pilot)


@asynccontextmanager
async def travelling(
    paths: Paths, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[LatentPage, Pilot[int], QuietStudio]]:
    """The page with its model open."""
    async with opened(paths, "latent", size=size) as (app, pilot):
        page = page_of(app)
        await until(lambda: page.journey is not None and page.view.pixels is not None, pilot)
        yield page, pilot, app
        page.closing()


async def test_an_empty_page_says_what_to_press_and_opens_what_comes(paths: Paths) -> None:
    async with opened(paths, "latent") as (app, pilot):
        await until(lambda: "No model with a latent space yet" in screen(app), pilot)
        assert "Press 2" in screen(app)
        await pilot.press("right", "r", "p")  # keys without a model do nothing
        app.services.registry.save_model(fake.checkpoint(), name="late")
        await until(lambda: page_of(app).journey is not None, pilot)
        await until(lambda: "late" in screen(app), pilot)
        page_of(app).closing()


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("size", [(80, 24), (200, 50), (120, 40), (40, 12)])
async def test_the_picture_is_large_and_the_panel_beside_it(paths: Paths, size: tuple[int, int]) -> None:
    async with travelling(paths, size) as (page, pilot, app):
        assert page.view.size.height >= size[1] - 5
        shown = screen(app)
        if size[0] >= 80:
            assert page.view.size.width >= min(size[0] // 2, 2 * (size[1] - 5))
            assert "glasses" in shown
            assert "principal 1" in shown
            assert "6 dimensions" in shown
        await pilot.press("f")
        assert page.panel.display is (size[0] < 70)


@pytest.mark.usefixtures("model")
async def test_arrows_move_and_a_picture_follows(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, _app):
        start = page.here.point
        await pilot.press("right", "up", "up")
        wanted = start + np.array([0, 0, 0, 0, 0.5, 0.25], np.float32)
        np.testing.assert_allclose(page.here.point, wanted, atol=1e-6)
        await shows(page, pilot, page.here.point)
        await pilot.press("d", "h", "greater_than_sign", "left")
        assert (page.here.arrows, page.here.axes, page.here.step) == ("dimensions", [2, 1], 0.5)
        np.testing.assert_allclose(page.here.point - wanted, [0, 0, -0.5, 0, 0, 0], atol=1e-6)
        await pilot.press("u", "u")
        await shows(page, pilot, wanted - np.array([0, 0, 0, 0, 0.25, 0], np.float32))
        await pilot.press("U", "U")
        await shows(page, pilot, page.here.point)
        assert page.here.point[2] == pytest.approx(start[2] - 0.5)


@pytest.mark.usefixtures("model")
async def test_concepts_slide_and_come_back(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        assert [slider.name for slider in page.panel.rows.items] == ["[/b] hat:cap", "smile", "glasses"]
        await pilot.press("full_stop", "right_square_bracket", "right_square_bracket")
        await shows(page, pilot, start + np.array([0.5, 0, 0, 0, 0, 0], np.float32))
        assert "+0.5" in screen(app)
        await pilot.press("tab", "down", "right")
        assert page.here.place.strength("glasses") == 0.25
        await pilot.press("backspace")
        assert page.here.place.strength("glasses") == 0
        await pilot.press("l")
        await shows(page, pilot, start)
        assert page.view.has_focus is False
        await pilot.press("tab")
        assert page.view.has_focus


@pytest.mark.usefixtures("model")
async def test_concepts_are_filtered_by_name_and_group(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, _app):
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"wear", "enter")
        assert [slider.name for slider in page.panel.rows.items] == ["glasses"]
        await pilot.press("right")
        assert page.here.place.strength("glasses") == 0.25
        await until(lambda: [slider.strength for slider in page.panel.rows.items] == [0.25], pilot)


@pytest.mark.usefixtures("model")
async def test_points_are_marked_kept_and_gone_to(paths: Paths, model: Model) -> None:
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        await pilot.press("p")
        assert isinstance(app.screen, Letters)
        await pilot.press("enter")
        await pilot.press("r")
        await until(lambda: not np.array_equal(page.here.point, start), pilot)
        await pilot.press("p", "q")
        assert page.here.marks.letters == ("A", "Q")
        await until(lambda: set(page.shots) == {"A", "Q"}, pilot)
        np.testing.assert_array_equal(page.shots["A"], drawn(start))
        now = page.here.point
        await pilot.press("p", "q")  # the same letters with other pictures
        await until(lambda: len(page.query("#shots Thumbnail")) == 2, pilot)
        await pilot.press("right", "p", "q")
        await until(lambda: (page.shots["Q"] == drawn(page.here.point)).all(), pilot)
        assert not np.array_equal(page.here.point, now)
        await until(lambda: len(page.query("#shots Thumbnail")) == 2, pilot)
        await pilot.press("g", "z")  # no such mark: the question stays
        assert isinstance(app.screen, Letters)
        await pilot.press("a")
        await shows(page, pilot, start)
        await pilot.press("P", "a")
        await until(lambda: list(read(paths, model.id, 6).marks) == ["Q"], pilot)
    async with travelling(paths) as (page, pilot, _app):
        assert page.here.marks.letters == ("Q",)


@pytest.mark.usefixtures("model")
async def test_a_walk_goes_on_by_itself_and_ends_where_it_was_seen(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        await pilot.press("right_curly_bracket", "w")
        await until(lambda: "walking" in screen(app), pilot)
        await until(lambda: page.walked is not None and not np.allclose(page.walked, start, atol=0.01), pilot)
        await pilot.press("w")
        assert not page.walking
        await shows(page, pilot, page.here.point)
        assert not np.allclose(page.here.point, start)
        await pilot.press("u")
        await shows(page, pilot, start)


@pytest.mark.usefixtures("model")
async def test_it_travels_through_marks(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        with pytest.raises(Exception, match="mark two points"):
            page.action_interpolate()
        await pilot.press("p", "a", "right", "right", "p", "b", "i")
        await until(lambda: page.walked is not None and "travelling" in screen(app), pilot)
        await pilot.press("left")  # a key takes over
        assert not page.walking
        page.hidden()


@pytest.mark.usefixtures("model")
async def test_a_picture_of_ones_own_is_encoded_and_compared(paths: Paths, tmp_path: Path) -> None:
    point = np.linspace(-1, 1, 6).astype(np.float32)
    file = tmp_path / "mine.png"
    pictures.save(file, np.repeat(np.repeat(drawn(point), 4, axis=0), 4, axis=1))
    async with travelling(paths) as (page, pilot, app):
        await pilot.press("o")
        assert isinstance(app.screen, PicturePicker)
        app.screen.dismiss(str(file))
        await until(lambda: np.allclose(page.here.point, point, atol=0.1), pilot)
        assert page.view.earlier is not None
        await pilot.press("o")
        app.screen.dismiss(str(tmp_path / "gone.png"))
        await until(lambda: any("is no file" in str(toast.render()) for toast in app.query("Toast")), pilot)
        assert page.busy == ""


@pytest.mark.usefixtures("model")
async def test_expression_is_taken_over_from_a_mark(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        other = start.copy()
        other[[0, 4]] += 2
        page.here.marks.put("B", other)
        await pilot.press("x")
        assert isinstance(app.screen, Question)
        await pilot.press("m", "b")
        assert page.here.point[0] > start[0] + 0.4  # the smile
        assert page.here.point[4] == pytest.approx(start[4])
        await shows(page, pilot, page.here.point)


async def test_without_groups_the_concepts_to_take_over_are_asked_for(paths: Paths, registry: Registry) -> None:
    registry.save_model(fake.checkpoint(("first", "second")), name="plain")
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        page.swap(start + np.array([2, 0, 0, 0, 0, 0], np.float32))
        assert isinstance(app.screen, Prompt)
        await pilot.pause()
        await pilot.press(*"first", "enter")
        assert page.here.point[0] > start[0] + 1


@pytest.mark.usefixtures("model")
async def test_groups_of_pictures_make_a_concept_that_is_there_next_time(paths: Paths, model: Model) -> None:
    async with travelling(paths) as (page, pilot, app):
        with pytest.raises(Exception, match="no picture with it yet: a takes"):
            page.action_name()
        await pilot.press("A", "right", "right", "a", "n")
        assert isinstance(app.screen, Prompt)
        await pilot.pause()
        await pilot.press(*"[x]", "enter")
        await until(lambda: page.panel.chosen == "[x]", pilot)
        assert "[x]" in screen(app)
        (concept,) = page.own()
        np.testing.assert_allclose(concept.direction, [0, 0, 0, 0, 0, 0.5], atol=1e-6)
        await until(lambda: len(read(paths, model.id, 6).concepts) == 1, pilot)
    async with travelling(paths) as (page, pilot, app):
        assert [concept.name for concept in page.own()] == ["[x]"]
        page.panel.rows.select("[x]")
        await pilot.press("delete", "y")
        await until(lambda: read(paths, model.id, 6).concepts == (), pilot)
        page.panel.rows.select("smile")
        with pytest.raises(Exception, match="only a concept of your own"):
            page.action_forget()


@pytest.mark.usefixtures("model")
async def test_a_picture_is_saved_to_the_gallery_with_its_recipe(paths: Paths, registry: Registry) -> None:
    async with travelling(paths) as (page, pilot, _app):
        page.here.slide("smile", 0.5)
        page.moved()
        await pilot.press("ctrl+s")
        await until(lambda: registry.pictures("latent"), pilot)
        (entry,) = registry.pictures("latent")
        assert entry.name == "stripes smile +0.5"
        np.testing.assert_array_equal(pictures.load(registry.picture_file(entry.id)), drawn(page.here.point))
        await until(lambda: page.busy == "", pilot)


@pytest.mark.usefixtures("model")
async def test_the_path_is_exported_as_a_film(paths: Paths, tmp_path: Path) -> None:
    async with travelling(paths) as (page, pilot, app):
        with pytest.raises(Exception, match="no path yet"):
            page.action_export()
        await pilot.press("p", "a", "right", "right", "p", "b")
        for answer, name, frames in (("m", "m.gif", 48), ("j", "j.webp", 6)):
            await pilot.press("e", answer)
            await pilot.pause()
            prompt = app.screen
            assert isinstance(prompt, Prompt)
            assert prompt.checked("x.png") is None
            prompt.dismiss(prompt.checked(str(tmp_path / name)))
            await until((tmp_path / name).exists, pilot)
            await until(lambda: page.busy == "", pilot)
            found = about.read(tmp_path / name)
            assert found is not None
            assert found["recipe"]["frames"] == frames


@pytest.fixture
def styled(registry: Registry) -> Model:
    return registry.save_model(fake.checkpoint(family="gan"), name="layers")


async def shows_mixed(page: LatentPage, pilot: Pilot[int], own: Any, other: Any, layers: int) -> None:
    """Wait until a picture is in sight whose first layers are those of its own point, and the rest another's."""
    await shows(page, pilot, np.where(np.arange(6) < 2 * layers, own, other))


@pytest.mark.usefixtures("styled")
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_style_of_a_mark_is_taken_over_and_travels_along(paths: Paths, size: tuple[int, int]) -> None:
    async with travelling(paths, size) as (page, pilot, app):
        other = np.linspace(-2, 2, 6).astype(np.float32)
        page.here.marks.put("B", other)
        assert "style of a mark or at random" in screen(app)
        await pilot.press("y")
        assert isinstance(app.screen, Letters)
        assert "Enter takes one at random" in screen(app)
        await pilot.press("b")
        await shows_mixed(page, pilot, page.here.point, other, 1)
        assert screen(app).count("style of B from layer 2 of 3") == 1
        await pilot.press("f")  # without the panel it is said under the picture
        assert "style of B from layer 2 of 3, distance" in screen(app)
        await pilot.press("f")
        await pilot.press("right_parenthesis", "right", "right_square_bracket")
        await shows_mixed(page, pilot, page.here.point, other, 2)
        assert "style of B from layer 3 of 3" in screen(app)
        await pilot.press("p", "enter")  # the mark is the plain point
        await until(lambda: "A" in page.shots and (page.shots["A"] == drawn(page.here.point)).all(), pilot)
        await pilot.press("left_parenthesis")
        await shows_mixed(page, pilot, page.here.point, other, 1)
        await pilot.press("Y")
        await shows(page, pilot, page.here.point)
        assert "style of B" not in screen(app)
        await pilot.press("u")
        await shows_mixed(page, pilot, page.here.point, other, 1)
        await pilot.press("g", "a")  # a mark that is gone to is what it was
        await shows(page, pilot, page.here.point)


@pytest.mark.usefixtures("styled")
async def test_a_random_style_stays_on_a_walk_and_at_a_random_point(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        start = page.here.point
        await pilot.press("y", "escape")
        assert page.here.worn == ""
        await pilot.press("y", "enter")
        await until(lambda: page.here.place.style is not None, pilot)
        style = page.here.place.style
        assert style is not None
        assert page.opened is not None
        np.testing.assert_array_equal(style.point, page.opened.model.draw(1, int(style.name))[0])
        await pilot.press("r")
        await until(lambda: not np.array_equal(page.here.point, start), pilot)
        await shows_mixed(page, pilot, page.here.point, style.point, 1)
        start = page.here.point
        await pilot.press("w")
        await until(lambda: page.walked is not None and not np.allclose(page.walked, start, atol=0.01), pilot)
        assert f"style of {style.name} from" in screen(app)
        assert page.view.pixels is not None
        np.testing.assert_array_equal(page.view.pixels[:, 6:], drawn(style.point)[:, 6:])  # from the third number on
        await pilot.press("right_parenthesis")
        assert not page.walking
        await shows_mixed(page, pilot, page.here.point, style.point, 2)


@pytest.mark.usefixtures("model")
async def test_a_model_without_styles_says_so(paths: Paths) -> None:
    async with travelling(paths) as (page, pilot, app):
        await pilot.press("y")
        await until(
            lambda: any("a VAE has no styles to mix" in str(toast.render()) for toast in app.query("Toast")), pilot
        )
        for key in (page.action_unstyle, lambda: page.action_layer(1)):
            with pytest.raises(Exception, match="a VAE has no styles to mix"):
                key()


@pytest.mark.usefixtures("styled")
async def test_what_is_kept_of_a_mixed_picture_and_path_has_the_style(
    paths: Paths, registry: Registry, tmp_path: Path
) -> None:
    async with travelling(paths) as (page, pilot, app):
        with pytest.raises(Exception, match="take over another's first"):
            page.action_layer(1)
        other = np.linspace(-2, 2, 6).astype(np.float32)
        page.here.dress(other, "B")
        await pilot.press("right", "ctrl+s")
        await until(lambda: registry.pictures("latent"), pilot)
        (entry,) = registry.pictures("latent")
        assert entry.name == "layers style of B from layer 2 of 3"
        mixed = drawn(np.where(np.arange(6) < 2, page.here.point, other))
        np.testing.assert_array_equal(pictures.load(registry.picture_file(entry.id)), mixed)
        await until(lambda: page.busy == "", pilot)
        await pilot.press("e", "j")
        await pilot.pause()
        prompt = app.screen
        assert isinstance(prompt, Prompt)
        prompt.dismiss(prompt.checked(str(tmp_path / "j.webp")))
        await until((tmp_path / "j.webp").exists, pilot)
        await until(lambda: page.busy == "", pilot)
        said = about.read(tmp_path / "j.webp")
        assert said is not None
        assert said["recipe"]["how"] == "a journey, style of B from layer 2 of 3"
        recipe = LatentRecipe.checked(said["recipe"])
        np.testing.assert_array_equal(recipe.styles(), other[None])
        assert recipe.layers == 1


async def test_the_library_opens_models_here_and_m_chooses_another(paths: Paths, registry: Registry) -> None:
    first = registry.save_model(fake.checkpoint(), name="first")
    second = registry.save_model(fake.checkpoint(()), name="second")
    async with opened(paths, "library", size=(120, 40)) as (app, pilot):
        await app.open_model("vae", first.id)
        page = page_of(app)
        await until(lambda: page.opened is not None and page.opened.entry.id == first.id, pilot)
        await pilot.press("m")
        assert isinstance(app.screen, LatentPicker)
        await pilot.press("up", "enter")
        await until(lambda: page.opened is not None and page.opened.entry.id == second.id, pilot)
        await until(lambda: "This model knows no concepts" in screen(app), pilot)
        with pytest.raises(Exception, match="there is no concept to slide"):
            page.action_slide(1)
        page.closing()


async def test_a_damaged_model_is_told_and_another_can_be_chosen(paths: Paths, registry: Registry) -> None:
    model = registry.save_model(fake.checkpoint(), name="hurt")
    file = registry.model_file(model.id)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    async with opened(paths, "latent") as (app, pilot):
        page = page_of(app)
        await until(lambda: "the file of the model" in page.view.title or "corrupt" in page.view.title, pilot)
        assert page.journey is None
        await pilot.press("m")
        assert isinstance(app.screen, LatentPicker)
        page.closing()


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_names_from_outside_are_shown_to_the_letter(paths: Paths, registry: Registry, hostile: str) -> None:
    name = hostile.replace("/", "") or "x"
    model = registry.save_model(fake.checkpoint((hostile,)), name=name)
    write(paths, model.id, Notes((Concept(f"my {hostile}", np.ones(6, np.float32)),), {}))
    async with travelling(paths) as (page, pilot, app):
        await pilot.pause()
        shown = screen(app)
        assert name in shown
        assert f"my {hostile}"[:14] in shown
        assert len(page.panel.rows.items) == 2


async def test_wishes_that_came_too_late_are_dropped(paths: Paths, registry: Registry) -> None:
    registry.save_model(fake.checkpoint(), name="x")
    async with travelling(paths) as (page, pilot, _app):
        assert page.desk is not None
        with page.desk._changed:  # the desk cannot begin meanwhile
            before = page.desk.decoded
            for _ in range(50):
                page.here.move(1, 0)
                page.desk._wish = page.here.point
            page.desk._changed.notify()
        await shows(page, pilot, page.here.point)
        assert page.desk.decoded - before == 1


def test_sliders_are_grouped_and_drawn() -> None:
    found = sliders(["jaw", "mine", "smile", "hat:cap", "light"], {"smile": -1.5})
    assert [(each.name, each.group) for each in found] == [
        ("mine", "own"), ("smile", "expression"), ("hat:cap", "wear"), ("jaw", "identity"), ("light", "setting"),
    ]  # fmt: skip
    assert bar(0) == "──────┼──────"
    assert bar(3) == "──────┼━━━━━●"
    assert bar(-1.5) == "───●━━┼──────"
    assert bar(-3) == "●━━━━━┼──────"
