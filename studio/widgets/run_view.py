"""The detail of one run: what it is, its curve, its newest sample, the end of its log."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from studio import figures
from studio.live import figures_of, progress_of
from studio.visible import visible
from studio.widgets.chart import LOSSES, PANELS, Chart
from studio.widgets.field import as_text
from studio.widgets.picture import PictureView
from studio.widgets.tail import Tail

if TYPE_CHECKING:
    from studio.jobs import Slots
    from studio.registry import Registry, Run
    from studio.services import Services

VIEWS = ("chart", "sample", "log")
LOG_PERIOD = 1.0
"""Seconds between two looks at the log file."""
LOG_BYTES = 16_384
SAMPLE = 4_000
"""Characters of a sample that are shown."""
WORDS = {
    "queued": "waiting for a free device",
    "running": "running",
    "paused": "paused: space lets it go on",
    "stopped": "stopped and kept: r goes on, Enter shows what it made",
    "done": "done: Enter shows what it made",
    "interrupted": "its program has ended: r goes on from the last checkpoint",
}


class RunView(Vertical):
    """One run. In a narrow window one of chart, sample and log shows, in a wide one all three."""

    DEFAULT_CSS = """
    RunView { width: 1fr; background: $surface; padding: 0 1; }
    RunView #facts { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    RunView > .run--dim { color: $text-muted; }
    RunView > .run--bad { color: $text-error; text-style: bold; }
    RunView Horizontal { height: 1fr; }
    RunView Chart { width: 3fr; }
    RunView Tail { width: 2fr; margin-left: 2; }
    RunView PictureView { width: 2fr; margin-left: 2; display: none; }
    RunView.-pictures PictureView { display: block; }
    RunView.-pictures #sample { display: none; }
    RunView.-one Chart, RunView.-one Tail, RunView.-one PictureView { display: none; margin-left: 0; width: 1fr; }
    RunView.-chart Chart, RunView.-sample #sample, RunView.-log #log { display: block; }
    RunView.-one.-pictures.-sample PictureView { display: block; }
    RunView.-one.-pictures.-sample #sample { display: none; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"run--dim", "run--bad"}

    def __init__(self) -> None:
        super().__init__()
        self.view = 0
        self.next_log = 0.0
        self.seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Two lines of facts over the three views."""
        yield Static("", id="facts", markup=False)
        with Horizontal():
            yield Chart(id="chart")
            yield Tail("Newest sample", id="sample")
            yield PictureView("No picture yet.")
            yield Tail("Log", id="log", follow=True)

    def arrange_for(self, width: int) -> None:
        """One view or three."""
        self.set_class(width < 120, "-one")
        self._show_view()

    def next_view(self) -> None:
        """Show the next of the three views, where one shows at a time."""
        self.view = (self.view + 1) % len(VIEWS)
        self._show_view()

    def _show_view(self) -> None:
        for place, name in enumerate(VIEWS):
            self.set_class(place == self.view, f"-{name}")

    def look(self, run: Run, services: Services, *, now: bool = False) -> None:
        """Draw what has changed of `run`. The chart looks at most twice a second, the log once."""
        slots = services.jobs.slots(run.id)
        mark = (run, slots.version if slots is not None else services.registry.revision())
        if mark != self.seen:
            self.seen = mark
            self.query_one("#facts", Static).update(self.facts(run, slots), layout=False)
            self.set_class(shows_pictures(run.family), "-pictures")
            if self.has_class("-pictures"):
                self.show_picture(run, slots, services.registry)
            else:
                self.query_one("#sample", Tail).show(self.sample(run, slots, services))
        chart = self.query_one(Chart)
        if chart.due(mark, now=now):
            registry = services.registry
            points = slots.history if slots is not None else registry.metrics(run.id, limit=1000)
            chart.show(points, mark, PANELS.get(run.family, LOSSES))
        if now or monotonic() >= self.next_log:
            self.next_log = monotonic() + LOG_PERIOD
            self.query_one("#log", Tail).show(Content(visible(end_of(services.registry.run_log(run.id)), lines=True)))

    def facts(self, run: Run, slots: Slots | None) -> Content:
        """Two lines: what the run is and how far, then what it does now, or why it failed."""
        dim, bad = self.get_visual_style("run--dim", partial=True), self.get_visual_style("run--bad", partial=True)
        live = figures_of(run, slots)
        first = Content.assemble(
            (visible(run.name), "bold"),
            (f"  {progress_of(live)}, {figures.clock(live.seconds)} worked  ", ""),
            (visible(knobs_of(run.family, run.recipe_json)), dim),
        )
        if run.error:
            second = Content.styled(visible(f"{run.state}: {run.error}"), bad if run.state == "failed" else "bold")
        elif run.request:
            second = Content(f"asked to {run.request}")
        elif slots is not None and run.is_active and slots.phase not in ("", "running"):
            second = Content(f"{slots.phase}…")
        else:
            note = slots.note.text if slots is not None and slots.note is not None else run.note
            second = Content.styled(visible(note or WORDS.get(run.state, "")), dim)
        return Content("\n").join([first, second])

    def show_picture(self, run: Run, slots: Slots | None, registry: Registry) -> None:
        """The newest picture: from this process, else the small copy that the registry has."""
        picture = slots.picture if slots is not None else None
        view = self.query_one(PictureView)
        if picture is not None:
            view.show(picture.pixels, title=picture.label)
            return
        small = registry.preview(run.id)
        if small is None and run.picture_id is not None:
            small = registry.thumbnail(run.picture_id)
        view.show(small, title=run.name if small is not None else "")

    def sample(self, run: Run, slots: Slots | None, services: Services) -> Content:
        """The newest texts, one after the other, each under its label."""
        texts = slots.texts if slots is not None and slots.texts else services.registry.texts(run.id)
        dim = self.get_visual_style("run--dim", partial=True)
        if not texts:
            return Content.styled("Nothing written yet.", dim)
        return Content("\n").join(
            Content.assemble((visible(label), dim), "\n", visible(text[:SAMPLE], lines=True), "\n")
            for label, text in texts.items()
        )


@cache
def shows_pictures(family: str) -> bool:
    """Whether runs of a family have pictures to show; not so for one that this studio does not know."""
    from models.families import FAMILIES

    known = FAMILIES.get(family)
    return known is not None and (known.makes == "picture" or known.learns_from_pictures())


@cache
def knobs_of(family: str, recipe_json: str) -> str:
    """What a recipe reads, and the knobs in which it differs from its family's default preset."""
    recipe = json.loads(recipe_json)
    source = "; ".join(map(str, recipe.get("corpus", ()))) or recipe.get("content") or recipe.get("data") or family
    changed = [
        f"{name.replace('_', ' ')} {figures.brief(as_text(recipe[name])) or 'none'}"
        for name in changed_in(family, recipe)
        if name not in ("corpus", "content", "data")
    ]
    return ", ".join([source, *changed])


def changed_in(family: str, recipe: Mapping[str, Any]) -> list[str]:
    """The knobs in which a recipe differs from its family's default preset."""
    from models.families import FAMILIES

    usual = json.loads(FAMILIES[family].recipe_class().preset().model_dump_json()) if family in FAMILIES else {}
    return [name for name, value in recipe.items() if name not in usual or value != usual[name]]


def end_of(path: Path) -> str:
    """The last lines of a log file; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            start = max(0, file.tell() - LOG_BYTES)
            file.seek(start)
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return "Nothing logged yet."
    except OSError as error:
        return f"{path}: {error.strerror}"
    return text.partition("\n")[2] if start else text.rstrip("\n")
