"""Under a form: the command line that does the same, and how the corpus begins."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from textual.content import Content
from textual.message import Message

from models.errors import UserError
from studio.visible import visible
from studio.widgets.tail import Tail

Wanted = tuple[str, tuple[str, ...], str]
"""What is shown: the command line, the sources, their encoding."""


class Opening(Tail):
    """Reads the beginning of a corpus on a thread, and shows it unless something else is wanted by then."""

    class Read(Message):
        """The beginning was read."""

        def __init__(self, wanted: Wanted, text: str) -> None:
            super().__init__()
            self.wanted, self.text = wanted, text

    def __init__(self, *, id: str) -> None:
        super().__init__("The same as a command, and how the corpus begins", id=id)
        self.wanted: Wanted | None = None

    def look(self, line: str, sources: Sequence[str], encoding: str, folder: Path) -> None:
        """Show this command line and the beginning of these sources; `folder` is the data folder."""
        wanted = (line, tuple(sources), encoding)
        if wanted != self.wanted:
            self.wanted = wanted
            threading.Thread(target=self._read, args=(wanted, folder), name="opening", daemon=True).start()

    def _read(self, wanted: Wanted, folder: Path) -> None:
        from studio.preview import opening

        _, sources, encoding = wanted
        try:
            text = opening(sources, encoding, folder) if sources else ""
        except UserError as error:
            text = str(error)
        if self.is_attached:
            self.post_message(self.Read(wanted, text))

    def on_opening_read(self, event: Read) -> None:
        """Show it."""
        if event.wanted == self.wanted:
            line, text = visible(event.wanted[0]), visible(event.text, lines=True)
            self.show(Content.assemble(("$ " + line, "bold"), "\n\n", text))
