"""Keeps a run's snapshots: its state to resume from, and the model that it makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.errors import UserError
from studio.registry import Model, Registry

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Snapshot

RETRY = 10.0  # seconds after which a failed save is tried again


class Keeper:
    """Saves one run's snapshots. What cannot be saved now (a full disk) waits, the newest only, and is tried again.

    The state is kept whole from every snapshot that is not `live`. The model is the weights of the best one; as long
    as there has been no best, of the final one.
    """

    def __init__(
        self, registry: Registry, run_id: str, say: Callable[[str], None], saved: Callable[[Model], None]
    ) -> None:
        self._registry, self._run_id, self._say, self._saved = registry, run_id, say, saved
        self._state: Checkpoint | None = None
        self._weights: Checkpoint | None = None
        run = registry.run(run_id)
        self._is_best = bool(run.has_best) and run.model_id is not None
        self._retry_at = 0.0
        self.problem = ""
        """Why the last attempt failed; empty if it did not."""

    @property
    def is_waiting(self) -> bool:
        """Whether something has still to be saved."""
        return self._state is not None or self._weights is not None

    def put(self, snapshot: Snapshot) -> None:
        """Take a snapshot in, and save it unless the last attempt failed just now."""
        if snapshot.reason == "live":
            return
        self._state = snapshot.checkpoint
        if snapshot.reason == "best" or (snapshot.reason == "final" and not self._is_best):
            self._weights = snapshot.checkpoint.weights_only()
            self._is_best = snapshot.reason == "best"
        if snapshot.reason == "final":
            self._retry_at = 0.0
        self.tick()

    def tick(self) -> None:
        """Try again, when it is time to."""
        if self.is_waiting and time.monotonic() >= self._retry_at:
            self.flush()

    def flush(self) -> bool:
        """Save what waits; whether all of it is saved. Says so when it starts to fail, and when it is over."""
        try:
            if self._weights is not None:
                self._save_model(self._weights)
                self._weights = None
            if self._state is not None:
                self._registry.save_checkpoint(self._run_id, self._state)
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

    def _save_model(self, weights: Checkpoint) -> None:
        run = self._registry.run(self._run_id)
        model = self._registry.save_model(weights, name=run.name, run_id=run.id, model_id=run.model_id)
        self._registry.update_run(run.id, has_best=int(self._is_best))
        self._saved(model)
