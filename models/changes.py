"""Knobs changed while a run goes on, as text: `STEP KNOB=VALUE`. A recipe holds them, so that it can be done again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import shown


@dataclass(frozen=True, slots=True)
class Change:
    """From `step` on (so many steps are done) `knob` has another value, plain JSON."""

    step: int
    knob: str
    value: Any

    def __str__(self) -> str:
        return f"{self.step} {self.knob}={json.dumps(self.value, ensure_ascii=False)}"


def parsed(text: str, tunable: Collection[str]) -> Change:
    """The change that `text` writes; a value that is no JSON is taken as text.

    Raises ValueError with one line for a text of another form, or a knob that is not among `tunable`.
    """
    step, _, rest = text.strip().partition(" ")
    name, equals, written = rest.strip().partition("=")
    knob = name.strip()
    if not (step.isascii() and step.isdecimal()) or not equals:
        raise ValueError(f"changes: {shown(text)!r} is not STEP KNOB=VALUE")
    if knob not in tunable:
        raise ValueError(f"changes: {shown(knob)!r} cannot change; {', '.join(tunable)} can")
    try:
        value = json.loads(written)
    except ValueError:
        value = written.strip()
    return Change(int(step), knob, value)


def due(changes: Iterable[Change], step: int) -> Mapping[str, Any]:
    """The values that hold once `step` steps are done, of the knobs that were changed by then."""
    return {change.knob: change.value for change in changes if change.step <= step}
