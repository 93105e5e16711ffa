"""The Library page: every model with its figures; what can be done with one is in `studio.pages.library_keys`."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from models.errors import UserError
from studio import figures
from studio.pages.library_keys import LibraryKeys
from studio.visible import visible
from studio.widgets.rows import Cell, Column, RowList
from studio.widgets.tail import Tail

if TYPE_CHECKING:
    from studio.registry import Model, Registry

COLUMNS = (
    Column("name"),
    Column("family", 6, shows_from=52),
    Column("held out", 8, right=True),
    Column("loss", 6, right=True, shows_from=66),
    Column("steps", 9, right=True, shows_from=44),
    Column("trained", 8, right=True, shows_from=96),
    Column("size", 7, right=True, shows_from=60),
    Column("age", 7, right=True, shows_from=70),
)
WIDE = 140
"""Cells from which the details stand beside the list."""
NAMES = {"val_loss": "held-out loss", "frechet": "Fréchet distance", "active": "used dimensions"}
EMPTY = """\
No models yet.

Press 2 for the Train page and start with Ctrl+S: what a training learns
is kept here, the best of it as it goes. Or press i to take in a model
from a file."""


class LibraryPage(LibraryKeys):
    """A list of models, and beside or under it the recipe of the one under the cursor."""

    title = "Library"
    key = "4"
    accent = "$family-text"
    help = """
Every model that was trained or imported, newest first. Loss and held-out loss are in nats, a symbol for text, a
picture for VAEs; for a GAN the Fréchet distance to its pictures stands there. Lower is better. Type after / to filter
by name; Escape leaves the filter. E writes a model to one file, to keep or to hand on; I takes one in: all of the file
is checked, nothing in it is run.
"""
    DEFAULT_CSS = """
    LibraryPage { layout: vertical; }
    LibraryPage #filter { height: 1; padding: 0 2; }
    LibraryPage #filter Static { width: auto; color: $text-muted; }
    LibraryPage #filter Input { width: 1fr; background: transparent; }
    LibraryPage #body { height: 1fr; layout: vertical; }
    LibraryPage RowList { height: 3fr; min-height: 4; }
    LibraryPage #recipe { height: 2fr; background: $surface; padding: 0 1; }
    LibraryPage.-beside #body { layout: horizontal; }
    LibraryPage.-beside RowList { height: 1fr; width: 5fr; }
    LibraryPage.-beside #recipe { height: 1fr; width: 3fr; margin-left: 1; }
    LibraryPage .empty { display: none; }
    LibraryPage.-empty .empty { display: block; }
    LibraryPage.-empty #body, LibraryPage.-empty #filter { display: none; }
    """

    class Listed(Message):
        """The models were read, or could not be."""

        def __init__(self, models: Sequence[Model] | None, problem: str) -> None:
            super().__init__()
            self.models, self.problem = models, problem

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.seen = -1
        self.reading = False
        self.models: Sequence[Model] | None = None

    def compose(self) -> ComposeResult:
        """The filter over the list and the recipe."""
        with Horizontal(id="filter"):
            yield Static("", id="count", markup=False)
            yield Input(placeholder="/ filters by name", compact=True, id="wanted")
        with Vertical(id="body"):
            yield RowList(COLUMNS, self.cells, model_id, id="models")
            yield Tail("Details", id="recipe")
        yield Static(EMPTY, classes="empty", markup=False)

    @property
    def rows(self) -> RowList[Model]:
        return self.query_one("#models", RowList)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        self.set_class(self.app.size.width >= WIDE, "-beside")

    def first_focus(self) -> Widget:
        return self.rows

    def action_leave_field(self) -> None:
        self.rows.focus()

    def on_resize(self, event: Resize) -> None:
        """Beside the list where there is room for it, else under it."""
        self.set_class(event.size.width >= WIDE, "-beside")

    # Looking

    def shown(self) -> None:
        self.seen = -1
        self.look()

    def tick(self) -> None:
        self.look()

    def look(self) -> None:
        """Read the models again if anything in the registry has changed; on a thread, for each file is looked at."""
        registry = self.services.registry
        revision = registry.revision()
        if revision != self.seen and not self.reading:
            self.seen, self.reading = revision, True
            threading.Thread(target=self._read, args=(registry,), name="library", daemon=True).start()

    def _read(self, registry: Registry) -> None:
        models, problem = None, ""
        try:
            models = registry.models()
        except UserError as error:
            problem = str(error)
        if self.is_attached:
            self.post_message(self.Listed(models, problem))

    def on_library_page_listed(self, event: Listed) -> None:
        """Show what was read, if it is something new."""
        self.reading = False
        if event.models is None:
            self.studio.tell(event.problem, "error")
        elif event.models != self.models:
            self.models = event.models
            self.show_empty(not event.models)
            self.filter()

    def filter(self) -> None:
        """Show the models whose name holds what is typed."""
        wanted = self.query_one("#wanted", Input).value.strip().casefold()
        models = self.models or ()
        found = [model for model in models if wanted in model.name.casefold()]
        many = len(models)
        count = f"{len(found)} of {many}" if wanted else f"{many}"
        self.query_one("#count", Static).update(Content(f"{count} {'model' if many == 1 else 'models'}  "))
        self.rows.show(found)

    def cells(self, model: Model) -> Sequence[Cell]:
        """The texts of one model."""
        if model.problem:
            return ((model.name, "bad"), model.family, (model.problem, "bad"), "", "", "", figures.size(model.size),
                    figures.age(time.time() - model.created))  # fmt: skip
        return (
            model.name,
            (model.family, "accent"),
            figures.loss(figures.merit(model.metrics)),
            figures.loss(figures.learnt(model.metrics)),
            figures.count(model.step),
            figures.clock(model.seconds),
            figures.size(model.size),
            figures.age(time.time() - model.created),
        )

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        tail = self.query_one("#recipe", Tail)
        tail.show(Content("") if event.item is None else self.details(event.item))
        self.refresh_bindings()

    def details(self, model: Model) -> Content:
        """All figures and knobs of a model, one a line."""
        lines = [Content.styled(visible(model.name), "bold")]
        if model.problem:
            lines.append(Content(f"{model.problem}: its file is not what was saved; delete it, or train it again"))
        facts = {
            **{
                NAMES.get(name, name.replace("_", " ")): (figures.count if name == "active" else figures.loss)(value)
                for name, value in sorted(model.metrics.items(), key=lambda each: ("loss" not in each[0], each[0]))
            },
            "steps": figures.count(model.step),
            "trained for": figures.clock(model.seconds),
            "size": figures.size(model.size),
            "id": model.id,
        }
        from studio.widgets.field import as_text

        knobs = {name.replace("_", " "): as_text(value) or "none" for name, value in model.recipe.items()}
        for part in (facts, knobs):
            lines.append(Content(""))
            lines.extend(Content(f"{name:<16} {visible(value)}") for name, value in part.items())
        return Content("\n").join(lines)

    @on(RowList.Chosen)
    async def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        await self.action_open()

    # Filtering

    def action_filter(self) -> None:
        self.query_one("#wanted", Input).focus()

    @on(Input.Changed, "#wanted")
    def _typed(self) -> None:
        self.filter()

    @on(Input.Submitted, "#wanted")
    def _typed_all(self) -> None:
        self.rows.focus()


def model_id(model: Model) -> str:
    return model.id
