"""The Jobs page: every run, of this process and of others, with its figures, its curve and its actions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from studio import figures
from studio.live import Figures, figures_of
from studio.pages.base import Page
from studio.widgets.rows import Cell, Column, RowList, Tone
from studio.widgets.run_view import RunView

if TYPE_CHECKING:
    from studio.registry import Registry, Run

LIST_PERIOD = 0.25
"""Seconds between two drawings of the list, at least."""
LISTED = 500
"""Runs that are listed at most, those not at their end aside."""
STATES: dict[str, tuple[str, Tone]] = {
    "queued": ("◌", "dim"),
    "running": ("●", "good"),
    "paused": ("‖", "warn"),
    "stopped": ("■", ""),
    "done": ("✓", "accent"),
    "failed": ("✗", "bad"),
    "interrupted": ("!", "warn"),
}
COLUMNS = (
    Column("state", 13),
    Column("name"),
    Column("done", 16, shows_from=62),
    Column("step", 9, right=True, shows_from=100),
    Column("rate", 12, right=True, shows_from=118),
    Column("time", 12, right=True, shows_from=50),
    Column("loss", 6, right=True),
    Column("held out", 8, right=True, shows_from=78),
    Column("device", 8, shows_from=140),
    Column("age", 7, right=True, shows_from=155),
)
EMPTY = """\
No jobs yet.

Press 2 for the Train page, choose what to read, and start with Ctrl+S:
the job then shows here, with its loss and its newest sample."""


class JobsPage(Page):
    """A list over the detail of the job under the cursor."""

    title = "Jobs"
    key = "3"
    accent = "$family-text"
    help = """
