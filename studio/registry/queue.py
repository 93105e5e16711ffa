"""Who executes which run, and what it is asked to do meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection

from models.errors import UsageError
from studio.registry.files import Entry
from studio.registry.models import Models
from studio.registry.owners import is_alive, is_here
from studio.registry.pictures import Pictures
from studio.registry.rows import ACTIVE, RETRYABLE, Request, Run, RunState
from studio.registry.runs import Runs
from studio.visible import visible

SILENT = 15.0  # seconds without a heartbeat after which a dead process's run is interrupted
SILENT_ELSEWHERE = 600.0  # the same for a process of another machine, which cannot be looked at


class Queue(Runs, Models, Pictures):
    """The states of runs: queued, claimed, asked, finished. Each change is one transaction, safe among processes."""

    def claim(self, owner: str, device: str, ids: Collection[str] | None = None) -> Run | None:
        """Take the run that has been queued longest (of `ids`, if given) for this owner; None if there is none."""
        if not self.runs("queued", limit=1):  # asked every second by idle workers, so without the write lock
            return None
        with self.database.write() as connection:
            queued = connection.execute("SELECT id FROM runs WHERE state = 'queued' ORDER BY queued, rowid").fetchall()
            chosen = next((run_id for (run_id,) in queued if ids is None or run_id in ids), None)
            if chosen is None:
                return None
            take(connection, chosen, owner, device)
        return self.run(chosen)

    def claim_run(self, run_id: str, owner: str, device: str) -> Run:
        """Take this run for this owner: a queued one, or one that goes on after it was stopped, failed or interrupted.

        Raises UsageError in any other state.
        """
        with self.database.write() as connection:
            requeue(connection, run_id)
            if not take(connection, run_id, owner, device):
                raise UsageError(f"the run '{self.run(run_id).name}' is {self.run(run_id).state}, not queued")
        return self.run(run_id)

    def set_state(self, run_id: str, owner: str, state: RunState) -> bool:
        """Between running and paused, for the owner; False if the run is no longer its own."""
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE runs SET state = ?, heartbeat = ? "
                "WHERE id = ? AND owner = ? AND state IN ('running', 'paused')",
                (state, time.time(), run_id, owner),
            )
            return changed.rowcount == 1

    def finish_run(self, run_id: str, state: RunState, error: str = "", *, owner: str | None = None) -> bool:
        """The end of a run, with one line of why for a failed one; whether that was written.

        With `owner` it is only if the run is still active and still the owner's.
        """
        now = time.time()
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE runs SET state = ?, error = ?, request = NULL, ended = ?, heartbeat = ? "
                "WHERE id = ? AND (? IS NULL OR (owner = ? AND state IN ('running', 'paused')))",
                (state, visible(error), now, now, run_id, owner, owner),
            )
            return changed.rowcount == 1

    def beat(self, run_id: str, owner: str) -> bool:
        """Say that the owner is alive; False if the run is no longer its own (or no longer there)."""
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE runs SET heartbeat = ? WHERE id = ? AND owner = ? AND state IN ('running', 'paused')",
                (time.time(), run_id, owner),
            )
            return changed.rowcount == 1

    def request(self, run_id: str, what: Request | None) -> None:
        """Ask whoever executes a run to pause, resume, stop (and keep) or discard it; None takes that back.

        A queued run is stopped or discarded at once, and one that has ended is discarded at once. Raises UsageError
        for what makes no sense in its state.
        """
        with self.database.write() as connection:
            run = self.run(run_id)
            if run.is_active or what is None:
                connection.execute("UPDATE runs SET request = ? WHERE id = ?", (what, run.id))
                return
            if run.state == "queued" and what == "stop":
                now = time.time()
                connection.execute("UPDATE runs SET state = 'stopped', ended = ? WHERE id = ?", (now, run.id))
                return
        if what != "discard":
            raise UsageError(f"the run '{run.name}' is {run.state}: there is nothing to {what}")
        self.discard_run(run.id)

    def requested(self, run_id: str) -> Request | None:
        """What a run was last asked to do and has not answered yet; None also for a run that is gone."""
        with self.database.read() as connection:
            found = connection.execute("SELECT request FROM runs WHERE id = ?", (run_id,)).fetchone()
        return found[0] if found else None

    def answer(self, run_id: str, what: Request) -> None:
        """Take a request off, unless a newer one has replaced it."""
        with self.database.write() as connection:
            connection.execute("UPDATE runs SET request = NULL WHERE id = ? AND request = ?", (run_id, what))

    def requeue(self, run_id: str) -> Run:
        """Queue a stopped, failed or interrupted run again; it goes on from its checkpoint. Raises UsageError."""
        with self.database.write() as connection:
            run = self.run(run_id)
            if run.state not in RETRYABLE:
                raise UsageError(
                    f"the run '{run.name}' is {run.state}: only a stopped, failed or interrupted one goes on"
                )
            requeue(connection, run.id)
        return self.run(run.id)

    def mark_interrupted(self) -> list[Run]:
        """Mark the runs whose process has died, and return them.

        Dead is: silent for 15 s and no such process on this machine; silent for 10 minutes on another one.
        """
        now, marked = time.time(), []
        for run in self.runs(ACTIVE):
            silent = now - (run.heartbeat or 0)
            dead = silent > SILENT and not is_alive(run.owner) if is_here(run.owner) else silent > SILENT_ELSEWHERE
            if not dead:
                continue
            with self.database.write() as connection:
                changed = connection.execute(
                    "UPDATE runs SET state = 'interrupted', request = NULL, note = '', ended = heartbeat, error = ? "
                    "WHERE id = ? AND owner = ? AND heartbeat IS ? AND state IN ('running', 'paused')",
                    ("the program that ran it has died", run.id, run.owner, run.heartbeat),
                )
            if changed.rowcount:
                marked.append(self.run(run.id))
        return marked

    def discard_run(self, run_id: str, *, owner: str | None = None) -> None:
        """Delete a run and what it made. Raises UsageError while it is executed by anyone but `owner`."""

        def find() -> list[Entry]:
            found = [self._deletable(run_id, owner)]
            found += [("pictures", entry.id, entry.file) for entry in self.pictures_of_run(run_id)]
            model_id = self.run(run_id).model_id
            return found if model_id is None else [*found, ("models", model_id, self.model(model_id).file)]

        self.files.delete(find)


def requeue(connection: sqlite3.Connection, run_id: str) -> None:
    """Queue a run that can go on, within a transaction; one in another state is left alone."""
    connection.execute(
        "UPDATE runs SET state = 'queued', queued = ?, owner = '', device = '', error = '', note = '', request = NULL, "
        "ended = NULL WHERE id = ? AND state IN ('stopped', 'failed', 'interrupted')",
        (time.time(), run_id),
    )


def take(connection: sqlite3.Connection, run_id: str, owner: str, device: str) -> bool:
    """Make a queued run the owner's; False if it is not queued."""
    now = time.time()
    changed = connection.execute(
        "UPDATE runs SET state = 'running', owner = ?, device = ?, started = coalesce(started, ?), heartbeat = ?, "
        "ended = NULL, error = '', request = NULL WHERE id = ? AND state = 'queued'",
        (owner, device, now, now, run_id),
    )
    return bool(changed.rowcount == 1)
