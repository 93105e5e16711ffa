"""The Train page: a recipe to fill in, what it will take, and one key that starts it."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click, Resize
from textual.widget import Widget
from textual.widgets import Input, Static

from models.errors import UsageError, UserError
from studio.pages.base import AROUND, Page
from studio.sources import NAMES, SETS, located, missing, name_for, sources_of
from studio.visible import visible
from studio.widgets.choice import Choice
from studio.widgets.contact_sheet import ContactSheet
from studio.widgets.corpus import CorpusSuggester
from studio.widgets.form import RecipeForm
from studio.widgets.opening import Opening

if TYPE_CHECKING:
    from models.data.recipe import PicturesRecipe
    from models.recipe import Recipe
    from studio.registry import Model

FORECASTS = {"text": "studio.forecast:text", "vae": "studio.forecast:pictures", "gan": "studio.forecast:pictures"}
"""Where a family's recipe is turned into words about its time and size."""
FIXED = {
    "text": ("unit", "words", "lowercase", "cell", "layers", "units", "input", "embedding"),
    "vae": ("latent", "width", "most", "hidden", "likelihood", "size", "channels"),
    "gan": ("latent", "mapping", "width", "most", "size", "channels", "spectral_norm"),
}
"""The knobs that a model's weights have settled, when it is trained further."""


