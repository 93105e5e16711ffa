"""What a picture says of itself, and what its keys do: zoom, before and after, the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from studio.visible import visible
from studio.widgets.picture.bindings import BINDINGS
from studio.widgets.picture.looking import Look, captioned
from studio.widgets.picture.output import filters, means_of

if TYPE_CHECKING:
    from textual.filter import LineFilter

    from studio.pictures import Means
    from studio.widgets.picture.half import Pixels
    from studio.widgets.picture.painting import Painted


class PictureKeys(Widget):
    """The part of a view that knows of its picture, and not how that is drawn: `paint` does it."""

    BINDINGS: ClassVar[list[BindingType]] = BINDINGS
    nothing: str
    title: str
    pixels: Pixels | None
    earlier: Pixels | None
    comparing: bool
    look: Look

    def paint(self) -> None:
        """Have the picture made ready and drawn."""
        raise NotImplementedError

    @property
    def in_sight(self) -> Pixels | None:
        """The picture that is shown: the newest, or the one before."""
        return self.earlier if self.comparing and self.earlier is not None else self.pixels

    @property
    def means(self) -> Means:
        return means_of(self.app)

    @property
    def room(self) -> tuple[int, int]:
        """Columns and rows for the picture; the caption has the last row, where there is more than one."""
        return self.size.width, self.size.height - (1 if self.size.height > 2 else 0)

    def _corner(self, found: Painted) -> tuple[int, int]:
        """Columns and rows from the corner of the room to that of the picture."""
        columns, rows = self.room
        return max(0, (columns - found.columns) // 2), max(0, (rows - found.rows) // 2)

    def get_line_filters(self) -> list[LineFilter]:
        return filters(super().get_line_filters())

    def said(self) -> str:
        """What stands in place of a picture."""
        pixels = self.in_sight
        if pixels is None:
            return visible(self.title or self.nothing)
        if self.means.way != "off":
            return ""
        text = f"{visible(self.title) or 'a picture'}, {pixels.shape[1]}x{pixels.shape[0]}: pictures are off"
        active = self.app.active_bindings.values()
        keys = [self.app.get_key_display(each.binding) for each in active if each.binding.id == "app.images"]
        return f"{text}, {keys[0]} shows them" if keys else text

    def caption(self) -> str:
        """The line under the picture: what it is, its size, and how it is looked at."""
        pixels = self.in_sight
        if pixels is None:
            return ""
        name = "before" if self.comparing and self.earlier is not None else visible(self.title)
        size = f"{pixels.shape[1]}x{pixels.shape[0]}"
        if self.look.zoom > 1:
            size += f"  zoom {self.look.zoom:.1f}"
        return captioned(name, size, self.size.width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """An arrow moves only what does not show as a whole."""
        if action == "pan":
            return self.look.zoom > 1
        if action in ("full", "zoom", "fit"):
            return self.in_sight is not None
        return action != "compare" or self.earlier is not None

    def action_zoom(self, steps: int) -> None:
        self.look = self.look.nearer(steps)
        self.paint()

    def action_fit(self) -> None:
        self.look = Look()
        self.paint()

    def action_pan(self, across: int, down: int) -> None:
        self.look = self.look.moved(across, down)
        self.paint()

    def action_compare(self) -> None:
        self.comparing = not self.comparing
        self.paint()
