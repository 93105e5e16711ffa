"""Suggestions for a corpus: the texts that have a name, then the files and folders on this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from textual.suggester import Suggester

from studio.visible import visible


class CorpusSuggester(Suggester):
    """Completes the last source of a list that is parted by semicolons."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.names = names

    async def get_suggestion(self, value: str) -> str | None:
        """The whole value with its last source completed; None where there is nothing to offer."""
        before, mark, last = value.rpartition(";")
        start = last.lstrip()
        if not start:
            return None
        for name in self.names:
            if name.startswith(start) and name != start:
                return value + name[len(start) :]
        found = await asyncio.to_thread(complete, start)
        return None if found is None else f"{before}{mark}{last[: len(last) - len(start)]}{found}"


def complete(start: str) -> str | None:
    """The first path, by name, that begins with `start`; a folder ends in a slash."""
    folder, _, beginning = start.rpartition("/")
    place = os.path.expanduser(f"{folder}/" if "/" in start else ".")  # noqa: PTH111
    try:
        with os.scandir(place) as entries:
            names = sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in entries
                if entry.name.startswith(beginning) and (beginning or not entry.name.startswith("."))
            )
    except OSError:
        return None
    for name in names:
        if name.rstrip("/") != beginning and visible(name) == name:
            return f"{folder}/{name}" if "/" in start else name
    return None
