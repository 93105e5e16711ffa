"""What goes to the terminal beside Textual's drawings, by the way that those go, and what covers it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual._compositor import ChopsUpdate
from textual.filter import ANSIToTruecolor, LineFilter

from studio.pictures import Means

if TYPE_CHECKING:
    from textual.app import App
    from textual.geometry import Region
    from textual.widget import Widget


def means_of(app: App[Any]) -> Means:
    """How the app shows pictures; half-blocks where it does not say."""
    found = getattr(app, "means", None)
    return found if isinstance(found, Means) else Means()


def filters(all_of_them: Sequence[LineFilter]) -> list[LineFilter]:
    """Those that a picture needs: its colours are 24-bit ones already, and looking at each of them takes a while."""
    return [one for one in all_of_them if not isinstance(one, ANSIToTruecolor)]


def write(app: App[Any], text: str) -> None:
    """Send something to the terminal, between two drawings."""
    driver = app._driver
    if driver is not None:
        driver.write(text)
        mark(app)


def mark(app: App[Any]) -> None:
    """Put an empty text behind what was written: as long as it waits, the terminal has not taken what is before it."""
    thread = getattr(app._driver, "_writer_thread", None)
    if thread is not None and thread.is_alive():
        thread.write("")


def in_front(widget: Widget, region: Region) -> list[tuple[Widget, Region]]:
    """The widgets that cover a part of `region` of the screen, where `widget` is, and what shows of them."""
    found = []
    for other, (place, clip) in widget.screen._compositor.visible_widgets.items():  # from the front to the back
        if other is widget:
            break
        if place.overlaps(region) and (shown := place.intersection(clip)):
            found.append((other, shown))
    return found


def met(drawn: object, region: Region, covers: list[Region]) -> bool:
    """Whether a drawing of Textual's went over cells of `region` that none of `covers` covers."""
    if not isinstance(drawn, ChopsUpdate):
        return True
    for y, start, end in drawn.spans:
        left, right = max(start, region.x), min(end, region.right)
        if left < right and region.y <= y < region.bottom:
            hidden = any(it.y <= y < it.bottom and it.x <= left and right <= it.right for it in covers)
            if not hidden:
                return True
    return False
