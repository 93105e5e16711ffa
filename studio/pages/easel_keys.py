"""What the keys do on the pages on which pictures are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType

from models.errors import UsageError
from studio import forecast
from studio.pages.base import Page
from studio.widgets.picture import PictureView
from studio.widgets.picture_picker import PicturePicker
from studio.widgets.recipe_pane import RecipePane
from studio.widgets.strip import Strip

if TYPE_CHECKING:
    from studio.registry import PictureEntry, Run

Sight = Literal["content", "live", "result"]


class EaselKeys(Page):
    """The actions: they choose what is in sight, fill the recipe, and steer the run at work."""

    family: ClassVar[str]
    sources: ClassVar[tuple[str, ...]] = ("content",)
    """The knobs that name pictures; a preset leaves them alone."""
    strength: ClassVar[str]
    """The knob that [ and ] change, while a run goes on as well as before it."""
    tunable: ClassVar[tuple[str, ...]] = ()
    """The knobs that a run takes over while it goes on."""

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
        self.drawn: tuple[object, ...] = ()
        """What the picture in sight shows, to see whether it is to be drawn again."""
        self.revision: object = None
        """The state of the registry as its results are listed."""

    @property
    def pane(self) -> RecipePane:
        return self.query_one(RecipePane)

    @property
    def view(self) -> PictureView:
        return self.query_one(PictureView)

    # What is in sight

    def follow(self, run_id: str) -> None:
        """Show a run at work."""
        self.run_id, self.sight, self.drawn = run_id, "live", ()
        self.query_one(Strip).chosen = ""
        self.revision = None

    def choose(self, entry: PictureEntry) -> None:
        """Put a result in sight."""
        self.entry, self.sight = entry, "result"
        self.query_one(Strip).chosen = entry.id
        self.revision = None

    def run_shown(self) -> Run | None:
        """The run that the head speaks of; None if there is none, or it was deleted."""
        if not self.run_id:
            return None
        try:
            return self.services.registry.run(self.run_id)
        except UsageError:
            self.run_id, self.sight = "", "content"
            return None

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
        self.sight, self.drawn = ("live" if self.run_id else "content"), ()

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
            self.sight, self.drawn = "content", ()

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
