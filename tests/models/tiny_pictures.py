"""A few small pictures to learn from, for tests of the families that learn from pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from models.checkpoint import Checkpoint
from models.events import Event, Snapshot


def npz(folder: Path, count: int = 20, size: tuple[int, int] = (32, 32), channels: int = 3, name: str = "set") -> str:
    """A file of random blots, with the labels `round` or not."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[: size[0], : size[1]]
    found = np.zeros((count, *size, channels), np.uint8)
    for picture in found:
        y, x, radius = random.uniform(6, 20, 3)
        near = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (radius / 2) ** 2))
        picture[:] = (near[..., None] * random.integers(120, 255, channels)).astype(np.uint8)
    path = folder / f"{name}.npz"
    np.savez(path, images=found)
    return str(path)


def final(events: Iterable[Event]) -> Checkpoint:
    """The checkpoint that a run ends with."""
    last = [event for event in events if isinstance(event, Snapshot) and event.reason == "final"]
    assert len(last) == 1
    return last[0].checkpoint


def same(one: Checkpoint, other: Checkpoint, tolerance: float = 1e-6) -> None:
    """Asserts that two checkpoints hold the same arrays."""
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        np.testing.assert_allclose(other.arrays[name], array, rtol=tolerance, atol=tolerance, err_msg=name)


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The names whose arrays differ."""
    return {name for name in before if not np.array_equal(before[name], after[name])}
