"""The Gallery page: every picture that was made, small and large, with how it was made and what to do with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from models.errors import UsageError, UserError
from studio import figures
from studio.export import export, full_path
from studio.pages.base import Page, typing
from studio.sources import exists
from studio.visible import visible
from studio.widgets.grid import PictureGrid
from studio.widgets.picture import PictureView
from studio.widgets.picture_facts import details, in_a_line
from studio.widgets.tail import Tail

if TYPE_CHECKING:
    from studio.registry import PictureEntry, Registry

WIDE = 110
"""Cells from which the picture stands large beside the others."""
SIDE = 1600
"""Pictures are opened no larger: a terminal shows less."""
EMPTY = """\
No pictures yet.

Press 5 for the Dream page or 6 for the Style page, and start with Ctrl+S:
what is made there is kept here, with the recipe it was made by."""


class GalleryPage(Page):
    """A grid of small pictures, and beside it the one under the cursor."""

    title = "Gallery"
    key = "7"
    accent = "$family-dream"
    help = """
Every picture that was made, newest first; each carries its recipe inside its file. Type after / to filter by name or
family; Escape leaves the filter.
"""
    DEFAULT_CSS = """
    GalleryPage { layout: vertical; }
    GalleryPage #filter { height: 1; padding: 0 2; }
    GalleryPage #filter Static { width: auto; color: $text-muted; }
    GalleryPage #filter Input { width: 1fr; background: transparent; }
    GalleryPage #body { height: 1fr; }
    GalleryPage #side { width: 1fr; display: none; margin-left: 1; }
    GalleryPage.-beside #side { display: block; }
    GalleryPage PictureView { height: 2fr; }
    GalleryPage #recipe { height: 1fr; min-height: 6; background: $surface; padding: 0 1; }
    GalleryPage #line { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    GalleryPage.-beside #line { display: none; }
    GalleryPage .empty { display: none; }
    GalleryPage.-empty .empty { display: block; }
    GalleryPage.-empty #body, GalleryPage.-empty #filter, GalleryPage.-empty #line { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "full", "Look", id="gallery.full", tooltip="Show the picture on the whole screen"),
        Binding("m", "use('dream')", "Dream on it", id="gallery.dream", tooltip="Take it to the Dream page"),
        Binding("y", "use('style')", "Style it", id="gallery.style", tooltip="Take it to the Style page"),
        Binding("g", "redo", "Again", id="gallery.redo", tooltip="Make it again from its recipe"),
        Binding("slash", "filter", "Filter", id="gallery.filter", show=False, tooltip="Filter by name or family"),
        Binding("e", "export", "Export", id="gallery.export", tooltip="Write it to a file"),
        Binding("r", "rename", "Rename", id="gallery.rename", show=False, tooltip="Give it another name"),
        Binding("d,delete", "delete", "Delete", id="gallery.delete", show=False, tooltip="Delete it, after a question"),
    ]  # fmt: skip

    class Listed(Message):
        """The pictures were read, or could not be."""

        def __init__(self, entries: Sequence[PictureEntry] | None, problem: str) -> None:
            super().__init__()
            self.entries, self.problem = entries, problem

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.seen = -1
        self.reading = False
        self.entries: Sequence[PictureEntry] | None = None
        self.large = ("", "", "")
        """The id and name of the picture that is shown large, and its checksum, or what is wrong with it."""

    def compose(self) -> ComposeResult:
        """The filter over the grid, and the picture beside it."""
        with Horizontal(id="filter"):
            yield Static("", id="count", markup=False)
            yield Input(placeholder="/ filters by name or family", compact=True, id="wanted")
        with Horizontal(id="body"):
            yield PictureGrid(lambda picture_id: self.services.registry.thumbnail(picture_id))
            with Vertical(id="side"):
                yield PictureView()
                yield Tail("Details", id="recipe")
        yield Static("", id="line", markup=False)
        yield Static(EMPTY, classes="empty", markup=False)

    @property
    def grid(self) -> PictureGrid:
        return self.query_one(PictureGrid)

    @property
    def view(self) -> PictureView:
        return self.query_one(PictureView)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        self.set_class(self.app.size.width >= WIDE, "-beside")

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE, "-beside")

    def first_focus(self) -> Widget:
        return self.grid

    def action_leave_field(self) -> None:
        self.grid.focus()

    # Looking

    def shown(self) -> None:
        self.seen = -1
        self.tick()

    def tick(self) -> None:
        """Read the pictures again if anything in the registry has changed, and show the chosen one once it is open."""
        registry = self.services.registry
        revision = registry.revision()
        if revision != self.seen and not self.reading:
            self.seen, self.reading = revision, True
            threading.Thread(target=self._read, args=(registry,), name="gallery", daemon=True).start()
        self._enlarge()

    def _read(self, registry: Registry) -> None:
        entries, problem = None, ""
        try:
            entries = registry.pictures()
        except UserError as error:
            problem = str(error)
        if self.is_attached:
            self.post_message(self.Listed(entries, problem))

    def on_gallery_page_listed(self, event: Listed) -> None:
        """Show what was read, if it is something new."""
        self.reading = False
        if event.entries is None:
            self.studio.tell(event.problem, "error")
        elif event.entries != self.entries:
            self.entries = event.entries
            self.show_empty(not event.entries)
            self.filter()

    def filter(self) -> None:
        """Show the pictures whose name or family holds what is typed."""
        wanted = self.query_one("#wanted", Input).value.strip().casefold()
        entries = self.entries or ()
        found = [entry for entry in entries if wanted in entry.name.casefold() or wanted in entry.family]
        many = len(entries)
        count = f"{len(found)} of {many}" if wanted else f"{many}"
        self.query_one("#count", Static).update(Content(f"{count} {'picture' if many == 1 else 'pictures'}  "))
        self.grid.show(found)

    @on(PictureGrid.Moved)
    def _moved(self, event: PictureGrid.Moved) -> None:
        event.stop()
        entry = event.entry
        self.query_one("#recipe", Tail).show(Content("") if entry is None else details(entry))
        self.query_one("#line", Static).update(Content("" if entry is None else visible(in_a_line(entry))))
        self._enlarge()
        self.refresh_bindings()

    def _enlarge(self) -> None:
        """Show the picture under the cursor large, as soon as it is open; the small copy stands in until then."""
        entry = self.grid.entry
        if entry is None:
            self.large = ("", "", "")
            self.view.show(None)
            return
        wanted = entry.id, entry.name, entry.problem or entry.sha256
        if self.large == wanted:
            return
        if entry.problem:
            self.large = wanted
            self.view.show(self.services.registry.thumbnail(entry.id), title=f"{entry.problem}: {entry.name}")
            return
        file = self.services.registry.paths.home / entry.file
        found = None if entry.kind == "mp4" else self.services.opener.look(str(file), SIDE)
        if isinstance(found, str):
            self.view.show(None, title=found)
        elif found is not None:
            self.view.show(found, title=entry.name)
        elif self.view.title != entry.name or entry.kind == "mp4":
            self.view.show(self.services.registry.thumbnail(entry.id), title=entry.name)
        if found is not None or entry.kind == "mp4":
            self.large = wanted

    # Filtering

    def action_filter(self) -> None:
        self.query_one("#wanted", Input).focus()

    @on(Input.Changed, "#wanted")
    def _typed(self) -> None:
        self.filter()

    @on(Input.Submitted, "#wanted")
    def _typed_all(self) -> None:
        self.grid.focus()

    # Acting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a picture under the cursor its actions are dimmed; a broken one can be made again or deleted."""
        if action == "filter":
            return self.screen.focused is None or not typing(self.screen.focused)
        if action not in ("full", "use", "redo", "export", "rename", "delete"):
            return super().check_action(action, parameters)
        entry = self.grid.entry if self.query(PictureGrid) else None
        return True if entry is not None and (not entry.problem or action in ("redo", "rename", "delete")) else None

    @property
    def entry(self) -> PictureEntry:
        """The picture under the cursor. Raises UsageError if there is none."""
        entry = self.grid.entry
        if entry is None:
            raise UsageError("there is no picture to do that with")
        return entry

    @on(PictureGrid.Chosen)
    def action_full(self) -> None:
        self.view.action_full()

    async def action_use(self, family: str) -> None:
        from studio.pages.easel import EaselPage

        entry = self.entry
        if entry.frames > 1:
            raise UsageError("an animation cannot be worked on: choose a still picture")
        page = await self.studio.go(family)
        if isinstance(page, EaselPage):
            page.use_picture(str(self.services.registry.picture_file(entry.id)))

    async def action_redo(self) -> None:
        """Queue a run of the picture's recipe, and show it at work."""
        entry = self.entry
        run = self.services.jobs.submit(entry.family, entry.recipe, entry.name)
        await self.studio.open_run(run.family, run.id)

    def action_rename(self) -> None:
        from studio.registry import check_name
        from studio.widgets.dialogs import Prompt

        entry = self.entry

        def renamed(name: str | None) -> None:
            if name is not None:
                with self.studio.telling():
                    self.services.registry.rename_picture(entry.id, name)

        self.app.push_screen(Prompt("Rename the picture", entry.name, check=check_name), renamed)

    def action_export(self) -> None:
        from studio.widgets.dialogs import Prompt

        entry = self.entry

        def chosen(name: str | None) -> None:
            if name is not None:
                self.run_worker(self._write(entry, new_file(name)))

        self.app.push_screen(
            Prompt(
                "Write the picture to",
                f"{safe(entry.name)}.{entry.kind}",
                check=lambda name: str(new_file(name)),
                detail="Its recipe goes with it.",
            ),
            chosen,
        )

    async def _write(self, entry: PictureEntry, path: Path) -> None:
        """Write a picture on a thread: to make a JPEG of a large one takes a while."""
        with self.studio.telling():
            await asyncio.to_thread(export, self.services.registry, entry, path)
            self.studio.tell(f"written: {path}")

    def action_delete(self) -> None:
        from studio.widgets.dialogs import Answer, Question

        entry = self.entry

        def answered(answer: str | None) -> None:
            if answer:
                with self.studio.telling():
                    self.services.registry.delete_picture(entry.id)

        self.app.push_screen(
            Question(
                f"Delete the picture “{entry.name}”?",
                f"Its file ({figures.size(entry.size)}) is gone for good.",
                [Answer("y", "Delete it", "yes")],
                careful=True,
            ),
            answered,
        )


def new_file(name: str) -> Path:
    """The file that a name stands for. Raises UsageError where there is one already."""
    path = full_path(name)
    if exists(str(path)):
        raise UsageError("there is a file of that name: choose another one")
    return path


def safe(name: str) -> str:
    """A name as a file can have it."""
    return name.replace("/", "-").replace("\0", "") or "picture"
