"""A form made from a family's recipe class: it knows no knob by name, and is checked by the recipe itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Static

from studio.widgets.field import Field, as_text

if TYPE_CHECKING:
    from models.recipe import Recipe


class RecipeForm(VerticalScroll, can_focus=False):
    """The knobs of a recipe by group; advanced ones are folded away until they are unfolded.

    `also` looks for what a recipe cannot know, such as a file that is not there: problems by knob.
    """

    DEFAULT_CSS = """
    RecipeForm { height: 1fr; scrollbar-size-vertical: 1; }
    RecipeForm .columns { height: auto; width: 1fr; layout: vertical; }
    RecipeForm .column, RecipeForm .group { height: auto; width: 1fr; }
    RecipeForm .group { padding: 0 1 1 0; }
    RecipeForm .heading { height: 1; text-style: bold; color: $text-muted; }
    RecipeForm .-folded { display: none; }
    RecipeForm.-two #all, RecipeForm.-three #all, RecipeForm.-three #left { layout: horizontal; }
    RecipeForm.-three #left { width: 2fr; }
    RecipeForm.-told Field { height: 2; }
    """

    class Changed(Message):
        """A value has changed; `recipe` is the checked recipe, None while something is wrong."""

        def __init__(self, form: RecipeForm) -> None:
            super().__init__()
            self.form = form

    class Visited(Message):
        """A field has the focus now."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(
        self,
        kind: type[Recipe],
        *,
        suggesters: Mapping[str, Suggester] | None = None,
        also: Callable[[Mapping[str, Any]], dict[str, str]] = dict,
    ) -> None:
        super().__init__(id="form")
        self.kind, self.also = kind, also
        self.due = False
        recipe = kind.preset()
        self.base: Mapping[str, Any] = recipe.model_dump()
        self.fields = {
            name: Field(name, info, self.base[name], (suggesters or {}).get(name))
            for name, info in kind.model_fields.items()
        }
        self.recipe: Recipe | None = recipe
        self.problems: dict[str, str] = {}
        self.advanced = False

    def compose(self) -> ComposeResult:
        """The groups in the order of the recipe, in three columns that may stand side by side or not."""
        groups = [list(fields) for _, fields in groupby(self.fields.values(), key=lambda field: field.group)]
        first, second = balanced([1 + sum(not field.advanced for field in group) for group in groups])
        with Container(id="all", classes="columns"):
            with Container(id="left", classes="columns"):
                yield from self._column(groups[:first])
                yield from self._column(groups[first:second])
            yield from self._column(groups[second:])

    def _column(self, groups: Sequence[Sequence[Field]]) -> ComposeResult:
        with Vertical(classes="column"):
            for members in groups:
                with Vertical(classes="group"):
                    yield Static(Content(members[0].group.capitalize()), classes="heading")
                    yield from members

    def on_mount(self) -> None:
        """Fold the advanced knobs away."""
        self.unfold(self.advanced)

    def unfold(self, advanced: bool) -> None:
        """Show the advanced knobs, or fold them away; one that is wrong stays in sight."""
        self.advanced = advanced
        for field in self.fields.values():
            field.set_class(field.advanced and not advanced and not field.problem, "-folded")
        for group in self.query(".group"):
            group.set_class(all(field.has_class("-folded") for field in group.query(Field)), "-folded")

    def fill(self, values: Mapping[str, Any], *, keep: Collection[str] = ()) -> None:
        """Set the knobs to these values, and compare to them from now on; those named in `keep` stay as they are."""
        self.base = {**self.base, **values}
        for name, value in self.base.items():
            if name not in keep:
                self.fields[name].text = as_text(value)
        self.check()

    def fix(self, names: Collection[str]) -> None:
        """Let these knobs alone be out of reach."""
        for name, field in self.fields.items():
            field.disabled = name in names

    def values(self) -> dict[str, Any]:
        """All values as they stand, checked or not."""
        return {name: field.value for name, field in self.fields.items()}

    def check(self) -> None:
        """Ask the recipe what it thinks of the values."""
        from pydantic import ValidationError

        from models.recipe import problems

        self.due, self.problems = False, {}
        try:
            self.recipe = self.kind.model_validate(self.values())
        except ValidationError as error:
            self.recipe = None
            for place, text in problems(error).items():
                name = place.partition(".")[0]
                if name not in self.fields:
                    name = text.partition(":")[0]
                short = text.removeprefix(f"{place}: ").removeprefix(f"{name}: ").removeprefix("Input ")
                self.problems.setdefault(name if name in self.fields else "", short)
        for name, short in self.also(self.values()).items():
            self.problems.setdefault(name, short)
            self.recipe = None
        for name, field in self.fields.items():
            field.problem = self.problems.get(name, "")
            field.changed = field.text != as_text(self.base[name])
        self.unfold(self.advanced)
        self.post_message(self.Changed(self))

    def on_field_changed(self, event: Field.Changed) -> None:
        event.stop()
        if not self.due:  # a preset changes many knobs at once
            self.due = True
            self.call_later(self.check)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget.parent, Field):
            self.post_message(self.Visited(event.widget.parent))

    def arrange_for(self, width: int, height: int) -> None:
        """Use the room on the page: columns side by side, and the help under each knob."""
        columns = 3 if width >= 170 else 2 if width >= 110 else 1
        self.set_class(columns == 3, "-three")
        self.set_class(columns == 2, "-two")
        self.set_class(columns > 1 and height >= 27, "-told")


def balanced(heights: Sequence[int]) -> tuple[int, int]:
    """Where to cut a row of groups into three columns, so that the highest is as low as can be."""
    count = len(heights)
    cuts = [(first, second) for first in range(count + 1) for second in range(first, count + 1)]
    return min(cuts, key=lambda cut: max(sum(heights[: cut[0]]), sum(heights[cut[0] : cut[1]]), sum(heights[cut[1] :])))
