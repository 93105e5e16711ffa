"""Two lists to pick from: what may write (models, and trainings to follow), and the sessions that were kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from studio import figures
from studio.widgets.rows import Cell, Column, RowList, Tone

if TYPE_CHECKING:
    from studio.registry import Registry, Session

CSS = """
Picker.-list { align: center middle; background: $background 60%; }
Picker > Vertical { width: 96; max-width: 96%; height: 70%; min-height: 12; background: $panel; padding: 1 2; }
Picker .title { text-style: bold; margin-bottom: 1; }
Picker .keys { color: $text-muted; margin-top: 1; }
Picker .empty { height: 1fr; padding: 0; }
"""


@dataclass(frozen=True, slots=True)
class Writer:
    """A model, or a training whose newest weights can be followed."""

    kind: str
    id: str
    name: str
    step: int
    val_loss: float | None
    since: float
    state: str
    tone: Tone


def writers(registry: Registry) -> list[Writer]:
    """What may write: trainings that run, then models, each newest first."""
    runs = [run for run in registry.runs(("running", "paused", "queued")) if run.family == "text"]
    found = [
        Writer("run", run.id, run.name, run.step, run.metrics.get("val_loss"), run.created, run.state, "good")
        for run in runs
    ]
    for model in registry.models("text"):
        state, tone = (model.problem, "bad") if model.problem else ("model", "")
        loss = model.metrics.get("val_loss")
        found.append(Writer("model", model.id, model.name, model.step, loss, model.created, state, tone))  # type: ignore[arg-type]
    return found


class Picker(ModalScreen["tuple[str, str] | None"]):
    """A list over the page. The result is what is to be done, and the id of what it is to be done with."""

    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
    ]
    heading: ClassVar[str]
    keys: ClassVar[str]
    nothing: ClassVar[str]

    def __init__(self, rows: RowList[Writer] | RowList[Session], items: Sequence[Writer] | Sequence[Session]) -> None:
        super().__init__(classes="-list")
        self.rows = rows
        self.items = items

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            if self.items:
                yield self.rows
            else:
                yield Static(Content(self.nothing), classes="empty")
            yield Static(Content(self.keys), classes="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        if self.items:
            self.rows.show(self.items)  # type: ignore[arg-type]
            self.rows.focus()

    def action_pick(self, what: str) -> None:
        item = self.rows.item
        if item is not None:
            self.dismiss((item.kind if isinstance(item, Writer) else what, item.id))

    @on(RowList.Chosen)
    def _chosen(self) -> None:
        self.action_pick("open")


class WriterPicker(Picker):
    """Which model writes."""

    heading = "What shall write?"
    keys = "Enter  write with it, or follow the training"
    nothing = "No models and no trainings yet: Escape, then Enter trains one, or 2 for the Train page."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick('open')", "Write with it", id="writers.open"),
    ]

    def __init__(self, items: Sequence[Writer], chosen: str = "") -> None:
        columns = (
            Column("name"), Column("", 9), Column("step", 9, right=True), Column("held out", 8, right=True),
            Column("made", 8, right=True),
        )  # fmt: skip
        rows: RowList[Writer] = RowList(columns, self.cells, lambda item: item.id)
        super().__init__(rows, items)
        self.rows.select(chosen)

    def cells(self, item: Writer) -> Sequence[Cell]:
        """Name, state and figures."""
        return (
            item.name,
            (item.state, item.tone),
            figures.count(item.step),
            figures.loss(item.val_loss),
            figures.age(time.time() - item.since),
        )


class SessionPicker(Picker):
    """Sessions, the one changed last first."""

    heading = "Sessions"
    keys = "Enter go on   r replay   e name   w write to a file   d delete   n new"
    nothing = "No sessions yet: what the lanes write is kept here as it goes."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick('open')", "Go on", id="sessions.open"),
        Binding("r", "pick('replay')", "Replay", id="sessions.replay"),
        Binding("e", "pick('name')", "Name", id="sessions.name"),
        Binding("w", "pick('write')", "Write to a file", id="sessions.write"),
        Binding("delete,d", "pick('delete')", "Delete", id="sessions.delete"),
        Binding("n", "dismiss(('new', ''))", "New", id="sessions.new"),
    ]

    def __init__(self, items: Sequence[Session], chosen: str = "") -> None:
        columns = (Column("name"), Column("written by"), Column("changed", 8, right=True))
        rows: RowList[Session] = RowList(columns, self.cells, lambda item: item.id)
        super().__init__(rows, items)
        self.rows.select(chosen)

    def cells(self, item: Session) -> Sequence[Cell]:
        """Name, what is in it, and when it was changed."""
        return item.name, (item.summary, "dim"), figures.age(time.time() - item.changed)
