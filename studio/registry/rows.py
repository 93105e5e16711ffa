"""What the registry hands out: rows as they stood when they were read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, TypeVar, get_args

RunState = Literal["queued", "running", "paused", "stopped", "done", "failed", "interrupted"]
Request = Literal["pause", "resume", "stop", "discard"]
PictureKind = Literal["png", "gif", "webp", "mp4"]

STATES: tuple[RunState, ...] = get_args(RunState)
ACTIVE: tuple[RunState, ...] = ("running", "paused")
"""States in which a process executes the run."""
RETRYABLE: tuple[RunState, ...] = ("stopped", "failed", "interrupted")
"""States from which a run can be queued again."""


@dataclass(frozen=True)
class Run:
    """A run, in whatever state.

    Times are seconds since 1970; `seconds` is the time worked, over all sittings; `rate` counts `unit` a second;
    `remaining` is in seconds. `has_best` tells whether its model holds the best weights, not just the last.
    """

    id: str
    family: str
    name: str
    recipe_json: str = field(repr=False)
    state: RunState
    device: str
    owner: str
    step: int
    total: int | None
    epoch: float
    seconds: float
    metrics_json: str = field(repr=False)
    error: str
    note: str
    request: Request | None
    model_id: str | None
    base_id: str | None
    file: str | None
    created: float
    started: float | None
    ended: float | None
    heartbeat: float | None
    rate: float
    unit: str
    remaining: float | None
    options_json: str = field(repr=False)
    has_best: int
    picture_id: str | None

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values. Parsed when first asked for: a list of thousands never needs it."""
        return mapping(self.recipe_json)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The newest figures by name; they may be NaN or infinite."""
        return mapping(self.metrics_json)

    @cached_property
    def options(self) -> dict[str, Any]:
        """Further arguments for the family's run, such as `extend` for text."""
        return mapping(self.options_json)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a state to resume from."""
        return self.file is not None

    @property
    def is_active(self) -> bool:
        """Whether a process executes it, or did when it was last seen."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Model:
    """A model. `size` is in bytes; `problem` is `corrupt` or `missing` where its file is not what was saved."""

    id: str
    name: str
    family: str
    recipe_json: str = field(repr=False)
    metrics_json: str = field(repr=False)
    step: int
    seconds: float
    file: str
    size: int
    sha256: str
    run_id: str | None
    created: float
    problem: str | None

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values, parsed when first asked for."""
        return mapping(self.recipe_json)

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The figures of these weights by name."""
        return mapping(self.metrics_json)


@dataclass(frozen=True)
class PictureEntry:
    """A picture that was made and kept. `width` and `height` are in pixels; `frames` is 1 for a still; `size` is in
    bytes; `kind` is that of its file; `problem` is `corrupt` or `missing` where the file is not what was saved."""

    id: str
    name: str
    family: str
    recipe_json: str = field(repr=False)
    about_json: str = field(repr=False)
    width: int
    height: int
    frames: int
    kind: PictureKind
    file: str
    size: int
    sha256: str
    problem: str | None
    run_id: str | None
    created: float

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values, parsed when first asked for."""
        return mapping(self.recipe_json)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What its file says of how it was made: sources, seed, steps, metrics, version."""
        return mapping(self.about_json)


@dataclass(frozen=True)
class Session:
    """A sampling session. `data` is what was saved, None in a listing; `summary` is a line for the listing."""

    id: str
    name: str
    summary: str
    created: float
    changed: float
    data: dict[str, Any] | None = field(default=None, repr=False)


def mapping(text: str) -> dict[str, Any]:
    """The object that a column of JSON holds; an empty one where a damaged database has nothing that can be read."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


Row = TypeVar("Row", Run, Model, PictureEntry)


def rows(kind: type[Row], found: Iterable[tuple[Any, ...]]) -> list[Row]:
    """Rows from what SQLite has found. Goes past the class's own `__init__`: a frozen one takes twice the time, and
    that is what a list of thousands would wait for."""
    names = [item.name for item in fields(kind)]
    made = []
    for values in found:
        row = object.__new__(kind)
        row.__dict__.update(zip(names, values, strict=True))
        made.append(row)
    return made


def columns(row: type[Run | Model | PictureEntry | Session]) -> str:
    """The columns that a row class is made of, for a SELECT, in the order of its fields."""
    names = (item.name.removesuffix("_json") for item in fields(row))
    return ", ".join(name for name in names if name != "data")


RUN_COLUMNS, MODEL_COLUMNS, SESSION_COLUMNS = columns(Run), columns(Model), columns(Session)
PICTURE_COLUMNS = columns(PictureEntry)
