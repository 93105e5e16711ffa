"""What a run yields, and what it may be sent.

A run is a generator of events: training, a dream, a style transfer, a text stream, a latent walk. It knows no
thread, no screen and no database. Not asking for the next event pauses it; closing it stops it at once; sending it
`Stop()` lets it answer with a last `Snapshot` and end.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: `step` steps of `total` are done (None: no end is set).

    `metrics` holds the newest figures by name: `loss` and `val_loss` (nats per unit), `learning_rate`.
    `seconds` is the time worked so far, over all sittings of the run. `rate` counts `unit` a second.
    `remaining` is the time left, in seconds, where it can be told.
    """

    step: int
    total: int | None
    metrics: Mapping[str, float]
    seconds: float
    epoch: float = 0.0
    rate: float = 0.0
    unit: str = "step"
    remaining: float | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Text that a model wrote; `label` tells the samples of one run apart (`T=0.5`)."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, uint8 of shape (height, width, 3), 0..255; `label` tells the pictures of one run apart.

    One with `keep` is a result of its own, to be kept with `about`, the meta of a checkpoint made now; the others are
    for whoever watches, and may be dropped.
    """

    pixels: NDArray[np.uint8]
    label: str = ""
    keep: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is needed to use the model now, and to resume the run from here.

    `live` snapshots are for whoever watches and may be dropped; `timed` ones bound the work lost to a crash; a
    `best` one has the best validation so far; the `final` one is the last event of a run.
    """

    checkpoint: Checkpoint
    reason: Literal["live", "timed", "best", "final"]


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the person who watches."""

    text: str
    level: Literal["info", "warning"] = "info"


Event = Step | Text | Picture | Snapshot | Note


@dataclass(frozen=True, slots=True)
class Stop:
    """Sent into a run: answer with a final Snapshot, then end."""


@dataclass(frozen=True, slots=True)
class Tune:
    """Sent into a run: change these knobs from the next step on; a run ignores the ones it cannot change."""

    changes: Mapping[str, Any] = field(default_factory=dict)


Command = Stop | Tune
Run = Generator[Event, Command | None, None]
