"""What an app that shows pictures has to say about how: in which of the terminal's ways, and on the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.pictures import WORDS, Means
from studio.telling import TellingApp

if TYPE_CHECKING:
    from studio.widgets.picture import PictureView


class PicturingApp(TellingApp):
    """An app whose pictures can be shown in more ways than one."""

    def __init__(self, means: Means | None = None) -> None:
        super().__init__()
        self.means = means or Means()

    def action_images(self) -> None:
        """Show pictures in the next of the terminal's ways."""
        from studio.widgets.picture import PictureView

        self.means = self.means.next()
        for screen in self.screen_stack:
            for view in screen.query(PictureView):
                view.paint()
        self.tell(f"pictures: {WORDS[self.means.way]}")

    def on_picture_view_full(self, event: PictureView.Full) -> None:
        """Show a picture on the whole screen."""
        from studio.widgets.picture.full import FullScreen

        self.push_screen(FullScreen(event.view))
