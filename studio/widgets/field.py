"""One knob of a recipe in a form: its name, what edits it, and a note on what is allowed or what is wrong."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from studio.figures import short
from studio.visible import visible
from studio.widgets.choice import Choice
from studio.widgets.status import fit

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

LABEL = 20
EDITOR = 19


class Look(NamedTuple):
    """The styles of a form's rows; worked out once a form, not once a row."""

    label: Style
    changed: Style
    note: Style
    problem: Style


class Field(Widget):
    """A row of a form. It draws the name and the note itself, and makes its editor when it is mounted: a form of
    thirty knobs stays quick.
    """

    DEFAULT_CSS = f"""
    Field {{
        height: 1; width: 1fr;
        & > Input {{ margin-left: {LABEL}; width: {EDITOR}; background: $surface; }}
        & > Input:focus {{ background: $block-cursor-background; color: $block-cursor-foreground; }}
        & > Input:nocolor:focus, & > Input:ansi:focus {{ text-style: reverse; }}
        & > Choice {{ margin-left: {LABEL}; width: {EDITOR}; }}
        &.-wide > Input {{ width: 1fr; margin: 0 18 0 {LABEL}; }}
    }}
    """
    problem: reactive[str] = reactive("")
    changed: reactive[bool] = reactive(False)

    class Changed(Message):
        """The knob has another value, as text."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(
        self, name: str, info: FieldInfo, value: Any, look: Callable[[], Look], suggester: Suggester | None = None
    ) -> None:
        super().__init__(id=f"knob-{name}")
        self.knob, self.look, self.suggester = name, look, suggester
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        self.group, self.unit = str(extra.get("group", "")), str(extra.get("unit", ""))
        self.advanced = bool(extra.get("advanced"))
        self.about = info.description or ""
        self.kind, self.options = kind_of(info.annotation)
        self.allowed = " ".join(part for part in (allowed(info), self.unit) if part)
        self.editor: Choice | Input | None = None
        self._text = as_text(value)
        self.set_class(name in ("corpus", "data"), "-wide")

    def compose(self) -> ComposeResult:
        """What edits the knob."""
        if self.options:
            self.editor = Choice(self.options, self._text)
        else:
            hint = "none" if self.kind == "none" else ""
            self.editor = Input(
                self._text, placeholder=hint, compact=True, suggester=self.suggester, select_on_focus=False
            )
        yield self.editor

    @property
    def text(self) -> str:
        """The value as it stands in the form."""
        return self._text if self.editor is None else self.editor.value

    @text.setter
    def text(self, text: str) -> None:
        self._text = text
        if self.editor is not None:
            self.editor.value = text

    @property
    def value(self) -> Any:
        """The value for the recipe: a number where it reads as one, else the text, for the recipe to refuse."""
        text = self.text.strip()
        if self.kind == "flag":
            return text == "on"
        if self.kind == "list":
            return tuple(part.strip() for part in text.replace(",", ";").split(";") if part.strip())
        if self.kind == "sources":
            return tuple(part.strip() for part in text.split(";") if part.strip())
        if not text and self.kind == "none":
            return None
        return text if self.kind == "text" else number(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.screen.focus_next()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self))

    def render(self) -> Content:
        look = self.look()
        label = look.changed if self.changed else look.label
        note = look.problem if self.problem else look.note
        width = self.size.width
        mark = "*" if self.changed else " "
        start = width - 16 if self.has_class("-wide") else LABEL + EDITOR + 2
        text = f"✗ {self.problem}" if self.problem else self.allowed
        lines = [
            Content.assemble(
                (fit(f"{self.knob.replace('_', ' ')}{mark}", LABEL), label),
                " " * max(0, start - LABEL),
                (fit(visible(text), max(0, width - start)), note),
            )
        ]
        if self.size.height > 1:
            lines.append(Content.styled(f"  {fit(self.about, max(0, width - 3)).rstrip()}", look.note))
        return Content("\n").join(lines)


def kind_of(annotation: Any) -> tuple[str, list[str]]:
    """How a knob of this type is edited (flag, choice, sources, list, none, text, number), and its options."""
    if annotation is bool:
        return "flag", ["off", "on"]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "text", [str(option) for option in arguments]
    if origin is tuple:
        return ("sources" if number_of(arguments[0]) is None else "list"), []
    if origin in (Union, types.UnionType):
        return "none", []
    return ("text" if annotation is str else "number"), []


def number_of(annotation: Any) -> type | None:
    """int or float, where the type is one, with or without bounds."""
    bare = get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation
    return bare if bare in (int, float) else None


def number(text: str) -> Any:
    """`text` as a number, or as it is."""
    for kind in (int, float):
        try:
            return kind(text.replace(",", ""))
        except ValueError:
            continue
    return text


def as_text(value: Any) -> str:
    """A knob's value as it stands in the form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return ("; " if all(isinstance(item, str) for item in value) else ", ").join(map(as_text, value))
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def allowed(info: FieldInfo) -> str:
    """The bounds of a knob in words: `1 to 4`, `up to 1`, `0 to below 1`, `1 to 100k`."""
    bounds: dict[str, float] = {
        name: getattr(item, name) for item in info.metadata for name in ("ge", "gt", "le", "lt") if hasattr(item, name)
    }
    words = {name: short(value) if value >= 100_000 else f"{value:,}" for name, value in bounds.items()}
    high = words.get("le") or (f"below {words['lt']}" if "lt" in words else "")
    if "ge" in words:
        return f"{words['ge']} to {high}" if high else f"at least {words['ge']}"
    return f"up to {high}" if high else f"above {words['gt']}" if "gt" in words else ""
