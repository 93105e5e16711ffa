"""Where the weights come from: a model of the registry, or a run whose newest weights are followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import CorruptFileError, UsageError
from studio.live import figures_of
from studio.registry import ACTIVE

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from studio.jobs import Jobs
    from studio.registry import Registry, Run


@dataclass(frozen=True, slots=True)
class Source:
    """A model or a run of the registry. As JSON it is part of a session."""

    name: str
    model_id: str = ""
    run_id: str = ""

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "model_id": self.model_id, "run_id": self.run_id}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Source:
        """Raises CorruptFileError."""
        try:
            return cls(str(data["name"]), str(data["model_id"]), str(data["run_id"]))
        except (KeyError, TypeError) as error:
            raise CorruptFileError(f"corrupt: the session does not say what wrote it ({error})") from None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the head line says of the weights in use: steps of `total`, and metrics (losses in nats a symbol)."""

    step: int = 0
    total: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    phase: str = ""
    """What a followed run does or waits for."""

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> Standing:
        """That of a checkpoint."""
        return cls(int(meta.get("step", 0)), None, dict(meta.get("metrics", {})))


class Follower:
    """Looks for the newest weights of a run: in the slots of this process, else in the registry."""

    def __init__(self, registry: Registry, jobs: Jobs, run_id: str) -> None:
        self._registry = registry
        self._jobs = jobs
        self._seen: object = None
        self.run: Run = registry.run(run_id)
        self.standing = Standing()

    @property
    def ended(self) -> bool:
        return self.run.state not in ACTIVE and self.run.state != "queued"

    def newest(self) -> Checkpoint | None:
        """A checkpoint that was not seen before, or None. Brings `run` and `standing` up to date.

        Raises UsageError once the run is gone, CorruptFileError for a damaged checkpoint.
        """
        self.run = run = self._registry.run(self.run.id)
        slots = None if self.ended else self._jobs.slots(run.id)
        live = figures_of(run, slots)
        self.standing = Standing(live.done, live.total, live.metrics, (slots and slots.phase) or run.state)
        if slots is None:
            if not run.has_checkpoint or run.file == self._seen:
                return None
            self._seen = run.file
            return self._registry.load_checkpoint(run.id)
        checkpoint = slots.checkpoint
        if checkpoint is None or checkpoint is self._seen:
            return None
        self._seen = checkpoint
        return checkpoint


def load(registry: Registry, source: Source) -> tuple[Checkpoint, Source]:
    """The weights of a source, and the source as it is now: a run that is done has become a model.

    Raises UsageError if it is gone or has no weights yet, CorruptFileError if its file is damaged.
    """
    if source.model_id:
        model = registry.model(source.model_id)
        return registry.load_model(model.id), Source(model.name, model.id, source.run_id)
    run = registry.run(source.run_id)
    if run.model_id and not run.is_active:
        model = registry.model(run.model_id)
        return registry.load_model(model.id), Source(model.name, model.id, run.id)
    checkpoint = registry.load_checkpoint(run.id)
    if checkpoint is None:
        raise UsageError(f"the run '{run.name}' has no weights yet")
    return checkpoint, Source(run.name, "", run.id)
