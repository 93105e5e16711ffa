"""An app that shows new pictures all the time and says which letter was typed.

python -m tests.terminal.live_app WAY
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from textual.app import ComposeResult
from textual.events import Key
from textual.widgets import Label

from models.vision.sources import open_source
from studio import theme
from studio.driver import LineDriver
from studio.pictures import Means
from studio.showing import PicturingApp
from studio.widgets.picture import PictureView

RATE = 5.0


class Live(PicturingApp):
    """A picture, and the last letter that was typed."""

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self.driver_class: Any = LineDriver
        self.frame = 0
        self.drawn: list[object] = []

    def get_css_variables(self) -> dict[str, str]:
        return theme.with_accents(super().get_css_variables())

    def compose(self) -> ComposeResult:
        yield PictureView()
        yield Label("ready")

    def on_mount(self) -> None:
        self.pixels = open_source("chelsea", side=400).pixels[:260, :260]
        self.set_interval(1 / RATE, self.next)

    def next(self) -> None:
        self.frame += 1
        view = self.query_one(PictureView)
        view.show(np.roll(self.pixels, self.frame * 7, 1), f"frame {self.frame}")
        if view._painted is not (self.drawn[-1] if self.drawn else None):
            self.drawn.append(view._painted)

    def on_key(self, event: Key) -> None:
        if event.character == "q":
            self.exit()
        else:
            self.query_one(Label).update(f"<{event.character}>")


if __name__ == "__main__":
    app = Live(Means(sys.argv[1], (8, 16)))  # type: ignore[arg-type]
    app.run()
    flow = getattr(app._driver, "flow", None)
    print(f"drawn {len(app.drawn)} of {app.frame}, window {getattr(flow, 'window', None)}")
