"""The app: first paint, pages by key, keys of a person's own, help, palette, errors, the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from textual.color import Color
from textual.widgets import Input

from models.errors import UsageError
from studio import theme
from studio.app import StudioApp
from studio.config import Paths, Settings
from studio.jobs import Fact
from studio.pages import PAGES
from studio.widgets.dialogs import Question
from studio.widgets.help import Help
from studio.widgets.keybar import MOST, KeyBar
from studio.widgets.tabs import PageTabs
from tests.studio.command import ROOT
from tests.studio.screens import HOSTILE, opened, screen
from tests.studio.text_page import until

HEAVY = ("numpy", "pydantic", "plotext", "PIL", "cyclopts", "tensorflow", "keras", "safetensors", "psutil", "pynvml")


def python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh Python."""
    return subprocess.run([sys.executable, "-c", code, str(home)], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_nothing_heavy_is_imported_before_the_first_page_is_painted(tmp_path: Path) -> None:
    code = f"""
import sys, pathlib
from studio.config import Paths, load_settings
from studio.app import StudioApp
paths = Paths(pathlib.Path(sys.argv[1]))
class Watched(StudioApp):
    async def _settle(self):
        print("shell", [name for name in {HEAVY!r} if name in sys.modules])
        await self.go("text")
        print("page", [name for name in {HEAVY!r} if name in sys.modules])
        self.exit()
Watched(paths, load_settings(paths)).run(headless=True)
"""
    assert python(code, tmp_path).stdout == "shell []\npage []\n"


def test_the_recipe_of_a_family_and_the_pages_import_no_tensorflow(tmp_path: Path) -> None:
    code = """
import sys, pathlib, asyncio
from studio.config import Paths, load_settings
from studio.app import StudioApp
from studio.pages import PAGES
async def main():
    paths = Paths(pathlib.Path(sys.argv[1]))
    app = StudioApp(paths, load_settings(paths))
    async with app.run_test() as pilot:
        for name in PAGES:
            await app.go(name)
            await pilot.pause(0.3)
    print([name for name in ("tensorflow", "keras") if name in sys.modules])
asyncio.run(main())
"""
    assert python(code, tmp_path).stdout == "[]\n"


async def test_number_keys_switch_pages_and_a_page_is_made_once(paths: Paths) -> None:
    async with opened(paths, "jobs") as (app, pilot):
        assert list(app.pages) == ["jobs"]
        for info in PAGES.values():
            await pilot.press(info.key)
            await pilot.pause()
            assert app.current == app.query_one(PageTabs).current == info.name
            assert [page.display for page in app.pages.values()].count(True) == 1
        jobs = app.pages["jobs"]
        await pilot.press("3")
        assert app.pages["jobs"] is jobs


async def test_a_tab_can_be_clicked(paths: Paths) -> None:
    async with opened(paths, "jobs") as (app, pilot):
        await pilot.click(PageTabs, offset=(len(" 1 Text  2 Train  3 Jobs  4 L"), 0))
        await until(lambda: app.current == "library", pilot)


async def test_only_the_page_in_sight_is_ticked(paths: Paths) -> None:
    async with opened(paths, "library") as (app, pilot):
        await app.go("jobs")
        ticks: list[str] = []
        for name, page in app.pages.items():
            page.tick = lambda name=name: ticks.append(name)  # type: ignore[method-assign]
        await until(lambda: len(ticks) > 3, pilot)
        assert set(ticks) == {"jobs"}


async def test_typing_in_a_field_never_triggers_a_page_key_and_escape_leaves_it(paths: Paths) -> None:
    async with opened(paths, "train") as (app, pilot):
        name = app.query_one("#name", Input)
        name.focus()
        await pilot.press("3", "q", "4", "question_mark")
        assert name.value == "3q4?"
        assert app.current == "train"
        assert "esc Leave field" in screen(app)
        await pilot.press("escape", "3")
        await pilot.pause()
        assert app.current == "jobs"
        await pilot.press("2", "4")  # back on the page, the field is not where the keys go
        await pilot.pause()
        assert app.current == "library"
        assert name.value == "3q4?"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [60, 80, 200])