class TrainPage(Page):
    """One family's form at a time."""

    title = "Train"
    key = "2"
    accent = "$family-text"
    help = """
A training is described by a recipe. Choose a preset, change what you like: what is wrong is said beside the knob
as you type. A star marks what differs from the preset. Sources are parted by semicolons.
"""
    DEFAULT_CSS = """
    TrainPage { layout: vertical; padding: 0 1; }
    TrainPage #head { height: 1; }
    TrainPage #head .label { width: 8; text-style: bold; }
    TrainPage #head Choice { width: auto; margin-right: 2; }
    TrainPage.-narrow #preset { width: 14; }
    TrainPage #head #name { width: 1fr; max-width: 40; background: $surface; }
    TrainPage #further { height: 1; display: none; }
    TrainPage.-further #further { display: block; }
    TrainPage #further .label { width: 15; }
    TrainPage #banner { width: 1fr; color: $family-text; text-wrap: nowrap; text-overflow: ellipsis; }
    TrainPage #extend { width: 16; }
    TrainPage RecipeForm { margin-top: 1; }
    TrainPage #reads { display: none; margin-bottom: 1; }
    TrainPage.-tall #reads { display: block; }
    TrainPage.-tall RecipeForm { height: auto; max-height: 100%; }
    TrainPage #told { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    TrainPage #told.-wrong { color: $text-error; text-style: bold; }
    TrainPage #foot { height: 2; background: $surface; }
    TrainPage #forecast { width: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TrainPage #start {
        width: 12; height: 2; text-align: center; background: $family-text; color: auto; text-style: bold;
        &.-off { background: $panel; color: $text-disabled; }
        &:nocolor { text-style: bold reverse; }
        &.-off:nocolor { text-style: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "start", "Start", id="train.start", tooltip="Start the training"),
        Binding("f2", "advanced", "Advanced", id="train.advanced", tooltip="Show or fold away the advanced knobs"),
        Binding("up", "app.focus_previous", "The field above", id="train.up", show=False),
        Binding("down,enter", "app.focus_next", "The field below", id="train.down", show=False),
        Binding("f3", "preset", "Preset", id="train.preset", tooltip="Take the next preset"),
        Binding("f4", "fresh", "Fresh model", id="train.fresh", show=False,
                tooltip="Leave the model that was to be trained further, and start a new one"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.family = "text"
        self.model: Model | None = None
        self.roomy = False

    def compose(self) -> ComposeResult:
        """What is trained, the form, what it will take."""
        from models.families import FAMILIES

        kind = FAMILIES[self.family].recipe_class()
        trained = [name for name, family in FAMILIES.items() if family.makes == "model"]
        with Horizontal(id="head"):
            yield Static("Family", classes="label")
            yield Choice(trained, self.family, id="family")
            yield Static("Preset", classes="label")
            yield Choice(list(kind.presets), kind.default_preset, id="preset")
            yield Static("Name", classes="label")
            yield Input(placeholder="as what it learns from", compact=True, id="name")
        with Horizontal(id="further"):
            yield Static("", id="banner", markup=False)
            if self.family == "text":
                yield Static("New characters", classes="label")
                yield Choice(["refuse", "learn"], "refuse", id="extend")
        suggesters = {
            "corpus": CorpusSuggester(NAMES), "data": CorpusSuggester(SETS), "attributes": CorpusSuggester(())
        }  # fmt: skip
        yield RecipeForm(kind, suggesters=suggesters, also=missing)
        yield ContactSheet(id="reads") if FAMILIES[self.family].learns_from_pictures() else Opening(id="reads")
        yield Static("", id="told", markup=False)
        with Horizontal(id="foot"):
            yield Static("", id="forecast", markup=False)
            yield Static("Start\nCtrl+S", id="start", markup=False)

    @property
    def form(self) -> RecipeForm:
        return self.query_one(RecipeForm)

    def on_mount(self) -> None:
        """Be right from the first drawing on."""
        self.arrange_for(self.app.size.width, self.app.size.height - AROUND)

    def first_focus(self) -> Widget:
        return self.query_one("#preset")

    def shown(self) -> None:
        self.form.check()

    # Filling in

    @on(RecipeForm.Changed)
    def _changed(self, event: RecipeForm.Changed) -> None:
        event.stop()
        form = self.form
        self.query_one("#forecast", Static).update(
            Content(visible(self.forecast(form.recipe), lines=True)), layout=False
        )
        if self.query_one("#start").has_class("-off") != (form.recipe is None):
            self.query_one("#start").set_class(form.recipe is None, "-off")
            self.refresh_bindings()
        sources = sources_of(form.values()) or (self.family,)
        self.query_one("#name", Input).placeholder = visible(name_for(sources))
        self.explain()
        self.preview()

    @on(RecipeForm.Visited)
    def _visited(self, event: RecipeForm.Visited) -> None:
        event.stop()
        self.explain()

    def explain(self) -> None:
        """In one line: what is wrong, first with the field that has the focus, else what that field is for."""
        text, wrong = self.form.telling(self.screen.focused)
        told = self.query_one("#told", Static)
        told.set_class(wrong, "-wrong")
        told.update(Content(visible(text)), layout=False)

    def forecast(self, recipe: Recipe | None) -> str:
        """Two lines about size and time."""
        if recipe is None:
            wrong = [f"{knob}: {text}" if knob else text for knob, text in self.form.problems.items()]
            return "To put right before it can start:\n" + "; ".join(wrong)
        if self.family not in FORECASTS:
            return ""
        try:
            words: str = pkgutil.resolve_name(FORECASTS[self.family])(recipe, self.services.registry)
        except UserError as error:
            return str(error)
        return words

    def on_resize(self, event: Resize) -> None:
        """Where there is room, what is to be read shows under the form."""
        self.arrange_for(*event.size)
        self.preview()

    def arrange_for(self, width: int, height: int) -> None:
        """Use the room there is."""
        self.form.arrange_for(width, height)
        self.set_class(width < 100, "-narrow")
        self.roomy = width >= 110 and height >= 38
        self.set_class(self.roomy and not self.form.advanced, "-tall")

    def preview(self) -> None:
        """Under the form, where there is room: the command line that does the same, and what is to be learnt from."""
        recipe = self.form.recipe
        if not self.has_class("-tall") or recipe is None:
            return
        from studio.preview import command

        kind, values = self.form.kind, recipe.model_dump()
        if self.model is None:
            preset = "" if self.preset == kind.default_preset else self.preset
            line = command(self.family, preset, kind.preset(self.preset).model_dump(), values, name=self.name_typed)
        else:
            usual = kind.checked(self.model.recipe).model_dump()
            line = command(self.family, "", usual, values, name=self.name_typed, base=self.model.name)
        home = self.services.paths.home
        for opening in self.query(Opening):
            opening.look(line, values.get("corpus", ()), values.get("encoding", "utf-8"), home)
        for pictures in self.query(ContactSheet):
            pictures.look(line, cast("PicturesRecipe", recipe), home)

    @property
    def preset(self) -> str:
        """The name of the chosen preset."""
        return self.query_one("#preset", Choice).value

    @property
    def name_typed(self) -> str:
        """The name in its field; empty for the corpus's."""
        return self.query_one("#name", Input).value.strip()

    @on(Input.Changed, "#name")
    def _named(self) -> None:
        self.preview()

    @on(Choice.Changed, "#preset")
    def _preset(self, event: Choice.Changed) -> None:
        event.stop()
        recipe = self.form.kind.preset(event.value)
        fixed = FIXED.get(self.family, ()) if self.model is not None else ()
        self.form.fill(recipe.model_dump(), keep=("corpus", "encoding", "data", "attributes", *fixed))

    @on(Choice.Changed, "#family")
    async def _family(self, event: Choice.Changed) -> None:
        event.stop()
        if event.value != self.family:
            self.family, self.model = event.value, None
            self.set_class(False, "-further")
            await self.recompose()
            self.arrange_for(*self.size)
            self.form.check()

    def action_preset(self) -> None:
        self.query_one("#preset", Choice).action_turn(1)

    def action_advanced(self) -> None:
        self.form.unfold(not self.form.advanced)
        self.set_class(self.roomy and not self.form.advanced, "-tall")
        self.preview()

    # Training further

    def further(self, model: Model) -> None:
        """Fill in the recipe of a model that is to be trained further."""
        self.model = model
        form = self.form
        form.fill({name: value for name, value in model.recipe.items() if name in form.fields})
        form.fix(FIXED.get(self.family, ()))
        self.set_class(True, "-further")
        self.query_one("#banner", Static).update(Content(f"Further: {visible(model.name)} (F4: a fresh model)"))
        self.query_one("#name", Input).value = model.name
        self.refresh_bindings()

    def action_fresh(self) -> None:
        self.model = None
        self.form.fix(())
        self.set_class(False, "-further")
        self.query_one("#name", Input).value = ""
        self.refresh_bindings()

    # Starting

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Start is dimmed while something is wrong; a fresh model is offered only in place of another."""
        if action == "start" and self.query(RecipeForm):
            return True if self.form.recipe is not None else None
        if action == "fresh":
            return self.model is not None
        return super().check_action(action, parameters)

    def on_click(self, event: Click) -> None:
        """The start button."""
        if event.widget is not None and event.widget.id == "start":
            self.call_later(self.studio.run_action, "start", self)

    async def action_start(self) -> None:
        """Queue the run and show it. Raises UsageError, which is said, for what will not do."""
        self.form.check()
        recipe = self.form.recipe
        if recipe is None:
            raise UsageError(next(iter(self.form.problems.values())))
        values = located(recipe.model_dump(mode="json"))
        name = self.name_typed or name_for(sources_of(values) or (self.family,))
        base = self.model.id if self.model is not None else None
        learn = base is not None and any(choice.value == "learn" for choice in self.query("#extend").results(Choice))
        run = self.services.jobs.submit(self.family, values, name, base, {"extend": True} if learn else None)
        page = await self.studio.go("jobs")
        page.open_run(run.id)
