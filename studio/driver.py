"""Textual's driver for terminals that may go away: it neither spins, nor blocks, nor raises when that happens."""

from __future__ import annotations

import contextlib
import time
from typing import IO, TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition

from studio.flow import Flow

if TYPE_CHECKING:
    from textual.message import Message

LAST_ANSWERS = 1.0
"""Seconds to wait at the end for answers that are still to come: later ones would be typed at the shell's prompt."""


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
        self.flow = Flow()
        self.is_stopped = False
        """Whether the terminal has been given back."""

    def write(self, data: str) -> None:
        super().write(self.flow.given(data))

    def process_message(self, message: Message) -> None:
        if isinstance(message, CursorPosition):
            self.flow.answered()
        else:
            super().process_message(message)

    def start_application_mode(self) -> None:
        self.flow.open()
        self.is_stopped = False
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        super().stop_application_mode()
        self.is_stopped = True

    def disable_input(self) -> None:
        """Read no more keys, once the terminal has said all that it was asked for."""
        self.flow.close()
        end = time.monotonic() + LAST_ANSWERS
        while self.flow.is_waited_for and self._is_reading and time.monotonic() < end:
            time.sleep(0.005)
        super().disable_input()

    @property
    def _is_reading(self) -> bool:
        thread = self._key_thread
        return thread is not None and thread.is_alive() and not self.exit_event.is_set()

    def run_input_thread(self) -> None:
        """Read keys. A terminal that has gone away ends this; who watches over the line will tell the app."""
        with contextlib.suppress(OSError):
            super().run_input_thread()

    def let_go(self) -> None:
        """End the reading, which would find the end of the input for ever."""
        self.exit_event.set()
