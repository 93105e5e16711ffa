"""Under a form: the command line that does the same, and some of the pictures that are to be learnt from."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from models.errors import UserError
from studio.visible import visible
from studio.widgets.picture import PictureView

if TYPE_CHECKING:
    from models.data.recipe import PicturesRecipe
    from models.data.sets import Pixels

COUNT = 48
"""Pictures on the sheet."""
KNOBS = ("data", "size", "channels", "fit", "attributes", "seed")
"""What another sheet follows from."""


class ContactSheet(Vertical):
    """Opens a set on a thread, and shows some of it unless something else is wanted by then."""

    DEFAULT_CSS = """
    ContactSheet { height: 1fr; }
    ContactSheet > Static { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    class Read(Message):
        """Pictures were read, or a reason why not."""

        def __init__(self, wanted: tuple[object, ...], found: Pixels | str) -> None:
            super().__init__()
            self.wanted, self.found = wanted, found

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.wanted: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The command over the pictures."""
        yield Static("", markup=False)
        yield PictureView()

    def look(self, line: str, recipe: PicturesRecipe, folder: Path) -> None:
        """Show this command line and pictures of the recipe's set; `folder` is the data folder."""
        self.query_one(Static).update(Content("$ " + visible(line)), layout=False)
        wanted = tuple(getattr(recipe, knob) for knob in KNOBS)
        if wanted != self.wanted:
            self.wanted = wanted
            arguments = (wanted, recipe, folder)
            threading.Thread(target=self._read, args=arguments, name="contact sheet", daemon=True).start()

    def _read(self, wanted: tuple[object, ...], recipe: PicturesRecipe, folder: Path) -> None:
        from studio.preview import contact_sheet

        found: Pixels | str
        try:
            found = contact_sheet(recipe, folder, COUNT)
        except UserError as error:
            found = str(error)
        if self.is_attached:
            self.post_message(self.Read(wanted, found))

    def on_contact_sheet_read(self, event: Read) -> None:
        """Show it."""
        event.stop()
        if event.wanted == self.wanted:
            is_text = isinstance(event.found, str)
            title = event.found if isinstance(event.found, str) else f"some of {event.wanted[0]}"
            self.query_one(PictureView).show(None if is_text else event.found, title=title)  # type: ignore[arg-type]
