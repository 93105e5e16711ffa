"""The rare things that happen to a run, for whoever wants to say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "queued", "started", "paused", "resumed", "saved", "done", "stopped", "failed", "discarded", "interrupted"
]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something happened to a run. `text` is one line: the run's name, for `saved` the model's, for `failed` why."""

    kind: Kind
    run_id: str
    text: str
