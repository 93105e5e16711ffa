"""What the pages of pictures share: a recipe at the left, the picture at work, and the newest results below it."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from models.errors import UsageError, UserError
from studio import forecast
from studio.pages.base import AROUND, Page
from studio.widgets.easel_head import EaselHead
from studio.widgets.picture import PictureView
from studio.widgets.picture_picker import PicturePicker
from studio.widgets.recipe_pane import RecipePane
from studio.widgets.strip import MOST, Strip

if TYPE_CHECKING:
    from models.events import Picture
    from models.recipe import Recipe
    from studio.jobs import Fact, Slots
    from studio.registry import PictureEntry, Run

LOOK = 0.5
"""Seconds between two looks at the list of results."""
SIDE = 2048
"""Results are opened no larger: a terminal shows less."""
Sight = Literal["content", "live", "result"]


class EaselPage(Page):
    """A page on which a family of pictures is made. A subclass names the family and its knobs."""

    family: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = ("content",)
    """The knobs that name pictures; a preset leaves them alone."""
    strength: ClassVar[str]
    """The knob that [ and ] change, while a run goes on as well as before it."""
    tunable: ClassVar[tuple[str, ...]] = ()
    """The knobs that a run takes over while it goes on."""

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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "start", "Start", id="easel.start", tooltip="Start with the recipe as it stands"),
        Binding("f", "form", "Recipe", id="easel.form", tooltip="Show the recipe, or fold it away"),
        Binding("o", "content", "Picture", id="easel.content", tooltip="Choose the picture to work on"),
        Binding("space", "pause", "Pause", id="easel.pause", tooltip="Pause the run, or let it go on"),
        Binding("x", "stop", "Stop", id="easel.stop", tooltip="Stop and keep the picture as it is"),
        Binding("i", "go_on", "Go on from it", id="easel.go_on",
                tooltip="Take the chosen result as the picture to work on"),
        Binding("left_square_bracket", "stronger(-1)", "Weaker", id="easel.weaker", show=False),
        Binding("right_square_bracket", "stronger(1)", "Stronger", id="easel.stronger", show=False),
        Binding("t", "tune", "Take over", id="easel.tune", show=False,
                tooltip="Let the run go on with the recipe as it stands now"),
        Binding("comma", "result(-1)", "The newer result", id="easel.newer", show=False),
        Binding("full_stop", "result(1)", "The older result", id="easel.older", show=False),
        Binding("l", "live", "Live", id="easel.live", show=False, tooltip="Back to the picture at work"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run_id = ""
        self.sight: Sight = "content"
        self.entry: PictureEntry | None = None
        self._drawn: tuple[object, ...] = ()
        self._live: Picture | None = None
        self._before: object = None
        self._next_look = 0.0
        self._revision: object = None

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

    @property
    def pane(self) -> RecipePane:
        return self.query_one(RecipePane)

    @property
    def view(self) -> PictureView:
        return self.query_one(PictureView)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        width, height = self.app.size
        self.set_class(width >= 110, "-form")
        self.arrange_for(width, height - AROUND)

    def on_resize(self, event: Resize) -> None:
        self.arrange_for(*event.size)
        self._revision = None

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

    def follow(self, run_id: str) -> None:
        """Show a run at work."""
        self.run_id, self.sight, self._drawn = run_id, "live", ()
        self.query_one(Strip).chosen = ""
        self._revision = None

    def open_run(self, run_id: str) -> None:
        """A run at work, or what one that has ended has made."""
        self.follow(run_id)
        run = self.run_shown()
        if run is not None and not run.is_active and run.picture_id is not None:
            self.choose(self.services.registry.picture(run.picture_id))

    def run_shown(self) -> Run | None:
        """The run that the head speaks of; None if there is none, or it was deleted."""
        if not self.run_id:
            return None
        try:
            return self.services.registry.run(self.run_id)
        except UsageError:
            self.run_id, self.sight = "", "content"
            return None

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
                self._live, self._drawn = slots.picture, ("live",)
                self.view.show(self._live.pixels, title=self._live.label)
        elif self.sight == "live" and run is not None and slots is None and run.is_active:
            if self._is_new(run.id, run.step) and (preview := registry.preview(run.id)) is not None:
                self.view.show(preview, title=run.name)
        elif content := self.content:
            self._open(content, self.side, content)

    def _is_new(self, *what: object) -> bool:
        """Whether something else was drawn last; it is noted as drawn."""
        before, self._drawn = self._drawn, what
        return before != what

    def _open(self, source: str, side: int, title: str) -> None:
        """Show a picture once it is open; what was in sight stays until then."""
        if self._drawn == (source, side):
            return
        found = self.services.opener.look(source, side)
        if found is None:
            return
        self._drawn = (source, side)
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
        if now < self._next_look or revision == self._revision:
            return
        self._next_look, self._revision = now + LOOK, revision
        self.query_one(Strip).show(self.services.registry.pictures(self.family, limit=MOST), self.services.registry)

    def choose(self, entry: PictureEntry) -> None:
        """Put a result in sight."""
        self.entry, self.sight = entry, "result"
        self.query_one(Strip).chosen = entry.id
        self._revision = None

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
        self._revision = None

    # Keys

    def action_form(self) -> None:
        self.toggle_class("-form")
        if not self.has_class("-form"):
            self.view.focus(scroll_visible=False)
        else:
            self.pane.query_one("#preset").focus(scroll_visible=False)

    def action_result(self, by: int) -> None:
        entry = self.query_one(Strip).step(by)
        if entry is None:
            raise UsageError("nothing is made here yet: Ctrl+S starts")
        self.choose(entry)

    def action_live(self) -> None:
        self.sight, self._drawn = ("live" if self.run_id else "content"), ()

    def action_content(self) -> None:
        self.pick("content", "Which picture?")

    def pick(self, knob: str, title: str, first: Literal["sample", "style"] = "sample") -> None:
        """Choose a picture for a knob."""
        now = self.pane.form.values().get(knob, "")

        def chosen(source: str | None) -> None:
            if source is not None:
                self.use_picture(source, knob)

        now = now[-1] if isinstance(now, tuple) and now else now
        self.app.push_screen(
            PicturePicker(title, self.services.registry, self.services.opener, now=str(now), first=first), chosen
        )

    def use_picture(self, source: str, knob: str = "content") -> None:
        """Take a picture for a knob, and show it."""
        values = self.pane.form.values()
        self.pane.set(**{knob: (source,) if isinstance(values.get(knob), tuple) else source})
        if knob == "content":
            self.sight, self._drawn = "content", ()

    def action_go_on(self) -> None:
        if self.entry is None or self.sight != "result":
            raise UsageError("choose a result first: , and . go through them")
        if self.entry.frames > 1:
            raise UsageError("an animation cannot be worked on: choose a still picture")
        self.use_picture(str(self.services.registry.picture_file(self.entry.id)))

    def action_start(self) -> None:
        """Queue a run of the recipe, and follow it. Raises UsageError while something is wrong."""
        self.pane.form.check()
        recipe = self.pane.recipe
        if recipe is None:
            self.set_class(True, "-form")
            raise UsageError(self.pane.form.telling(None)[0])
        from studio.sources import picture_name, placed, seen_through

        forecast.check(recipe)
        values = seen_through(placed(recipe.model_dump(mode="json"), self.sources), self.services.registry)
        run = self.services.jobs.submit(self.family, values, self.pane.name_typed or picture_name(values, self.sources))
        if self.has_class("-narrow"):
            self.set_class(False, "-form")
        self.view.focus(scroll_visible=False)
        self.follow(run.id)

    def _active(self) -> Run:
        run = self.run_shown()
        if run is None or not run.is_active:
            raise UsageError("nothing is at work here: Ctrl+S starts")
        return run

    def action_pause(self) -> None:
        run = self._active()
        jobs = self.services.jobs
        (jobs.resume if run.state == "paused" else jobs.pause)(run.id)

    def action_stop(self) -> None:
        self.services.jobs.stop(self._active().id)

    def action_stronger(self, way: int) -> None:
        """Change the strength in the form, and in the run that is at work here."""
        value = self.pane.form.values()[self.strength]
        if not isinstance(value, int | float):
            raise UsageError(f"{self.strength}: put it right in the recipe first")
        value = float(f"{value * 1.25**way:.3g}")
        self.pane.set(**{self.strength: value})
        run = self.run_shown()
        if run is not None and run.is_active and run.id in self.services.jobs.running():
            self.services.jobs.tune(run.id, {self.strength: value})
        self.studio.tell(f"{self.strength.replace('_', ' ')} {value:g}")

    def action_tune(self) -> None:
        """Let the run go on with those knobs of the form that it can take over. Raises UsageError if there are none."""
        run, recipe = self._active(), self.pane.recipe
        if recipe is None:
            raise UsageError(self.pane.form.telling(None)[0])
        values = recipe.model_dump(mode="json")
        changes = {knob: values[knob] for knob in self.tunable if values[knob] != run.recipe.get(knob)}
        if not changes:
            raise UsageError(f"a run takes over {', '.join(self.tunable)}: change one of them first")
        self.services.jobs.tune(run.id, changes)
        self.studio.tell("taken over: " + ", ".join(knob.replace("_", " ") for knob in changes))

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
