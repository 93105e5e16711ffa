"""Textual's driver for terminals that may go away: it neither spins, nor blocks, nor raises when that happens."""

from __future__ import annotations

import contextlib
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class Drawn:
    """A file that is drawn on, until it cannot be: what comes later is dropped."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._gone = False

    def write(self, text: str) -> None:
        if not self._gone:
            try:
                self._file.write(text)
            except OSError:
                self._gone = True

    def flush(self) -> None:
        if not self._gone:
            try:
                self._file.flush()
            except OSError:
                self._gone = True

    def fileno(self) -> int:
        return self._file.fileno()


class LineDriver(LinuxDriver):
    """Draws on a terminal and reads its keys, as long as there is one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = Drawn(self._file)

    def run_input_thread(self) -> None:
        """Read keys. A terminal that has gone away ends this; who watches over the line will tell the app."""
        with contextlib.suppress(OSError):
            super().run_input_thread()

    def let_go(self) -> None:
        """End the reading, which would find the end of the input for ever."""
        self.exit_event.set()
