"""What every page is: a container that the app makes when it is first shown, and ticks while it is the visible one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

if TYPE_CHECKING:
    from studio.app import StudioApp
    from studio.jobs import Fact
    from studio.services import Services


AROUND = 3
"""The lines of the screen that are not the page's: tabs, status, keys."""


class Page(Container, can_focus=True):
    """One page. Its keys are its BINDINGS, each with an id (`text.pause`) by which a person may give it another key.

    A page pulls: it looks at `services` in `tick()` and redraws what changed. It must not work while it is hidden.
    The page itself takes the focus when no widget in it has it, so that its keys always work.
    """

    title: ClassVar[str]
    """What the page is called on its tab."""
    key: ClassVar[str]
    """Its number key."""
    accent: ClassVar[str] = "$primary"
    """The colour of its family, as a variable of the theme: `$family-text`. Style sheets use the same variable."""
    help: ClassVar[str] = ""
    """A few lines in plain text, shown above the list of keys under F1."""

    DEFAULT_CSS = """
    Page { width: 1fr; height: 1fr; }
    Page:focus { background-tint: transparent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_field", "Leave field", id="page.leave_field"),
    ]

    last_focus: Widget | None = None
    """What had the focus when the page was last in sight."""

    @property
    def studio(self) -> StudioApp:
        """The app, with its type."""
        return cast("StudioApp", self.app)

    @property
    def services(self) -> Services:
        """Paths, settings, registry and jobs."""
        return self.studio.services

    def first_focus(self) -> Widget:
        """What takes the focus when the page is shown for the first time."""
        return self

    def take_focus(self) -> None:
        """Called when the page is shown: the focus goes back to where it was, but not into a field, where the number
        keys would be typed."""
        last = self.last_focus
        if last is None or not last.is_attached or not last.focusable or typing(last):
            last = self.first_focus()
        (last if last.display else self).focus(scroll_visible=False)

    def show_empty(self, empty: bool) -> None:
        """Show what is said in place of an empty list (class `-empty`), or the list; the focus goes where there is
        something to see, so that the keys always work."""
        if self.has_class("-empty") != empty:
            self.set_class(empty, "-empty")
            if self.display:
                (self if empty else self.first_focus()).focus(scroll_visible=False)

    def shown(self) -> None:
        """Called each time the page becomes the visible one, after its widgets are mounted."""

    def hidden(self) -> None:
        """Called each time another page takes its place."""

    def tick(self) -> None:
        """Called by the app's one timer (at most 15 times a second), only while the page is the visible one."""

    def fact(self, fact: Fact) -> None:
        """A rare fact about a run of this process (started, saved, failed, done); called on each page made so far."""

    def open_model(self, model_id: str) -> None:
        """Show this model of the registry. A page that plays a family overrides it; others are never asked."""

    def open_run(self, run_id: str) -> None:
        """Show, or follow, this run of the registry. Asked of the Jobs page and of a page that plays its family."""

    def closing(self) -> None:
        """Called once when the app ends: keep what must be kept. It has to return within a fraction of a second."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """A field can be left only from a field."""
        focused = self.screen.focused if self.is_attached else None
        return action != "leave_field" or (focused is not None and typing(focused))

    def action_leave_field(self) -> None:
        """Give the keys back to the page."""
        self.focus(scroll_visible=False)


def typing(widget: Widget) -> bool:
    """Whether a digit goes into this widget as text."""
    return widget.check_consume_key("1", "1")
