"""Opening a set as a part of a run: what it waits for is told, and it can be stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path

from models.data import known
from models.data.opening import open_set
from models.data.recipe import PicturesRecipe
from models.data.sets import PictureSet
from models.errors import shown
from models.events import Command, Event, Note, Stop

LOOK = 0.1
"""Seconds between two looks at how far it is."""
TELL = 1.0
"""Seconds between two notes about it, at least."""


class _Stopped(Exception):
    """Nobody waits for the set any longer."""


def opened(recipe: PicturesRecipe, folder: Path) -> Generator[Event, Command | None, PictureSet | None]:
    """The set that a recipe names, opened on a thread of its own; Notes tell how far a download or a folder is.

    None if `Stop` was sent. `folder` is the data folder. Raises as `open_set` does.
    """
    waiting = _Waiting(recipe, folder)
    waiting.start()
    told, said = time.monotonic(), ""
    try:
        while waiting.is_alive():
            waiting.join(LOOK)
            text = waiting.text
            if text != said and time.monotonic() - told >= TELL:
                told, said = time.monotonic(), text
                if isinstance((yield Note(text)), Stop):
                    return None
    finally:
        waiting.wanted = False
    if waiting.error is not None:
        raise waiting.error
    return waiting.found


class _Waiting(threading.Thread):
    """Opens a set; `text` says how far it is."""

    def __init__(self, recipe: PicturesRecipe, folder: Path) -> None:
        super().__init__(name="opening pictures", daemon=True)
        self._recipe, self._folder = recipe, folder
        self.wanted = True
        self.text = ""
        self.found: PictureSet | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        recipe = self._recipe
        try:
            self.found = open_set(
                recipe.data, size=recipe.size, channels=recipe.channels, count=recipe.count, fit=recipe.fit,
                attributes=recipe.attributes, seed=recipe.seed, folder=self._folder, progress=self._note,
            )  # fmt: skip
        except _Stopped:
            pass
        except BaseException as error:
            self.error = error

    def _note(self, done: int, total: int | None) -> None:
        if not self.wanted:
            raise _Stopped
        if self._recipe.data in known.NAMES:
            of = f" of {total / 1e6:.0f}" if total else ""
            self.text = f"fetching {self._recipe.data}: {done / 1e6:.0f}{of} MB"
        else:
            self.text = f"looking at {shown(self._recipe.data)}: {done:,} of {total or 0:,} files"
