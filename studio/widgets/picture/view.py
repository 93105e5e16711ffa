"""A picture as large as there is room for, live or still: zoom, before and after, the whole screen."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.events import Hide, Resize, Show
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from studio.flow import flow_of, has_room, is_busy, is_slow, room
from studio.widgets.picture import kitty
from studio.widgets.picture.half import work_out
from studio.widgets.picture.keys import PictureKeys
from studio.widgets.picture.looking import Look, same_shape
from studio.widgets.picture.outbox import outbox
from studio.widgets.picture.output import in_front, mark, met, write
from studio.widgets.picture.painting import PAINTER, Painted, painted
from studio.widgets.status import fit

if TYPE_CHECKING:
    from rich.color import ColorSystem

    from studio.pictures import Means
    from studio.widgets.picture.half import Pixels

LEAST_WAIT = 0.05
REST = 1.0
"""How long a view rests after a picture, in times of what it took to make ready: other work goes on, too."""
HALF_BYTES = 40
"""Bytes that a cell of half-blocks takes, at most, in 24-bit colours."""
DRAWN = 0.5
"""Seconds after which what was to be drawn either is, or is out of sight."""
WAIT = 0.03
"""Seconds until a view tries again where the terminal has yet to take what was written: a slow line drops frames."""


class PictureView(PictureKeys, can_focus=True):
    """One picture, uint8 (height, width, 3). `show` is cheap: a newer picture replaces one that is not drawn yet."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"picture--caption"}
    DEFAULT_CSS = """
    PictureView { height: 1fr; width: 1fr; min-height: 1; }
    PictureView > .picture--caption { color: $text-muted; }
    """

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
        self.look = Look()
        self.covered = False
        """Whether something else shows the picture for the time being, so that this view need not."""
        self._painted: Painted | None = None
        self._before: Painted | None = None
        self._revealed, self._written, self._drawn_by = 0, -1, 0.0
        self._veiled = False
        self._rests_until = 0.0
        self._waiting = False
        self._captioned = ""
        self._gone = False

    def show(self, pixels: Pixels | None, title: str = "") -> None:
        """Show a picture, called `title`; with None that title stands alone, as what there is to say."""
        if pixels is self.pixels and title == self.title:
            return
        if not same_shape(pixels, self.pixels):
            self.look = Look()
        self.pixels, self.title = pixels, title
        self.paint()

    def before(self, pixels: Pixels | None) -> None:
        """What `b` shows in its place, until it is pressed again."""
        self.earlier, was = pixels, self.comparing
        self.comparing = was and pixels is not None
        if was:
            self.paint()

    # From pixels to the screen

    def paint(self) -> None:
        """Have the picture made ready, unless the last one is still on its way to the terminal."""
        if self._gone or self.covered or not self.is_attached:
            return
        if self.in_sight is None or self.means.way == "off" or not self.size.area:
            PAINTER.drop(id(self))
            self._replace(None)
            return
        is_sent = self._before is None and not outbox(self.app).has(self)
        wait = max(self._rests_until - monotonic(), 0.0 if is_sent and not is_busy(self.app) else WAIT)
        if wait <= 0:
            PAINTER.ask(id(self), partial(self._job, self.means, self.app.console._color_system, room(self.app)))
        elif not self._waiting:
            self._waiting = True
            self.set_timer(wait, self._waited)

    def _waited(self) -> None:
        self._waiting = False
        self.paint()

    def _job(self, means: Means, colours: ColorSystem | None, portion: int | None) -> None:
        """On the painter's thread: make ready what is newest by now. The app may be gone from under the view."""
        pixels = self.in_sight
        if pixels is None or self._gone:
            return
        began = monotonic()
        found = painted(pixels, self.room, means, self.look, portion)
        if means.way == "half":
            work_out(found.lines, colours)
        self.post_message(self.Ready(found, monotonic() - began))

    def on_picture_view_ready(self, event: Ready) -> None:
        event.stop()
        self._rests_until = monotonic() + max(LEAST_WAIT, REST * event.took)
        if self._gone or self.in_sight is None or self.means.way != event.painted.way:
            return
        self._replace(event.painted)

    def _replace(self, found: Painted | None) -> None:
        """Send another picture, if it has to be sent, and draw it once it is there."""
        if found is not None and found.way == "kitty":
            parts = [part for _, part in found.parts]
            outbox(self.app).send(self, parts, partial(self._draw, found), kitty.broken_off(found.number))
        else:
            outbox(self.app).drop(self)
            self._draw(found)

    def _draw(self, found: Painted | None) -> None:
        """Draw another picture, and have the terminal forget the one before once it is out of sight."""
        before, self._painted = self._painted, found
        if before is not None and before.number:
            number = before.number
            self.call_after_refresh(lambda: outbox(self.app).send(number, [kitty.freed(number)]))
        if found and before and found.way == before.way == "sixel" and found.size == before.size:
            self._send()  # over the one before: to blank the cells in between would flicker
            if self._captioned != self.caption():
                self.refresh(Region(0, self.size.height - 1, self.size.width, 1))
            return
        if found and before and found.way == before.way == "half" and found.size == before.size:
            self._before, self._revealed, self._written = before, 0, -1
            self._reveal()
            return
        self._before = None
        self.refresh()
        self.call_after_refresh(mark, self.app)

    def _reveal(self) -> None:
        """Draw as many more rows of the picture, over those of the one before, as the line has room for."""
        found = self._painted
        if self._before is None or found is None or self._gone:
            return
        flow = flow_of(self.app)
        is_drawn = flow is None or flow.written != self._written or monotonic() > self._drawn_by
        if not is_drawn or not has_room(self.app):
            self.set_timer(WAIT / 3, self._reveal)
            return
        free, self._drawn_by = room(self.app), monotonic() + DRAWN
        self._written = 0 if flow is None else flow.written
        rows = found.rows if free is None else max(1, int(free / (HALF_BYTES * max(1, found.columns))))
        start, end = self._revealed, min(self._revealed + rows, found.rows)
        self._revealed = end
        self.refresh(Region(0, self._corner(found)[1] + start, self.size.width, end - start))
        if end < found.rows:
            self.call_after_refresh(self._reveal)
            return
        self._before = None
        if self._captioned != self.caption():
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))
        self.call_after_refresh(mark, self.app)

    def veil(self) -> None:
        """On a slow line: leave the picture out when the screen is drawn next; `unveil` draws it bit by bit."""
        found = self._painted
        self._veiled = found is not None and found.way == "half" and is_slow(self.app)
        if self._veiled:
            self.refresh()

    def unveil(self) -> None:
        """Draw the picture that was left out."""
        found = self._painted
        if self._veiled and found is not None:
            self._before = Painted(found.way, found.columns, found.rows)
            self._revealed, self._written = 0, -1
            self._reveal()
        self._veiled = False

    @property
    def picture_region(self) -> Region:
        """Where the picture is on the screen."""
        found = self._painted
        if found is None:
            return Region()
        left, top = self._corner(found)
        return Region(self.content_region.x + left, self.content_region.y + top, found.columns, found.rows)

    def drawn(self, drawing: object) -> None:
        """Textual has drawn, maybe over the sixels: they have to be sent again then."""
        if self._painted is None or self._painted.way != "sixel":
            return
        region = self.picture_region
        if met(drawing, region, [shown for _, shown in in_front(self, region)]):
            self._send()

    def _send(self) -> None:
        """Put the sixels where they belong, if all of that is on the screen, and then again what lies above them."""
        outbox(self.app).drop(self)
        found, region = self._painted, self.picture_region
        if found is None or found.way != "sixel" or self._gone or self.screen is not self.app.screen:
            return
        if not self.is_on_screen or not self.screen.region.contains_region(region):
            return
        above = in_front(self, region)
        if any(shown.contains_region(region) for _, shown in above):
            return
        parts = [f"\x1b7\x1b[{region.y + row + 1};{region.x + 1}H{part}\x1b8" for row, part in found.parts]

        def show_above() -> None:
            for widget, _ in above:
                widget.refresh()

        outbox(self.app).send(self, parts, show_above)

    def render_line(self, y: int) -> Strip:
        """A row of the picture in the middle of its room; the caption in the last one."""
        width, height = self.size
        rows = self.room[1]
        if y >= rows and y == height - 1:
            dim = self.get_component_rich_style("picture--caption")
            self._captioned = self.caption()
            return Strip([Segment(fit(self._captioned, width), dim)], width)
        found = self._painted
        if found is None:
            text = self.said() if y == rows // 2 else ""
            dim = self.get_component_rich_style("picture--caption")
            return Strip([Segment(fit(text.center(width), width), dim)], width)
        left, top = self._corner(found)
        if self._before is not None and y >= top + self._revealed:
            found = self._before
        if self._veiled or not found.lines or not top <= y < top + len(found.lines):
            return Strip.blank(width, self.rich_style)
        if left == 0 and found.columns == width:
            return Strip(found.lines[y - top], width)
        blank, right = self.rich_style, max(0, width - left - found.columns)
        return Strip([Segment(" " * left, blank), *found.lines[y - top], Segment(" " * right, blank)], width)

    # Coming and going

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        self.paint()

    def on_show(self, event: Show) -> None:  # noqa: ARG002
        self.unveil()
        self.paint()

    def on_hide(self, event: Hide) -> None:  # noqa: ARG002
        outbox(self.app).drop(self)
        self._before = None
        self.veil()
        if self._painted is not None and self._painted.number:
            self._replace(None)

    def on_mount(self) -> None:
        self._gone = False
        self.paint()

    def on_unmount(self) -> None:
        """Leave nothing behind in the terminal."""
        self._gone = True
        PAINTER.drop(id(self))
        outbox(self.app).drop(self)
        if self._painted is not None and self._painted.number:
            write(self.app, kitty.freed(self._painted.number))

    def action_full(self) -> None:
        self.post_message(self.Full(self))
