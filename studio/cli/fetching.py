"""Says on a terminal how far a download is."""

from __future__ import annotations

import sys


class Fetching:
    """One line on stderr that is written over; nothing where stderr is no terminal. `what` is being fetched."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = False

    def __call__(self, done: int, total: int | None) -> None:
        from studio.figures import size

        if sys.stderr.isatty():
            self._began = True
            of = f" of {size(total)}" if total else ""
            print(f"\rfetching {self._what}: {size(done)}{of}  ", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line."""
        if self._began:
            print(file=sys.stderr)
