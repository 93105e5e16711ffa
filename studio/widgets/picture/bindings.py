"""The keys of a picture."""

from __future__ import annotations

from textual.binding import Binding, BindingType

BINDINGS: list[BindingType] = [
    Binding("enter", "full", "Whole screen", id="picture.full", show=False),
    Binding("plus,equals_sign", "zoom(1)", "Zoom in", id="picture.zoom_in", show=False),
    Binding("minus", "zoom(-1)", "Zoom out", id="picture.zoom_out", show=False),
    Binding("0", "fit", "All of it", id="picture.fit", show=False),
    Binding("b", "compare", "Before and after", id="picture.compare", show=False),
    Binding("left", "pan(-1, 0)", "To the left", id="picture.left", show=False),
    Binding("right", "pan(1, 0)", "To the right", id="picture.right", show=False),
    Binding("up", "pan(0, -1)", "Up", id="picture.up", show=False),
    Binding("down", "pan(0, 1)", "Down", id="picture.down", show=False),
]
