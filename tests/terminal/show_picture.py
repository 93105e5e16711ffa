"""Shows a picture in this terminal, as the studio does: `python -m tests.terminal.show_picture SOURCE [WAY]`."""

from __future__ import annotations

import sys

from textual.app import ComposeResult
from textual.binding import Binding

from models.vision.sources import open_source
from studio import theme
from studio.pictures import begin, means
from studio.showing import PicturingApp
from studio.widgets.picture import PictureView


class Show(PicturingApp):
    """One picture, with the keys of the studio's pages."""

    BINDINGS = [("q", "quit", "Quit"), Binding("ctrl+g", "images", "Images", id="app.images")]

    def get_css_variables(self) -> dict[str, str]:
        return theme.with_accents(super().get_css_variables())

    def compose(self) -> ComposeResult:
        yield PictureView()

    def on_mount(self) -> None:
        view = self.query_one(PictureView)
        view.show(open_source(sys.argv[1]).pixels, sys.argv[1])
        view.before(open_source("coffee").pixels)
        view.focus()


if __name__ == "__main__":
    way = sys.argv[2] if len(sys.argv) > 2 else "auto"
    inquiry = begin(way)
    Show(means(way, inquiry.answers(1.0) if inquiry is not None else None)).run()
