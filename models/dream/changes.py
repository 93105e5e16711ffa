"""Knobs changed while a dream runs, as text: `STEP KNOB=VALUE`. A recipe holds them, so that it can be done again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import shown

TUNABLE = (
    "layers",
    "target_class",
    "guide",
    "step_size",
    "jitter",
    "normalise",
    "detail",
    "total_variation",
    "keep_colour",
)
"""Knobs of which a change makes another picture."""
WATCHING = ("preview_every", "save_every")
"""Knobs that may change at any time and leave the picture as it is."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `step` on (so many steps are done) `knob` has another value, plain JSON."""

    step: int
    knob: str
    value: Any

    def __str__(self) -> str:
        return f"{self.step} {self.knob}={json.dumps(self.value, ensure_ascii=False)}"


def parsed(text: str) -> Change:
    """The change that `text` writes; a value that is no JSON is taken as text. Raises ValueError with one line."""
    step, _, rest = text.strip().partition(" ")
    knob, equals, value_text = rest.strip().partition("=")
    if not (step.isascii() and step.isdecimal()) or not equals:
        raise ValueError(f"changes: {shown(text)!r} is not STEP KNOB=VALUE")
    if knob.strip() not in TUNABLE:
        raise ValueError(f"changes: {shown(knob.strip())!r} cannot change; {', '.join(TUNABLE)} can")
    try:
        value = json.loads(value_text)
    except ValueError:
        value = value_text.strip()
    return Change(int(step), knob.strip(), value)


def due(changes: tuple[str, ...], step: int) -> Mapping[str, Any]:
    """The values that hold once `step` steps are done, of the knobs that were changed by then."""
    return {change.knob: change.value for change in map(parsed, changes) if change.step <= step}
