"""What the pages of pictures share: a recipe at the left, the picture at work, and the newest results below it."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from models.errors import UserError
from studio import forecast
from studio.pages.base import AROUND
from studio.pages.easel_keys import EaselKeys
from studio.widgets.easel_head import EaselHead
from studio.widgets.picture import PictureView
from studio.widgets.recipe_pane import RecipePane
from studio.widgets.strip import MOST, Strip

if TYPE_CHECKING:
    from models.events import Picture
    from models.recipe import Recipe
    from studio.jobs import Fact, Slots
    from studio.registry import Run

LOOK = 0.5
"""Seconds between two looks at the list of results."""
SIDE = 2048
"""Results are opened no larger: a terminal shows less."""


class EaselPage(EaselKeys):
    """A page on which a family of pictures is made. A subclass names the family and its knobs."""

    DEFAULT_CSS = """
    EaselPage { layout: vertical; }
    EaselPage #work { height: 1fr; }
    EaselPage RecipePane { width: 62; display: none; }
    EaselPage.-form RecipePane { display: block; }
    EaselPage.-narrow.-form RecipePane { width: 1fr; }
    EaselPage.-narrow.-form #easel { display: none; }
    EaselPage #easel { width: 1fr; }
    EaselPage PictureView { height: 1fr; }
    EaselPage.-low Strip { height: 4; }
    EaselPage.-low Strip.-none { height: 1; }
    EaselPage.-low Strip Frame { height: 4; }
    EaselPage.-low Strip Frame Thumbnail { height: 3; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._live: Picture | None = None
        self._before: object = None
        self._next_look = 0.0

    def compose(self) -> ComposeResult:
        """Head, recipe, picture, results."""
        from models.families import FAMILIES

        yield EaselHead()
        with Horizontal(id="work"):
            yield RecipePane(
                FAMILIES[self.family].recipe_class(),
                kept=self.sources,
                also=self.missing,
                forecast=self.forecast,
            )
            with Vertical(id="easel"):
                yield PictureView()
                yield Strip("Nothing made here yet: Ctrl+S starts.")

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        width, height = self.app.size
        self.set_class(width >= 110, "-form")
        self.arrange_for(width, height - AROUND)

    def on_resize(self, event: Resize) -> None:
        self.arrange_for(*event.size)
        self.revision = None

    def arrange_for(self, width: int, height: int) -> None:
        """Use the room there is."""
        self.set_class(width < 110, "-narrow")
        self.set_class(height < 27, "-low")
        self.pane.set_class(height < 27, "-low")

    def first_focus(self) -> Widget:
        return self.view

    def shown(self) -> None:
        """Follow what runs already, and check the recipe: its files may have come or gone."""
        if not self.run_id:
            going = [run for run in self.services.registry.runs(("running", "paused", "queued"))
                     if run.family == self.family]  # fmt: skip
            if going:
                self.follow(going[0].id)
        self.pane.form.check()

    # What is in sight

    def open_run(self, run_id: str) -> None:
        """A run at work, or what one that has ended has made."""
        self.follow(run_id)
        run = self.run_shown()
        if run is not None and not run.is_active and run.picture_id is not None:
            self.choose(self.services.registry.picture(run.picture_id))

    def tick(self) -> None:
        """Draw what has changed."""
        run = self.run_shown()
        slots = self.services.jobs.slots(run.id) if run is not None else None
        self.query_one(EaselHead).look(run, slots, self.sight, self.entry)
        self._results()
        self._picture(run, slots)
        self._content(run)

    def _picture(self, run: Run | None, slots: Slots | None) -> None:
        """Bring the picture in sight up to date."""
        registry = self.services.registry
        if self.sight == "result" and self.entry is not None:
            entry = self.entry
            if entry.kind != "mp4":
                self._open(str(registry.paths.home / entry.file), SIDE, entry.name)
            elif self._is_new(entry.id):
                self.view.show(registry.thumbnail(entry.id), title=entry.name)
        elif self.sight == "live" and slots is not None and slots.picture is not None:
            if self._live is not slots.picture or self._is_new("live"):
                self._live, self.drawn = slots.picture, ("live",)
                self.view.show(self._live.pixels, title=self._live.label)
        elif self.sight == "live" and run is not None and slots is None and run.is_active:
            if self._is_new(run.id, run.step) and (preview := registry.preview(run.id)) is not None:
                self.view.show(preview, title=run.name)
        elif content := self.content:
            self._open(content, self.side, content)

    def _is_new(self, *what: object) -> bool:
        """Whether something else was drawn last; it is noted as drawn."""
        before, self.drawn = self.drawn, what
        return before != what

    def _open(self, source: str, side: int, title: str) -> None:
        """Show a picture once it is open; what was in sight stays until then."""
        if self.drawn == (source, side):
            return
        found = self.services.opener.look(source, side)
        if found is None:
            return
        self.drawn = (source, side)
        if isinstance(found, str):
            self.view.show(None, title=found)
        else:
            self.view.show(found, title=title)

    def _content(self, run: Run | None) -> None:
        """Keep the picture it started from at hand, to compare with."""
        if self.sight == "result" and self.entry is not None:
            source = str(self.entry.recipe.get("content", ""))
        elif self.sight == "live" and run is not None:
            source = str(run.recipe.get("content", ""))
        else:
            source = self.content
        wanted = (source, SIDE)
        if source and self._before != wanted:
            found = self.services.opener.look(*wanted)
            if found is not None:
                self._before = wanted
                self.view.before(None if isinstance(found, str) else found)

    @property
    def content(self) -> str:
        """The source of the picture to work on, as the form has it."""
        return str(self.pane.form.fields["content"].value)

    @property
    def side(self) -> int:
        side = self.pane.form.fields["side"].value
        return side if isinstance(side, int) and 0 < side <= SIDE else SIDE

    def _results(self) -> None:
        """List the newest results again, if the registry has changed."""
        now = monotonic()
        revision = self.services.registry.revision()
        if now < self._next_look or revision == self.revision:
            return
        self._next_look, self.revision = now + LOOK, revision
        self.query_one(Strip).show(self.services.registry.pictures(self.family, limit=MOST), self.services.registry)

    @on(Strip.Chosen)
    def _chosen(self, event: Strip.Chosen) -> None:
        event.stop()
        self.choose(event.entry)

    def fact(self, fact: Fact) -> None:
        """A run that was watched to its end leaves its result in sight."""
        if fact.run_id == self.run_id and fact.kind in ("done", "stopped") and self.sight == "live":
            run = self.run_shown()
            if run is not None and run.picture_id is not None:
                self.choose(self.services.registry.picture(run.picture_id))
        self.revision = None

    def forecast(self, recipe: Recipe) -> str:
        """What the recipe will take, in two lines, or why that cannot be told."""
        try:
            forecast.check(recipe)
            return forecast.picture(self.family, recipe)
        except UserError as error:
            return str(error)

    def missing(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What a recipe cannot know: pictures that are not on this machine."""
        from studio.sources import missing_pictures

        return missing_pictures(values, self.sources)