async def test_the_footer_shows_seven_keys_at_most_and_always_help(paths: Paths, name: str, width: int) -> None:
    async with opened(paths, name, size=(width, 24)) as (app, pilot):
        await pilot.pause(0.1)
        keys = [binding.description for binding, _ in app.query_one(KeyBar).keys]
        assert 2 <= len(keys) <= MOST
        assert keys[-2:] == ["Help", "Palette"]
        assert "Help" in screen(app).splitlines()[-1]


@pytest.mark.parametrize("name", PAGES)
def test_every_key_of_a_page_has_an_id_and_a_description(name: str) -> None:
    bindings = [binding for found in PAGES[name].load()._merged_bindings.key_to_bindings.values() for binding in found]
    assert all(binding.id and binding.description for binding in bindings)


async def test_help_lists_every_key_of_the_page(paths: Paths) -> None:
    async with opened(paths, "library", size=(100, 50)) as (app, pilot):
        await pilot.press("f1")
        await pilot.pause()
        shown = screen(app)
        assert isinstance(app.screen, Help)
        for text in (
            "Go on learning, from this model",
            "Give the model another name",
            "This page",
            "Everywhere",
            "Quit",
        ):
            assert text in shown
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)


async def test_keys_can_be_given_to_other_actions(paths: Paths) -> None:
    async with opened(paths, "library", keys={"app.page_jobs": "j,f9", "library.rename": "n"}) as (app, pilot):
        assert "n Rename" in screen(app)
        await pilot.press("f9")
        await pilot.pause()
        assert app.current == "jobs"


async def test_the_palette_offers_pages_actions_and_themes(paths: Paths) -> None:
    async with opened(paths, "library", size=(80, 40)) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(lambda: "Train page" in screen(app), pilot)
        assert "Library: Filter" in screen(app)
        await pilot.press(*"nord", "enter")
        await until(lambda: app.theme == "nord", pilot)


