"""How long frames last."""

from __future__ import annotations

import itertools
from collections.abc import Iterator


def durations(fps: float, units: int) -> Iterator[int]:
    """How long each frame lasts, in `units` to the second, whole ones; what is rounded away is made up for later."""
    for frame in itertools.count():
        yield round((frame + 1) * units / fps) - round(frame * units / fps)
