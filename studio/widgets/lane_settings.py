"""All settings of a lane in a dialog, checked as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from models.errors import UsageError
from studio.visible import visible

if TYPE_CHECKING:
    from models.text.sampler import Settings

FIELDS = {
    "temperature": (float, "0 always takes the likeliest, 1 is as learned, above is bolder; up to 10"),
    "top_k": (int, "draw from the so many likeliest; 0 is off"),
    "top_p": (float, "draw from the fewest that hold so much of the probability; 1 is off"),
    "min_p": (float, "leave out what is less than so many times as likely as the likeliest; 0 is off"),
    "repetition": (float, "above 1 makes rarer what was just written; 1 is off"),
    "repetition_window": (int, "how many of the last characters count as just written"),
    "no_repeat_ngram": (int, "never so many characters in a row that were there lately; 0 is off"),
    "length": (int, "end after so many characters; empty goes on for ever"),
    "stop": (str, "end after this text, \\n being a new line; empty is off"),
}


class LaneSettings(ModalScreen["dict[str, Any] | None"]):
    """The settings of one or more lanes; the result holds those that were changed, None for going back."""

    DEFAULT_CSS = """
    LaneSettings { align: center middle; background: $background 60%; }
    LaneSettings > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; background: $panel; padding: 1 2;
    }
    LaneSettings .title { text-style: bold; }
    LaneSettings Grid { grid-size: 2; grid-columns: 19 1fr; grid-rows: 1; height: auto; margin-top: 1; }
    LaneSettings Input { background: $surface; }
    LaneSettings #help { color: $text-muted; height: 2; margin-top: 1; }
    LaneSettings #problem { color: $text-error; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="dialog.back"),
        Binding("enter", "apply", "Apply", id="dialog.apply"),
        Binding("up", "app.focus_previous", "The field above", id="form.up", show=False),
        Binding("down", "app.focus_next", "The field below", id="form.down", show=False),
    ]

    def __init__(self, title: str, settings: Settings) -> None:
        super().__init__()
        self.heading = title
        self.settings = settings
        self.before = {name: as_text(getattr(settings, name)) for name in FIELDS}

    def compose(self) -> ComposeResult:
        """A line a setting."""
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            with Grid():
                for name in FIELDS:
                    yield Static(Content(name.replace("_", " ")))
                    yield Input(self.before[name], id=name, compact=True)
            yield Static("", id="help", markup=False)
            yield Static("", id="problem", markup=False)

    def on_descendant_focus(self) -> None:
        """Say what the field means."""
        if self.focused is not None and self.focused.id in FIELDS:
            self.query_one("#help", Static).update(Content(FIELDS[self.focused.id][1]))

    def on_input_changed(self) -> None:
        self.checked()

    def on_input_submitted(self) -> None:
        self.action_apply()

    def action_apply(self) -> None:
        changes = self.checked()
        if changes is not None:
            self.dismiss(changes)

    def checked(self) -> dict[str, Any] | None:
        """The settings that were changed; None, with the reason on show, while something is wrong."""
        texts = {name: self.query_one(f"#{name}", Input).value for name in FIELDS}
        problem, changes = "", None
        try:
            changes = parsed({name: text for name, text in texts.items() if text != self.before[name]})
            replace(self.settings, **changes)
        except UsageError as error:
            problem, changes = str(error), None
        self.query_one("#problem", Static).update(Content(visible(problem)))
        return changes


def as_text(value: Any) -> str:
    """A setting as it is typed."""
    if value is None:
        return ""
    return value.replace("\\", "\\\\").replace("\n", "\\n") if isinstance(value, str) else f"{value:g}"


def parsed(texts: Mapping[str, str]) -> dict[str, Any]:
    """Settings from what was typed. Raises UsageError that names the one that is no number."""
    values: dict[str, Any] = {}
    for name, text in texts.items():
        kind = FIELDS[name][0]
        try:
            if kind is str:
                values[name] = text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
            elif name == "length" and not text.strip():
                values[name] = None
            else:
                values[name] = kind(text.replace(",", ".") if kind is float else text)
        except ValueError:
            raise UsageError(f"{name.replace('_', ' ')}: a number is wanted") from None
    return values
