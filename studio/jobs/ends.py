"""Writes down how a run ended."""

from __future__ import annotations

import re
import time

from studio.registry import Registry, RunState, StorageError


def finish(registry: Registry, run_id: str, state: RunState, error: str, owner: str) -> None:
    """Write the end of a run down, with a few attempts. Raises StorageError if none succeeds."""
    for attempt in range(10):
        try:
            registry.finish_run(run_id, state, error, owner=owner)
            return
        except StorageError:
            if attempt == 9:
                raise
            time.sleep(0.3)


def in_one_line(error: BaseException) -> str:
    """An unexpected error as one line: what kind, and the first line of what it says."""
    kind = type(error).__name__
    if kind in ("MemoryError", "ResourceExhaustedError"):  # Python's own, and TensorFlow's
        kind = "out of memory"
    lines = str(error).strip().splitlines()
    first = re.sub(r"^\{\{.*?\}\}\s*", "", lines[0]) if lines else ""  # TensorFlow's {{function_node ...}}
    return f"{kind}: {first}" if first else kind
