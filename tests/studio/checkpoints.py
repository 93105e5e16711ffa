"""Small checkpoints for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.checkpoint import Checkpoint


def made(step: int = 1, size: int = 8, family: str = "text", **meta: Any) -> Checkpoint:
    """A checkpoint whose every number is `step`, so that a mix of two versions would show."""
    numbers = np.full(size, step, np.float32)
    values = {
        "family": family,
        "recipe": {"units": size},
        "step": step,
        "metrics": {"loss": 1.5},
        "resume": {"at": step},
    }
    return Checkpoint({**values, **meta}, {"weights/numbers": numbers, "optimizer/numbers": numbers})


def is_of(checkpoint: Checkpoint, step: int) -> bool:
    """Whether this is `made(step)`, weights or all of it."""
    return checkpoint.meta["step"] == step and all((array == step).all() for array in checkpoint.arrays.values())
