"""A run's log: a text file that tells what happened, and the only place where a traceback is seen."""

from __future__ import annotations

import contextlib
import os
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
        data = ("\n".join(lines) + "\n").encode("utf-8", "replace")
        with contextlib.suppress(OSError), open(self.path, "ab", buffering=0, opener=private) as file:
            end = file.seek(0, os.SEEK_END)
            if file.write(data) != len(data):  # a disk that fills up takes a part: rather no line than half of one
                file.truncate(end)
