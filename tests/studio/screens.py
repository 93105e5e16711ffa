"""What the tests of pages and widgets share: an app without workers, a look at its screen, a registry with runs."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot

from models.text.recipe import TextRecipe
from studio.config import Paths, Settings
from studio.registry import Registry, Run, RunState, this_process
from tests.studio.text_page import QuietStudio, until
from tests.support import tiny_checkpoint

HOSTILE = ("[/", "a [/b] c", "[red]x[/red]", "[@click=app.quit]x[/]")


def screen(app: App[Any]) -> str:
    """What is on the screen, line by line; every line is as wide as the screen."""
    lines = app.screen._compositor.render_strips()
    assert all(cell_len(strip.text) == app.size.width for strip in lines)
    return "\n".join(strip.text for strip in lines)


def quiet(paths: Paths, first: str, **settings: Any) -> QuietStudio:
    """An app that executes no runs, with nothing on the status line that changes."""
    return QuietStudio(paths, Settings(**settings), first=first)


@asynccontextmanager
async def opened(
    paths: Paths, first: str, size: tuple[int, int] = (80, 24), **settings: Any
) -> AsyncIterator[tuple[QuietStudio, Pilot[int]]]:
    """The app on a page."""
    app = quiet(paths, first, **settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: app.current == first, pilot)
        await pilot.pause()
        yield app, pilot


def curve(steps: int = 600) -> list[tuple[int, dict[str, float]]]:
    """A loss that falls as losses do, with a held-out loss now and then."""
    points = []
    for step in range(0, steps, 10):
        figures = {"loss": 1.4 + 3 * math.exp(-step / 80) + 0.05 * math.sin(step)}
        if step % 100 == 0:
            figures["val_loss"] = figures["loss"] + 0.1
        points.append((step, figures))
    return points


def add_run(registry: Registry, name: str, state: RunState, **knobs: Any) -> Run:
    """A run in a state, with figures, a curve, samples and a log."""
    recipe = TextRecipe.preset(**knobs).model_dump(mode="json")
    if state == "queued":
        return registry.add_run("text", recipe, name)
    run = registry.add_run("text", recipe, name, owner=this_process(), device="CPU:0")
    registry.add_progress(
        run.id,
        this_process(),
        {"step": 590, "total": 1200, "seconds": 62.0, "metrics": {"loss": 1.402, "val_loss": 1.511}, "rate": 9.5,
         "unit": "step", "remaining": 64.0},
        curve(),
        {"T=0.5": "the statement of the name", "T=1.2": "zygote [/b]\x1b[2J wibble"},
    )  # fmt: skip
    registry.run_log(run.id).write_text("started on CPU:0\nsaved at step 500\n")
    if state in ("done", "stopped"):
        registry.save_model(tiny_checkpoint(step=590), name=name, run_id=run.id)
        registry.update_run(run.id, model_id=registry.models()[0].id)
    if state == "paused":
        registry.set_state(run.id, this_process(), "paused")
    elif state != "running":
        registry.finish_run(run.id, state, "non-finite loss at step 590" if state == "failed" else "")
    return registry.run(run.id)