async def test_there_is_no_palette_over_a_dialog(paths: Paths) -> None:
    async with opened(paths, "library") as (app, pilot):
        await pilot.press("f1", "ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, Help)


@pytest.mark.parametrize("text", [*HOSTILE, "a\x1b[2Jx\x07\u202eb"])
async def test_what_is_told_is_shown_to_the_letter(paths: Paths, text: str) -> None:
    async with opened(paths, "jobs") as (app, pilot):
        app.tell(text)
        shown = text.replace("\x1b", "␛").replace("\x07", "␇").replace("\u202e", "<RLO>")
        await until(lambda: shown in screen(app), pilot)


async def test_an_error_in_an_action_is_a_line_and_the_same_line_is_said_once(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(paths, "library") as (app, pilot):

        def fails() -> None:
            raise UsageError("no [/] such thing")

        monkeypatch.setattr(app.pages["library"], "action_filter", fails)
        await pilot.press("slash", "slash")
        await until(lambda: "no [/] such thing" in screen(app), pilot)
        await pilot.pause(0.1)
        assert screen(app).count("no [/] such thing") == 1


async def test_a_failed_run_is_told_whatever_page_is_in_sight(paths: Paths) -> None:
    async with opened(paths, "library") as (app, pilot):
        app.services.post(Fact("failed", "id", "moby [/b]: non-finite loss at step 5"))
        await until(lambda: "failed: moby [/b]: non-finite loss" in screen(app), pilot)


async def test_wrong_settings_are_told_and_do_not_keep_the_app_from_starting(paths: Paths) -> None:
    async with opened(paths, "library", problem="config.toml: no such setting", theme="none") as (app, pilot):
        await until(lambda: "no such setting" in screen(app), pilot)
        assert app.theme == theme.DARK.name


async def test_q_ends_at_once_where_nothing_runs(paths: Paths) -> None:
    app = StudioApp(paths, Settings(take_queued=False), first="library")
    async with app.run_test() as pilot:
        await until(lambda: app.current == "library", pilot)
        await pilot.press("q")
        await until(lambda: app.return_code is not None, pilot)
    assert app.return_code == 0


@pytest.mark.usefixtures("fake")
async def test_quitting_asks_while_a_job_runs_goes_back_or_stops_and_keeps_u4(paths: Paths) -> None:
    app = StudioApp(paths, Settings(device="CPU:0"), first="jobs")
    async with app.run_test() as pilot:
        await until(lambda: app.current == "jobs", pilot)
        run = app.services.jobs.submit("fake", {"steps": 100_000, "pause": 0.01}, "long [/] job")
        await until(lambda: (slots := app.services.jobs.slots(run.id)) is not None and slots.step is not None, pilot)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        assert "long [/] job, step" in screen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.services.jobs.running() == [run.id]
        await pilot.press("q", "s")
        end = asyncio.get_running_loop().time() + 5
        await until(lambda: app.return_code is not None, pilot)
        assert asyncio.get_running_loop().time() < end
        kept = app.services.registry.run(run.id)
        assert kept.state == "stopped"
        assert kept.model_id is not None


async def test_a_damaged_registry_is_a_line_on_every_page_and_does_not_keep_the_app_from_ending(paths: Paths) -> None:
    paths.database.write_bytes(b"garbage")
    app = StudioApp(paths, Settings(), first="jobs")
    async with app.run_test(notifications=True, size=(120, 40)) as pilot:
        await until(lambda: "is damaged" in screen(app), pilot)
        for info in PAGES.values():
            await app.go(info.name)
            await pilot.pause(0.2)
        await pilot.press("2", "ctrl+s", "3", "4", "q")
        await until(lambda: app.return_code is not None, pilot)
    assert app.return_code == 0


async def test_a_key_of_the_footer_can_be_clicked(paths: Paths) -> None:
    async with opened(paths, "library") as (app, pilot):
        bar = app.query_one(KeyBar)
        left = screen(app).splitlines()[-1].index("Filter")
        await pilot.click(KeyBar, offset=(left, 0))
        await until(lambda: app.focused is app.query_one("#wanted"), pilot)
        await pilot.click(KeyBar, offset=(bar.size.width - 1, 0))
        assert not isinstance(app.screen, Help)


async def test_what_is_told_leaves_the_status_line_in_sight(paths: Paths) -> None:
    async with opened(paths, "jobs") as (app, pilot):
        app.tell("something happened")
        await until(lambda: "something happened" in screen(app), pilot)
        assert screen(app).splitlines()[-2].rstrip() == " CPU          ○ idle"


def test_a_crash_says_the_reason_and_the_log_in_one_line(tmp_path: Path) -> None:
    code = """
import sys, pathlib
from studio.config import Paths, load_settings
from studio.app import StudioApp
paths = Paths(pathlib.Path(sys.argv[1]))
class Broken(StudioApp):
    def _tick(self):
        raise ZeroDivisionError("what [/b] broke\\nhere")
app = Broken(paths, load_settings(paths), first="library")
app.run(headless=True)
print(app.return_code, app.fatal)
"""
    done = python(code, tmp_path)
    assert done.stdout == f"1 studio: ZeroDivisionError: what [/b] broke here; the log is {tmp_path / 'studio.log'}\n"
    assert done.stderr == ""
    assert "ZeroDivisionError" in (tmp_path / "studio.log").read_text()


def test_without_a_terminal_the_app_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "studio: the app needs a terminal; `studio --help` lists the commands\n"


THEMES = [name for name, found in StudioApp(Paths(Path()), Settings()).available_themes.items() if not found.ansi]


@pytest.mark.parametrize("name", THEMES)
def test_accents_and_quiet_texts_can_be_read_in_every_theme(name: str) -> None:
    app = StudioApp(Paths(Path()), Settings(theme=name))
    variables = app.get_css_variables()
    for ground in ("background", "surface", "panel"):
        back = Color.parse(variables["background"]) + Color.parse(variables[ground])
        for text in ("foreground", *theme.HAVE_TO_BE_READ):
            assert theme.contrast(Color.parse(variables[text]), back) >= 2.9, (text, ground)