Every training, of this window and of any other program on this registry. The job under the cursor shows its
loss (a line), its held-out loss (dots), the newest sample and its log. The newest 500 are listed.
"""
    DEFAULT_CSS = """
    JobsPage { layout: vertical; }
    JobsPage RowList { height: 2fr; min-height: 5; }
    JobsPage RunView { height: 4fr; }
    JobsPage .empty { display: none; }
    JobsPage.-empty .empty { display: block; }
    JobsPage.-empty RowList, JobsPage.-empty RunView { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", id="jobs.pause", tooltip="Pause the job, or let it go on"),
        Binding("s", "stop", "Stop", id="jobs.stop", tooltip="Stop the job and keep what it has learned"),
        Binding("enter", "open", "Open", id="jobs.open", tooltip="Let the job's model write on the Text page"),
        Binding("r", "retry", "Retry", id="jobs.retry", tooltip="Go on with a stopped, failed or interrupted job"),
        Binding("v", "view", "View", id="jobs.view", tooltip="Chart, sample or log, where there is room for one"),
        Binding("x", "discard", "Discard", id="jobs.discard", show=False, tooltip="Stop the job and delete its model"),
        Binding("delete,d", "delete", "Delete", id="jobs.delete", show=False, tooltip="Delete the job from the list"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.seen: tuple[int, ...] = ()
        self.next_list = 0.0
        self.runs: Sequence[Run] = ()

    def compose(self) -> ComposeResult:
        """The list, the detail, and what is said where there is neither."""
        yield RowList(COLUMNS, self.cells, run_id, id="jobs")
        yield RunView()
        yield Static(EMPTY, classes="empty", markup=False)

    @property
    def rows(self) -> RowList[Run]:
        return self.query_one("#jobs", RowList)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        self.query_one(RunView).arrange_for(self.app.size.width)

    def first_focus(self) -> Widget:
        return self.rows

    def on_resize(self, event: Resize) -> None:
        """Where there is room for one, one of chart, sample and log shows; else all three."""
        self.query_one(RunView).arrange_for(event.size.width)

    # Looking

    def shown(self) -> None:
        self.look(now=True)

    def tick(self) -> None:
        self.look()

    def look(self, *, now: bool = False) -> None:
        """Look at the registry and the slots, and draw what has changed."""
        services = self.services
        run = self.rows.item
        slots = [found for found in map(services.jobs.slots, services.jobs.running()) if found is not None]
        mark = (services.registry.revision(), *(found.version for found in slots))
        if now or (mark != self.seen and time.monotonic() >= self.next_list):
            self.seen, self.next_list = mark, time.monotonic() + LIST_PERIOD
            self.runs = newest(services.registry)
            self.show_empty(not self.runs)
            self.rows.show(self.runs)
            run = self.rows.item
        if run is not None:
            self.query_one(RunView).look(run, services, now=now)

    def cells(self, run: Run) -> Sequence[Cell]:
        """The texts of one run."""
        slots = self.services.jobs.slots(run.id) if run.state in ("running", "paused") else None
        live = figures_of(run, slots)
        symbol, tone = STATES[run.state]
        part = 1.0 if run.state == "done" else live.part
        return (
            (f"{symbol} {run.state}", tone),
            run.name,
            f"{figures.bar(part or 0.0, 10)} {figures.percent(part):>5}",
            figures.count(live.done),
            figures.rate(live.rate, live.unit) if run.state == "running" else figures.NONE,
            time_of(run, live),
            figures.loss(figures.learnt(live.metrics)),
            figures.loss(figures.merit(live.metrics)),
            run.device or figures.NONE,
            figures.age(time.time() - run.created),
        )

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        if event.item is not None and self.studio.current == "jobs":
            with self.studio.telling():
                self.query_one(RunView).look(event.item, self.services, now=True)
        self.refresh_bindings()

    @on(RowList.Chosen)
    async def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        await self.action_open()

    def open_run(self, run_id: str) -> None:
        """Put the cursor on this run."""
        self.rows.select(run_id)
        self.look(now=True)

    # Acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action that this run cannot take is dimmed, not hidden: the keys keep their places."""
        run = self.rows.item if self.is_mounted and self.query("#jobs") else None
        if action not in ACTIONS:
            return super().check_action(action, parameters)
        return True if run is not None and run.state in ACTIONS[action] else None

    def action_pause(self) -> None:
        run = self.rows.item
        if run is not None:
            (self.services.jobs.resume if run.state == "paused" else self.services.jobs.pause)(run.id)

    def action_stop(self) -> None:
        if (run := self.rows.item) is not None:
            self.services.jobs.stop(run.id)

    def action_retry(self) -> None:
        if (run := self.rows.item) is not None:
            self.services.jobs.retry(run.id)
            self.look(now=True)

    async def action_open(self) -> None:
        run = self.rows.item
        if run is None:
            return
        if run.state not in ("running", "paused", "queued") and run.model_id is not None:
            await self.studio.open_model(run.family, run.model_id)
        else:
            await self.studio.open_run(run.family, run.id)

    def action_view(self) -> None:
        self.query_one(RunView).next_view()

    def action_discard(self) -> None:
        self.ask("Discard", "It stops at once, and what it has learned is deleted.", "Discard it", self.discard)

    def discard(self, run_id: str) -> None:
        self.services.jobs.discard(run_id)

    def action_delete(self) -> None:
        self.ask("Delete", "The job leaves the list; its model stays in the Library.", "Delete it", self.delete)

    def delete(self, run_id: str) -> None:
        self.services.registry.delete_run(run_id)
        self.look(now=True)

    def ask(self, verb: str, detail: str, label: str, then: object) -> None:
        """Ask before something is gone for good."""
        from studio.widgets.dialogs import Answer, Question

        run = self.rows.item
        if run is None or not callable(then):
            return

        def answered(answer: str | None) -> None:
            if answer:
                with self.studio.telling():
                    then(run.id)

        self.app.push_screen(
            Question(f"{verb} the job “{run.name}”?", detail, [Answer("y", label, "yes")], careful=True), answered
        )


def newest(registry: Registry) -> list[Run]:
    """The newest runs, and all that are not at their end however old they are."""
    runs = registry.runs(limit=LISTED)
    if len(runs) == LISTED:
        there = {run.id for run in runs}
        runs += [run for run in registry.runs(("queued", "running", "paused")) if run.id not in there]
    return runs


def time_of(run: Run, live: Figures) -> str:
    """The time left of a run that has an end in sight, else the time worked."""
    if run.state == "queued":
        return figures.NONE
    if run.is_active and live.left is not None:
        return f"{figures.clock(live.left)} left"
    return figures.clock(live.seconds)


def run_id(run: Run) -> str:
    return run.id


ACTIONS: dict[str, tuple[str, ...]] = {
    "pause": ("running", "paused"),
    "stop": ("queued", "running", "paused"),
    "open": ("queued", "running", "paused", "stopped", "done", "failed", "interrupted"),
    "retry": ("stopped", "failed", "interrupted"),
    "discard": ("queued", "running", "paused"),
    "delete": ("queued", "stopped", "done", "failed", "interrupted"),
    "view": ("queued", "running", "paused", "stopped", "done", "failed", "interrupted"),
}
"""The states in which an action makes sense."""
