"""The prompt of a lane, to be edited: several lines, and what the model does not know is named as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.message import Message
from textual.widgets import Static, TextArea

from studio.visible import MANY_LINES, visible

LONGEST = 10_000
"""Characters of a prompt; the model reads all of them before it writes."""
DROPPED = {code: None for code in MANY_LINES if code != 0x09}


class PromptArea(TextArea):
    """A text area in which Enter is done, and into which no control characters can be pasted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Write from here", id="prompt.submit", priority=True),
        Binding("ctrl+j,alt+enter,shift+enter", "break_line", "New line", id="prompt.line", priority=True),
        Binding("escape", "cancel", "Back", id="prompt.cancel", priority=True),
    ]

    class Done(Message):
        """Editing is over; `text` is None if the prompt stays as it is."""

        def __init__(self, text: str | None) -> None:
            super().__init__()
            self.text = text

    def action_submit(self) -> None:
        self.post_message(self.Done(self.text[:LONGEST]))

    def action_break_line(self) -> None:
        self.insert("\n")

    def action_cancel(self) -> None:
        self.post_message(self.Done(None))

    async def on_paste(self, event: Paste) -> None:
        """What would steer the terminal is left out."""
        event.prevent_default()
        event.stop()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").translate(DROPPED)
        self.insert(text[: max(0, LONGEST - len(self.text))])


class PromptEditor(Vertical):
    """Docked under the lanes while a prompt is edited."""

    DEFAULT_CSS = """
    PromptEditor { dock: bottom; height: 6; background: $panel; display: none; padding: 0 1; }
    PromptEditor Static { height: 1; color: $text-muted; }
    PromptEditor #unknown { color: $text-warning; }
    PromptEditor PromptArea { height: 4; border: none; padding: 0; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.area = PromptArea(compact=True)
        self._unknown: Callable[[str], str] = lambda _text: ""

    def compose(self) -> ComposeResult:
        """A line that says what is edited, the text, and what is wrong with it."""
        yield Static("", id="about", markup=False)
        yield self.area
        yield Static("", id="unknown", markup=False)

    def open(self, about: str, text: str, unknown: Callable[[str], str]) -> None:
        """Edit `text`; `unknown` names the characters of a text that the model does not know, or returns nothing."""
        self._unknown = unknown
        self.query_one("#about", Static).update(Content(about))
        self.area.text = text.translate(DROPPED)
        self.area.move_cursor(self.area.document.end)
        self.display = True
        self.area.focus()

    def close(self) -> None:
        self.display = False

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Name what will be left out."""
        event.stop()
        unknown = self._unknown(event.text_area.text)
        self.query_one("#unknown", Static).update(Content(visible(unknown)))
