"""A picture on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from studio.widgets.picture.view import PictureView

PERIOD = 0.1
"""Seconds between two looks at the view that it enlarges."""


class FullScreen(ModalScreen[None]):
    """Shows what another view shows, as long as it is there: live pictures stay live."""

    DEFAULT_CSS = """
    FullScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Go back", id="dialog.back"),
        Binding("ctrl+g", "app.images", "Way of pictures", id="app.images", show=False),
    ]

    def __init__(self, view: PictureView) -> None:
        super().__init__()
        self.view = view

    def compose(self) -> ComposeResult:
        yield PictureView()

    def on_mount(self) -> None:
        own = self.query_one(PictureView)
        self.view.covered = True
        self.look()
        own.comparing, own.look = self.view.comparing, self.view.look
        own.focus()
        self.set_interval(PERIOD, self.look)

    def on_picture_view_full(self, event: PictureView.Full) -> None:
        event.stop()
        self.dismiss()

    def on_unmount(self) -> None:
        """The view shows its picture itself again."""
        self.view.covered = False
        self.view.paint()

    def look(self) -> None:
        """Take over what is newest."""
        own = self.query_one(PictureView)
        if own.earlier is not self.view.earlier:
            own.before(self.view.earlier)
        own.show(self.view.pixels, self.view.title)
