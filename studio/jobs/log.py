"""A run's log: a text file that tells what happened, and the only place where a traceback is seen."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from studio.config import private
from studio.visible import visible


class RunLog:
    """Appends lines with a time in front. A line that cannot be written is lost: a log must not end a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def say(self, text: str) -> None:
        """One line, or several: those after the first are set in. Control characters are shown as symbols."""
        first, *rest = visible(text, lines=True).splitlines() or [""]
        lines = [f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {first}", *(f"    {line}" for line in rest)]
        with (
            contextlib.suppress(OSError),
            open(self.path, "a", encoding="utf-8", errors="replace", opener=private) as file,
        ):
            file.write("\n".join(lines) + "\n")
