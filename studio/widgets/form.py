"""A form made from a family's recipe class: it knows no knob by name, and is checked by the recipe itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Static

from studio.widgets.field import Field, Look, as_text

if TYPE_CHECKING:
    from models.recipe import Recipe


class RecipeForm(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The knobs of a recipe by group; advanced ones are folded away until they are unfolded.

    `also` looks for what a recipe cannot know, such as a file that is not there: problems by knob.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"form--label", "form--changed", "form--note", "form--problem"}
    DEFAULT_CSS = """
    RecipeForm { height: 1fr; scrollbar-size-vertical: 1; }
    RecipeForm .columns { height: auto; width: 1fr; layout: vertical; }
    RecipeForm .column, RecipeForm .group { height: auto; width: 1fr; }
    RecipeForm .group { padding: 0 1 1 0; }
    RecipeForm .heading { height: 1; text-style: bold; color: $text-muted; }
    RecipeForm .-folded { display: none; }
    RecipeForm > .form--changed { color: $family-text; text-style: bold; }
    RecipeForm > .form--note { color: $text-muted; }
    RecipeForm > .form--problem { color: $text-error; text-style: bold; }
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
        self.groups: dict[str, Vertical] = {}
        recipe = kind.preset()
        self.base: Mapping[str, Any] = recipe.model_dump()
        self.fields = {
            name: Field(name, info, self.base[name], self.look, (suggesters or {}).get(name))
            for name, info in kind.model_fields.items()
        }
        self.recipe: Recipe | None = recipe
        self.problems: dict[str, str] = {}
        self.advanced = False

    def compose(self) -> ComposeResult:
        """The groups in the order of the recipe, in three columns that may stand side by side or not."""
        # A family adds knobs to groups that it has inherited: a group stands where its last knob does.
        order = list(dict.fromkeys(field.group for field in reversed(self.fields.values())))[::-1]
        groups = [[field for field in self.fields.values() if field.group == name] for name in order]
        first, second = balanced([1 + sum(not field.advanced for field in group) for group in groups])
        with Container(id="all", classes="columns"):
            with Container(id="left", classes="columns"):
                yield from self._column(groups[:first])
                yield from self._column(groups[first:second])
            yield from self._column(groups[second:])

    def _column(self, groups: Sequence[Sequence[Field]]) -> ComposeResult:
        with Vertical(classes="column"):
            for members in groups:
                with Vertical(classes="group") as group:
                    self.groups[members[0].group] = group
                    yield Static(Content(members[0].group.capitalize()), classes="heading")
                    yield from (field for field in members if not field.advanced)

    def on_mount(self) -> None:
        """Fold the groups away that are advanced as a whole."""
        self.fold()

    def look(self) -> Look:
        """The styles of the rows."""
        return Look(*(self.get_visual_style(f"form--{part}", partial=True) for part in Look._fields))

    def unfold(self, advanced: bool) -> None:
        """Show the advanced knobs, or fold them away; they are made when they are first asked for."""
        self.advanced = advanced
        if advanced:
            self.make(field for field in self.fields.values() if field.advanced)
        self.fold()

    def make(self, fields: Iterable[Field]) -> None:
        """Mount these fields where they belong, unless they are there."""
        wanted = {field for field in fields if not field.is_attached}
        after: dict[Widget, list[Field]] = {}
        places: dict[str, Widget] = {}
        for field in self.fields.values():
            if field.is_attached:
                places[field.group] = field
            elif field in wanted:
                place = places.get(field.group) or self.groups[field.group].children[0]
                after.setdefault(place, []).append(field)
        with self.app.batch_update():
            for place, run in after.items():
                self.groups[run[0].group].mount(*run, after=place)
            self.fold()

    def fold(self) -> None:
        """Leave in sight what belongs there: the usual knobs, the advanced ones if wished, and any that is wrong."""
        for field in self.fields.values():
            if field.advanced and field.is_attached:
                field.set_class(not self.advanced and not field.problem, "-folded")
        for name, group in self.groups.items():
            members = [field for field in self.fields.values() if field.group == name and field.is_attached]
            group.set_class(all(field.has_class("-folded") for field in members), "-folded")

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
                if name not in self.fields:  # of the recipe as a whole; it may name a knob all the same
                    name = text.partition(":")[0] if text.partition(":")[0] in self.fields else ""
                short = text.removeprefix(f"{place}: ").removeprefix(f"{name}: " if name else "").removeprefix("Input ")
                self.problems.setdefault(name, short)
        for name, short in self.also(self.values()).items():
            self.problems.setdefault(name, short)
            self.recipe = None
        for name, field in self.fields.items():
            field.problem = self.problems.get(name, "")
            field.changed = field.text != as_text(self.base[name])
        self.fold()
        if hidden := [field for field in self.fields.values() if field.problem and not field.is_attached]:
            self.make(hidden)
        self.post_message(self.Changed(self))

    def telling(self, focused: Widget | None) -> tuple[str, bool]:
        """One line, and whether it tells of something wrong: with the field that has the focus first, then with any
        other; else what that field is for."""
        field = focused.parent if focused is not None and isinstance(focused.parent, Field) else None
        if field is not None and field.problem:
            return f"{field.knob}: {field.problem}", True
        if self.problems and (field is None or "" in self.problems):
            knob, problem = next(iter(self.problems.items()))
            return f"{knob}: {problem}" if knob else problem, True
        return field.about if field is not None else "Tab or the arrows move from field to field.", False

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
