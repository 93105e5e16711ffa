"""What an app that shows pictures has to say about how: in which of the terminal's ways, and on the whole screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.flow import is_slow
from studio.pictures import WORDS, Means
from studio.telling import TellingApp
from studio.terminal import cell_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from textual.await_complete import AwaitComplete
    from textual.events import Resize
    from textual.screen import Screen

    from studio.widgets.picture import PictureView


class PicturingApp(TellingApp):
    """An app whose pictures can be shown in more ways than one."""

    def __init__(self, means: Means | None = None) -> None:
        super().__init__()
        self.means = means or Means()
        self._chosen = False

    def reconsider(self, means: Means) -> None:
        """Take other means, unless the person has chosen a way by now. From any thread."""
        if self.is_running:
            self.call_later(self._reconsidered, means)
        else:
            self.means = means

    def _reconsidered(self, means: Means) -> None:
        self.means = replace(self.means, cell=means.cell, ways=means.ways) if self._chosen else means
        self.show_again()

    def action_images(self) -> None:
        """Show pictures in the next of the terminal's ways."""
        self._chosen = True
        self.means = self.means.next()
        self.show_again()
        self.tell(f"pictures: {WORDS[self.means.way]}")

    def show_again(self) -> None:
        """Have every picture made ready anew."""
        for screen in self.screen_stack:
            for view in views(screen):
                view.paint()

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        """Letters of another size come as a resize: cells of another size need other pictures."""
        cell = cell_told() if not self.is_headless else None
        if cell is not None and cell != self.means.cell:
            self.means = replace(self.means, cell=cell)
            self.show_again()

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """On a slow line a dialog stands on plain ground: a picture that shows through would be sent anew."""
        self.set_class(is_slow(self), "-slow-line")
        return super().push_screen(screen, *arguments, **options)

    def pop_screen(self) -> AwaitComplete:
        """On a slow line the screen below comes back without its pictures, which follow bit by bit."""
        found = super().pop_screen()
        for view in views(self.screen):
            view.veil()
            self.call_after_refresh(view.unveil)
        return found

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Sixels lie above the cells and are gone where these are drawn: they follow each drawing that met them."""
        super()._display(screen, renderable)
        if self.means.way == "sixel" and renderable is not None and screen is self.screen and not self._batch_count:
            for view in views(screen):
                view.drawn(renderable)

    def on_picture_view_full(self, event: PictureView.Full) -> None:
        """Show a picture on the whole screen."""
        from studio.widgets.picture.full import FullScreen

        self.push_screen(FullScreen(event.view))


def views(screen: Screen[object]) -> Iterator[PictureView]:
    """The pictures on a screen."""
    from studio.widgets.picture import PictureView

    yield from screen.query(PictureView)
