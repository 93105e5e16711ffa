"""Pictures opened on a thread of their own, for pages that may not wait: the newest wish first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from models.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

KEPT = 24
"""Opened pictures that are remembered."""
WISHES = 48
"""Wishes that wait; older ones are forgotten, and may be made again."""
Wish = tuple[str, int]


class Opener:
    """Opens picture sources. Its thread starts with the first wish and ends with the program."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wishes: OrderedDict[Wish, None] = OrderedDict()
        self._found: OrderedDict[Wish, Pixels | str] = OrderedDict()
        self._thread: threading.Thread | None = None

    def look(self, source: str, side: int = 0) -> Pixels | str | None:
        """The picture, uint8 (height, width, 3), its longer side at most `side` (0: as it is).

        A line of text where it cannot be opened; None as long as it is being opened. Never waits.
        """
        wish = (source, side)
        with self._changed:
            if wish in self._found:
                self._found.move_to_end(wish)
                return self._found[wish]
            self._wishes[wish] = None
            self._wishes.move_to_end(wish)
            while len(self._wishes) > WISHES:
                self._wishes.popitem(last=False)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="opener", daemon=True)
                self._thread.start()
            self._changed.notify()
        return None

    def forget(self, source: str) -> None:
        """Open this source anew when it is next asked for: its file may have changed."""
        with self._changed:
            for wish in [wish for wish in self._found if wish[0] == source]:
                del self._found[wish]

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wishes)
                wish, _ = self._wishes.popitem()
            found = opened(*wish)
            with self._changed:
                self._found[wish] = found
                while len(self._found) > KEPT:
                    self._found.popitem(last=False)


def opened(source: str, side: int) -> Pixels | str:
    """The picture, or why it cannot be opened."""
    from models.vision.sources import open_source

    try:
        return open_source(source, side=side).pixels
    except UserError as error:
        return str(error)
    except MemoryError:
        return f"{source}: too large for the memory there is"
