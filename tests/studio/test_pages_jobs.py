"""The Jobs page: every run with its figures, those of other processes included, and its actions by key."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from studio.app import StudioApp
from studio.config import Paths, Settings
from studio.pages import jobs
from studio.pages.jobs import ACTIONS, STATES, JobsPage
from studio.registry import STATES as ALL
from studio.registry import Registry
from studio.widgets.chart import Chart
from studio.widgets.dialogs import Question
from studio.widgets.keybar import KeyBar
from tests.studio import fake_family
from tests.studio.screens import HOSTILE, add_run, opened, screen
from tests.studio.text_page import QuietStudio, until


def page_of(app: StudioApp) -> JobsPage:
    page = app.pages["jobs"]
    assert isinstance(page, JobsPage)
    return page


def line_of(app: StudioApp, name: str) -> str:
    """The row of this name in the list; the status line names the job that runs as well."""
    return next((line for line in screen(app).splitlines()[:-2] if name in line), "")


@asynccontextmanager
async def working(paths: Paths) -> AsyncIterator[tuple[StudioApp, Pilot[int]]]:
    """The app on its Jobs page, with a worker."""
    app = StudioApp(paths, Settings(device="CPU:0"), first="jobs")
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until(lambda: app.current == "jobs", pilot)
        yield app, pilot
        app.services.jobs.close(5)


async def test_an_empty_page_says_what_to_press(paths: Paths) -> None:
    async with opened(paths, "jobs") as (app, _):
        assert "No jobs yet." in screen(app)
        assert "Press 2" in screen(app)


async def test_the_keys_work_once_there_is_a_job_and_again_when_there_is_none(paths: Paths, registry: Registry) -> None:
    async with opened(paths, "jobs") as (app, pilot):
        for _ in range(2):
            run = add_run(registry, "moby", "done")
            await until(lambda: app.focused is page_of(app).rows, pilot)
            registry.delete_run(run.id)
            await until(lambda: app.focused is page_of(app), pilot)
        await pilot.press("4")
        await until(lambda: app.current == "library", pilot)


@pytest.mark.parametrize("state", ALL)
async def test_every_state_is_a_word_with_its_figures(paths: Paths, registry: Registry, state: str) -> None:
    add_run(registry, "moby", state)  # type: ignore[arg-type]
    async with opened(paths, "jobs", size=(160, 40)) as (app, _):
        line = line_of(app, "moby")
        assert f"{STATES[state][0]} {state} " in line
        if state != "queued":
            assert "590" in line
            assert "1.402" in line
            assert "1.511" in line
        if state == "running":
            assert "9.50 step/s" in line
            assert "1:04 left" in line
            assert " 49 %" in line
        if state == "done":
            assert "100 %" in line


async def test_the_detail_shows_recipe_curve_sample_and_log(paths: Paths, registry: Registry) -> None:
    add_run(registry, "moby", "failed", units=96)
    async with opened(paths, "jobs", size=(160, 40)) as (app, _):
        shown = screen(app)
        for text in (
            "python-docs, units 96", "failed: non-finite loss at step 590", "━━ loss", "● held out", "T=0.5",
            "the statement of the name", "zygote [/b]␛[2J wibble", "started on CPU:0", "saved at step 500",
        ):  # fmt: skip
            assert text in shown


async def test_in_a_narrow_window_a_key_turns_from_chart_to_sample_to_log(paths: Paths, registry: Registry) -> None:
    add_run(registry, "moby", "done")
    async with opened(paths, "jobs") as (app, pilot):
        views = []
        for _ in range(4):
            shown = screen(app)
            views.append([text in shown for text in ("━━ loss", "Newest sample", "started on CPU:0")])
            await pilot.press("v")
            await pilot.pause()
        assert views == [[True, False, False], [False, True, False], [False, False, True], [True, False, False]]


async def test_numbers_that_are_none_do_no_harm(paths: Paths, registry: Registry) -> None:
    run = add_run(registry, "moby", "running")
    registry.add_metrics(run.id, [(600, {"loss": math.nan, "val_loss": math.inf}), (610, {"loss": -math.inf})])
    registry.update_run(run.id, metrics={"loss": math.nan, "val_loss": math.inf}, remaining=math.inf)
    async with opened(paths, "jobs", size=(160, 40)) as (app, _):
        line = line_of(app, "moby")
        assert "NaN" in line
        assert "inf" in line
        assert "not finite at step 600" in screen(app)


@pytest.mark.parametrize("name", [*HOSTILE, "日本語"])
async def test_names_are_shown_to_the_letter_in_list_detail_and_question(
    paths: Paths, registry: Registry, name: str
) -> None:
    add_run(registry, name, "done")
    add_run(registry, "a" * 100, "done")
    async with opened(paths, "jobs", size=(120, 40)) as (app, pilot):
        await pilot.press("down")
        await until(lambda: screen(app).count(name) >= 2, pilot)
        await pilot.press("d")
        await until(lambda: f"Delete the job “{name}”?" in screen(app), pilot)


async def test_what_another_process_changes_is_seen(paths: Paths, registry: Registry) -> None:
    run = add_run(registry, "moby", "running")
    async with opened(paths, "jobs", size=(160, 40)) as (app, pilot):
        registry.update_run(run.id, step=777, metrics={"loss": 1.234})
        await until(lambda: "777" in line_of(app, "moby") and "1.234" in line_of(app, "moby"), pilot)
        registry.add_run("text", {}, "new one")
        await until(lambda: "new one" in screen(app), pilot)


async def test_a_run_of_another_process_is_asked_through_the_registry(paths: Paths, registry: Registry) -> None:
    run = add_run(registry, "moby", "running")
    async with opened(paths, "jobs", size=(120, 40)) as (app, pilot):
        await pilot.press("space")
        await until(lambda: registry.run(run.id).request == "pause", pilot)
        await until(lambda: "asked to pause" in screen(app), pilot)
        await pilot.press("s")
        await until(lambda: registry.run(run.id).request == "stop", pilot)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        await pilot.press("enter")  # the cursor is where it does no harm
        assert registry.run(run.id).request == "stop"
        await pilot.press("x", "y")
        await until(lambda: registry.run(run.id).request == "discard", pilot)


async def test_a_paused_run_is_let_go_on_with_the_same_key(paths: Paths, registry: Registry) -> None:
    run = add_run(registry, "moby", "paused")
    async with opened(paths, "jobs"):
        pass
    async with opened(paths, "jobs") as (_, pilot):
        await pilot.press("space")
        await until(lambda: registry.run(run.id).request == "resume", pilot)


@pytest.mark.usefixtures("fake")
async def test_a_job_of_this_process_is_paused_resumed_stopped_and_retried(paths: Paths) -> None:
    async with working(paths) as (app, pilot):
        run = app.services.jobs.submit("fake", {"steps": 400, "pause": 0.005, "save_every": 5}, "counting")
        await until(lambda: "running" in line_of(app, "counting"), pilot)
        await until(lambda: "text of" in screen(app), pilot)
        await pilot.press("space")
        await until(lambda: "paused" in line_of(app, "counting"), pilot)
        step = app.services.registry.run(run.id).step
        await pilot.press("space")
        await until(lambda: "running" in line_of(app, "counting"), pilot)
        await pilot.press("s")
        await until(lambda: "stopped" in line_of(app, "counting"), pilot)
        kept = app.services.registry.run(run.id)
        assert kept.step >= step
        assert kept.model_id is not None
        await pilot.press("r")
        await until(lambda: "done" in line_of(app, "counting"), pilot, 20)
        assert app.services.registry.run(run.id).step == 400


@pytest.mark.usefixtures("fake")
async def test_a_failure_is_told_in_one_line_with_its_reason(paths: Paths) -> None:
    async with working(paths) as (app, pilot):
        app.services.jobs.submit("fake", {"fail_at": 3}, "doomed [/]")
        await until(lambda: "failed: non-finite loss at step 3" in screen(app), pilot)
        await until(lambda: "failed" in line_of(app, "doomed [/]"), pilot)


@pytest.mark.usefixtures("fake")
async def test_a_discarded_job_is_gone(paths: Paths) -> None:
    async with working(paths) as (app, pilot):
        app.services.jobs.submit("fake", {"gated": True}, "counting")
        fake_family.GATE.release()
        await until(lambda: "running" in line_of(app, "counting"), pilot)
        await pilot.press("x", "y")
        await pilot.pause()
        fake_family.GATE.release(20)
        await until(lambda: "No jobs yet" in screen(app), pilot)


async def test_a_job_is_deleted_after_a_question_and_its_model_stays(paths: Paths, registry: Registry) -> None:
    add_run(registry, "moby", "done")
    async with opened(paths, "jobs") as (app, pilot):
        await pilot.press("d", "y")
        await until(lambda: "No jobs yet" in screen(app), pilot)
        assert registry.runs() == []
        assert [model.name for model in registry.models()] == ["moby"]


async def test_enter_opens_the_model_and_follows_a_run_that_goes_on(
    paths: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, str]] = []

    async def open_model(self: StudioApp, family: str, model_id: str) -> None:
        seen.append(("model", family, model_id))

    async def open_run(self: StudioApp, family: str, run_id: str) -> None:
        seen.append(("run", family, run_id))

    monkeypatch.setattr(QuietStudio, "open_model", open_model, raising=False)
    monkeypatch.setattr(QuietStudio, "open_run", open_run, raising=False)
    running = add_run(registry, "second", "running")
    done = add_run(registry, "first", "done")
    async with opened(paths, "jobs") as (_, pilot):
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
    assert seen == [("model", "text", done.model_id), ("run", "text", running.id)]


@pytest.mark.parametrize("state", ALL)
async def test_keys_that_make_no_sense_are_dimmed_and_do_nothing(paths: Paths, registry: Registry, state: str) -> None:
    run = add_run(registry, "moby", state)  # type: ignore[arg-type]
    async with opened(paths, "jobs", size=(120, 30)) as (app, pilot):
        await pilot.pause(0.1)
        keys = {binding.action: enabled for binding, enabled in app.query_one(KeyBar).keys}
        for action in ("pause", "stop", "open", "retry"):
            assert keys[action] == (state in ACTIONS[action]), action
        for action, key in (("pause", "space"), ("retry", "r")):
            if not keys[action]:
                await pilot.press(key)
                await pilot.pause()
        assert registry.run(run.id).state == state
        assert "there is no" not in screen(app)


async def test_a_hidden_page_reads_nothing(paths: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    add_run(registry, "moby", "running")
    async with opened(paths, "jobs") as (app, pilot):
        await app.go("library")
        looks: list[int] = []
        monkeypatch.setattr(page_of(app), "look", lambda **_: looks.append(1))
        await pilot.pause(0.3)
        assert not looks


async def test_a_quiet_registry_is_not_read_again(
    paths: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(registry, "moby", "done")
    async with opened(paths, "jobs") as (app, pilot):
        await pilot.pause(0.3)
        drawn: list[int] = []
        monkeypatch.setattr(app.services.registry, "runs", lambda *_, **__: drawn.append(1) or [])
        chart = app.query_one(Chart)
        monkeypatch.setattr(chart, "show", lambda *_: drawn.append(2))
        await pilot.pause(0.5)
        assert not drawn


async def test_of_very_many_runs_the_newest_are_listed_and_those_not_at_their_end(
    paths: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LISTED", 3)
    for number, state in enumerate(("running", "done", "queued", "done", "done", "done")):
        add_run(registry, f"run {number}", state)  # type: ignore[arg-type]
    assert [run.name for run in jobs.newest(registry)] == ["run 5", "run 4", "run 3", "run 2", "run 0"]
