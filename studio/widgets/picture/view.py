"""A picture as large as there is room for, live or still: zoom, before and after, the whole screen."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Hide, Resize, Show
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from studio.pictures import Means
from studio.visible import visible
from studio.widgets.picture import kitty
from studio.widgets.picture.painting import PAINTER, Painted, painted
from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.widgets.picture.half import Pixels

ZOOM = 1.5
MOST = 32.0
PAN = 0.25
"""The part of what is in sight that an arrow moves by."""
LEAST_WAIT = 0.05
REST = 2.0
"""How long a view rests after a picture, in times of what it took to make ready: other work goes on, too."""
BUSY = 3
"""Writes that the terminal has yet to take, from which on new pictures wait: a slow line drops frames."""
WAIT = 0.15


class PictureView(Widget, can_focus=True):
    """One picture, uint8 (height, width, 3). `show` is cheap: a newer picture replaces one that is not drawn yet."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"picture--caption"}
    DEFAULT_CSS = """
    PictureView { height: 1fr; width: 1fr; min-height: 1; }
    PictureView > .picture--caption { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
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

    class Ready(Message):
        """A picture is ready to be drawn; posted by the thread that made it so."""

        def __init__(self, painted: Painted, took: float) -> None:
            super().__init__()
            self.painted, self.took = painted, took

    class Full(Message):
        """The whole screen is asked for, or no longer."""

        def __init__(self, view: PictureView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, nothing: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.nothing = nothing
        """What is said where there is no picture."""
        self.pixels: Pixels | None = None
        self.earlier: Pixels | None = None
        self.title = ""
        self.comparing = False
        self.magnification = 1.0
        self.centre = (0.5, 0.5)
        self._painted: Painted | None = None
        self._rests_until = 0.0
        self._waiting = False
        self._sending = False
        self._gone = False

    def show(self, pixels: Pixels | None, title: str = "") -> None:
        """Show a picture, called `title`; with None that title stands alone, as what there is to say."""
        if pixels is self.pixels and title == self.title:
            return
        if pixels is None or self.pixels is None or pixels.shape != self.pixels.shape:
            self.magnification, self.centre = 1.0, (0.5, 0.5)
        self.pixels, self.title = pixels, title
        self.paint()

    def before(self, pixels: Pixels | None) -> None:
        """What `b` shows in its place, until it is pressed again."""
        self.earlier = pixels
        if pixels is None:
            self.comparing = False
        if self.comparing:
            self.paint()

    @property
    def in_sight(self) -> Pixels | None:
        """The picture that is shown: the newest, or the one before."""
        return self.earlier if self.comparing and self.earlier is not None else self.pixels

    @property
    def means(self) -> Means:
        """How the app shows pictures."""
        found = getattr(self.app, "means", None)
        return found if isinstance(found, Means) else Means()

    @property
    def room(self) -> tuple[int, int]:
        """Columns and rows for the picture; the caption has the last row, where there is more than one."""
        return self.size.width, self.size.height - (1 if self.size.height > 2 else 0)

    # From pixels to the screen

    def paint(self) -> None:
        """Have the picture made ready, unless the last one is still on its way to the terminal."""
        if self._gone or not self.is_attached:
            return
        if self.in_sight is None or self.means.way == "off" or not self.size.area:
            PAINTER.drop(id(self))
            self._replace(None)
            return
        wait = max(self._rests_until - monotonic(), WAIT if backlog(self.app) > BUSY else 0.0)
        if wait <= 0:
            PAINTER.ask(id(self), self._job)
        elif not self._waiting:
            self._waiting = True
            self.set_timer(wait, self._waited)

    def _waited(self) -> None:
        self._waiting = False
        self.paint()

    def _job(self) -> None:
        """On the painter's thread: make ready what is newest by now."""
        pixels, means = self.in_sight, self.means
        if pixels is None or self._gone:
            return
        began = monotonic()
        found = painted(pixels, self.room, means, self.magnification, self.centre)
        if means.way == "half":
            system = self.app.console._color_system
            for line in found.lines:
                for segment in line:
                    if segment.style is not None and system is not None:
                        segment.style.render("", color_system=system)  # works the codes out, which is slow, here
        self.post_message(self.Ready(found, monotonic() - began))

    def on_picture_view_ready(self, event: Ready) -> None:
        event.stop()
        self._rests_until = monotonic() + max(LEAST_WAIT, REST * event.took)
        if self._gone or self.in_sight is None or self.means.way != event.painted.way:
            return
        self._replace(event.painted)

    def _replace(self, found: Painted | None) -> None:
        """Draw another picture, and have the terminal forget the one before once it is out of sight."""
        before, self._painted = self._painted, found
        if found is not None and found.way == "kitty":
            write(self.app, found.sent)
        if before is not None and before.number:
            self.call_after_refresh(write, self.app, kitty.freed(before.number))
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Sixels are sent after the cells that they cover, each time these are drawn."""
        if self._painted is not None and self._painted.way == "sixel" and not self._sending:
            self._sending = True
            self.call_after_refresh(self._send)
        return super().render_lines(crop)

    def _send(self) -> None:
        """Put the sixels where they belong, if all of that is in sight."""
        self._sending = False
        found = self._painted
        if found is None or found.way != "sixel" or self._gone or not self.screen.is_active:
            return
        region = self.content_region
        if not self.screen.region.contains_region(region) or not self.is_on_screen:
            return
        left, top = self._corner(found)
        place = f"\x1b[{region.y + top + 1};{region.x + left + 1}H"
        write(self.app, f"\x1b7{place}{found.sent}\x1b8")

    def _corner(self, found: Painted) -> tuple[int, int]:
        columns, rows = self.room
        return max(0, (columns - found.columns) // 2), max(0, (rows - found.rows) // 2)

    def render_line(self, y: int) -> Strip:
        """A row of the picture in the middle of its room; the caption in the last one."""
        width, height = self.size
        blank = self.rich_style
        rows = self.room[1]
        if y >= rows and y == height - 1:
            dim = self.get_component_rich_style("picture--caption")
            return Strip([Segment(fit(f" {self.caption()}", width), dim)], width)
        found = self._painted
        if found is None:
            text = self.said() if y == rows // 2 else ""
            dim = self.get_component_rich_style("picture--caption")
            return Strip([Segment(fit(text.center(width), width), dim)], width)
        left, top = self._corner(found)
        if not found.lines or not top <= y < top + len(found.lines):
            return Strip.blank(width, blank)
        right = max(0, width - left - found.columns)
        return Strip([Segment(" " * left, blank), *found.lines[y - top], Segment(" " * right, blank)], width)

    def said(self) -> str:
        """What stands in place of a picture."""
        pixels = self.in_sight
        if pixels is None:
            return visible(self.title or self.nothing)
        return "pictures are off: ctrl+g shows them" if self.means.way == "off" else ""

    def caption(self) -> str:
        """The line under the picture: what it is, its size, and how it is looked at."""
        pixels = self.in_sight
        if pixels is None:
            return ""
        parts = ["before" if self.comparing and self.earlier is not None else visible(self.title)]
        parts.append(f"{pixels.shape[1]}x{pixels.shape[0]}")
        if self.magnification > 1:
            parts.append(f"zoom {self.magnification:.1f}")
        return "  ".join(part for part in parts if part)

    # Coming and going

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        self.paint()

    def on_show(self, event: Show) -> None:  # noqa: ARG002
        self.paint()

    def on_hide(self, event: Hide) -> None:  # noqa: ARG002
        if self._painted is not None and self._painted.number:
            self._replace(None)

    def on_mount(self) -> None:
        self._gone = False
        self.paint()

    def on_unmount(self) -> None:
        """Leave nothing behind in the terminal."""
        self._gone = True
        PAINTER.drop(id(self))
        if self._painted is not None and self._painted.number:
            write(self.app, kitty.freed(self._painted.number))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """An arrow moves only what does not show as a whole."""
        if action == "pan":
            return self.magnification > 1
        if action in ("full", "zoom", "fit"):
            return self.in_sight is not None
        return action != "compare" or self.earlier is not None

    def action_zoom(self, way: int) -> None:
        self.magnification = min(MOST, max(1.0, self.magnification * ZOOM**way))
        self.paint()

    def action_fit(self) -> None:
        self.magnification, self.centre = 1.0, (0.5, 0.5)
        self.paint()

    def action_pan(self, across: int, down: int) -> None:
        step, half = PAN / self.magnification, 0.5 / self.magnification
        x, y = self.centre[0] + across * step, self.centre[1] + down * step
        self.centre = min(max(half, x), 1 - half), min(max(half, y), 1 - half)
        self.paint()

    def action_compare(self) -> None:
        self.comparing = not self.comparing
        self.paint()

    def action_full(self) -> None:
        self.post_message(self.Full(self))


def backlog(app: App[object]) -> int:
    """How many writes the terminal has yet to take."""
    thread = getattr(app._driver, "_writer_thread", None)
    return 0 if thread is None else thread._queue.qsize()


def write(app: App[object], text: str) -> None:
    """Send something to the terminal, between two drawings, by the way that all of Textual's output goes."""
    driver = app._driver
    if driver is not None and not app._exit:
        driver.write(text)
        driver.flush()
