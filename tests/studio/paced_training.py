"""The studio, with a training that saves each step and takes a while for it, so that a kill can hit it anywhere.

It is started as `python -m tests.studio.paced_training ARGS`.
"""

from __future__ import annotations

import time
from typing import Any

from models.events import Run
from models.families import Family

PAUSE = 0.03  # seconds an event takes longer


def paced(events: Run) -> Run:
    """The same events, no faster than they can be hit."""
    try:
        event = next(events)
        while True:
            time.sleep(PAUSE)
            event = events.send((yield event))
    except StopIteration:
        return


def main() -> None:
    """The command line, with the pace of every family changed."""
    start = Family.start

    def slow(family: Family) -> Any:
        begin = start(family)
        vars(__import__("models.training", fromlist=["training"]))["MOST_FUSED"] = 1
        return lambda *arguments, **options: paced(begin(*arguments, **options))

    Family.start = slow  # type: ignore[method-assign]
    from studio.__main__ import main

    main()


if __name__ == "__main__":
    main()
