"""A recipe beside the picture it makes: preset, name, form, what is wrong or meant, what it will take, and Start."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Input, Static

from studio.visible import visible
from studio.widgets.choice import Choice
from studio.widgets.form import RecipeForm

if TYPE_CHECKING:
    from models.recipe import Recipe


class RecipePane(Vertical):
    """The form of one family, in one column. `forecast` says in two lines what a recipe will take."""

    DEFAULT_CSS = """
    RecipePane { background: $surface; padding: 0 1; }
    RecipePane .line { height: 1; }
    RecipePane .label { width: 8; text-style: bold; }
    RecipePane #name { width: 1fr; background: $background; }
    RecipePane RecipeForm { margin-top: 1; }
    RecipePane #told { height: 2; color: $text-muted; }
    RecipePane #told.-wrong { color: $text-error; text-style: bold; }
    RecipePane #forecast { height: 2; color: $text; text-wrap: nowrap; text-overflow: ellipsis; }
    RecipePane.-low #forecast { height: 1; }
    RecipePane.-low #told { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RecipePane.-low RecipeForm { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "The field above", id="pane.up", show=False),
        Binding("down,enter", "app.focus_next", "The field below", id="pane.down", show=False),
        Binding("f2", "advanced", "Advanced", id="pane.advanced", tooltip="Show or fold away the advanced knobs"),
        Binding("f3", "preset", "Preset", id="pane.preset", tooltip="Take the next preset"),
    ]

    class Changed(Message):
        """The recipe is another one now, or none while something is wrong."""

    def __init__(
        self,
        kind: type[Recipe],
        *,
        kept: Collection[str],
        also: Callable[[Mapping[str, Any]], dict[str, str]],
        forecast: Callable[[Recipe], str],
    ) -> None:
        super().__init__()
        self.kind, self.kept, self.forecast = kind, kept, forecast
        self.form = RecipeForm(kind, also=also)

    def compose(self) -> ComposeResult:
        """From the preset down to what it will take."""
        with Horizontal(classes="line"):
            yield Static("Preset", classes="label")
            yield Choice(list(self.kind.presets), self.kind.default_preset, id="preset")
        with Horizontal(classes="line"):
            yield Static("Name", classes="label")
            yield Input(placeholder="as the picture", compact=True, id="name")
        yield self.form
        yield Static("", id="told", markup=False)
        yield Static("", id="forecast", markup=False)

    @property
    def recipe(self) -> Recipe | None:
        """The checked recipe; None while something is wrong."""
        return self.form.recipe

    @property
    def preset(self) -> str:
        return self.query_one("#preset", Choice).value

    @property
    def name_typed(self) -> str:
        return self.query_one("#name", Input).value.strip()

    def set(self, **values: Any) -> None:
        """Put values into knobs, as typing would."""
        from studio.widgets.field import as_text

        for knob, value in values.items():
            self.form.fields[knob].text = as_text(value)
        self.form.check()

    @on(RecipeForm.Changed)
    def _changed(self, event: RecipeForm.Changed) -> None:
        event.stop()
        recipe = self.form.recipe
        words = "" if recipe is None else self.forecast(recipe)
        self.query_one("#forecast", Static).update(Content(visible(words, lines=True)), layout=False)
        self.explain()
        self.post_message(self.Changed())

    @on(RecipeForm.Visited)
    def _visited(self, event: RecipeForm.Visited) -> None:
        event.stop()
        self.explain()

    def explain(self) -> None:
        """Say what is wrong, or what the field that has the focus is for."""
        text, wrong = self.form.telling(self.screen.focused)
        told = self.query_one("#told", Static)
        told.set_class(wrong, "-wrong")
        told.update(Content(visible(text)), layout=False)

    @on(Choice.Changed, "#preset")
    def _preset(self, event: Choice.Changed) -> None:
        event.stop()
        self.form.fill(self.kind.preset(event.value).model_dump(), keep=self.kept)

    def action_preset(self) -> None:
        self.query_one("#preset", Choice).action_turn(1)

    def action_advanced(self) -> None:
        self.form.unfold(not self.form.advanced)

    def on_click(self, event: Click) -> None:
        """A click beside the fields leaves the focus where it is."""
        event.stop()
