"""Keeps a run's snapshots: its state to resume from, and what it makes."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.errors import UserError
from studio.registry import Model, PictureEntry, Registry

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Picture, Snapshot

RETRY = 10.0  # seconds after which a failed save is tried again


class Keeper(ABC):
    """Saves one run's snapshots. What cannot be saved now (a full disk) waits, and is tried again.

    The state is kept whole from every snapshot that is not `live`, the newest only; a subclass keeps what comes of it.
    """

    def __init__(
        self,
        registry: Registry,
        run_id: str,
        say: Callable[[str], None],
        saved: Callable[[Model | PictureEntry], None],
    ) -> None:
        self.registry, self.run_id, self.saved = registry, run_id, saved
        self._say = say
        self._state: Checkpoint | None = None
        self._retry_at = 0.0
        self.problem = ""
        """Why the last attempt failed; empty if it did not."""

    @property
    def is_waiting(self) -> bool:
        """Whether something has still to be saved."""
        return self._state is not None or self.has_results

    @property
    @abstractmethod
    def has_results(self) -> bool:
        """Whether something that the run made has still to be saved."""

    @abstractmethod
    def take(self, snapshot: Snapshot) -> None:
        """Take what the run makes out of a snapshot that is not `live`."""

    @abstractmethod
    def save_results(self) -> None:
        """Save what the run makes. Raises UserError; what was saved by then is not saved again."""

    def put(self, snapshot: Snapshot) -> None:
        """Take a snapshot in, and save it unless the last attempt failed just now."""
        if snapshot.reason == "live":
            return
        self._state = snapshot.checkpoint
        self.take(snapshot)
        if snapshot.reason == "final":
            self._retry_at = 0.0
        self.tick()

    def put_picture(self, picture: Picture) -> None:  # noqa: B027
        """Take in a picture that is to be kept; for runs that make pictures."""

    def tick(self) -> None:
        """Try again, when it is time to."""
        if self.is_waiting and time.monotonic() >= self._retry_at:
            self.flush()

    def flush(self) -> bool:
        """Save what waits; whether all of it is saved. Says so when it starts to fail, and when it is over."""
        try:
            self.save_results()
            if self._state is not None:
                self.registry.save_checkpoint(self.run_id, self._state)
                self._state = None
        except UserError as error:
            if not self.problem:
                self._say(f"not saved: {error}; what was saved before is whole, and it will be tried again")
            self.problem = str(error)
            self._retry_at = time.monotonic() + RETRY
            return False
        if self.problem:
            self._say("saved: there is room again")
        self.problem = ""
        return True


class ModelKeeper(Keeper):
    """Keeps the model: the weights of the best snapshot; as long as there has been no best, of the final one."""

    def __init__(
        self,
        registry: Registry,
        run_id: str,
        say: Callable[[str], None],
        saved: Callable[[Model | PictureEntry], None],
    ) -> None:
        super().__init__(registry, run_id, say, saved)
        self._weights: Checkpoint | None = None
        run = registry.run(run_id)
        self._is_best = bool(run.has_best) and run.model_id is not None

    @property
    def has_results(self) -> bool:
        return self._weights is not None

    def take(self, snapshot: Snapshot) -> None:
        if snapshot.reason == "best" or (snapshot.reason == "final" and not self._is_best):
            self._weights = snapshot.checkpoint.weights_only()
            self._is_best = snapshot.reason == "best"

    def save_results(self) -> None:
        if self._weights is None:
            return
        run = self.registry.run(self.run_id)
        model = self.registry.save_model(self._weights, name=run.name, run_id=run.id, model_id=run.model_id)
        self.registry.update_run(run.id, has_best=int(self._is_best))
        self._weights = None
        self.saved(model)
