"""Runs as entries of the registry; who executes them is in `queue`."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import CorruptFileError, UsageError
from studio.config import make_folder
from studio.registry.files import Entry, note
from studio.registry.names import check_name, known_as, new_id
from studio.registry.rows import RUN_COLUMNS, STATES, Run, RunState, rows
from studio.registry.store import Store
from studio.visible import visible

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint

CHANGEABLE = frozenset(
    ["name", "device", "step", "total", "epoch", "seconds", "metrics", "error", "note", "model_id", "base_id", "rate",
     "unit", "remaining", "has_best"]
)  # fmt: skip


class Runs(Store):
    """Runs as entries: made, listed, changed, deleted, and the state that each resumes from."""

    def add_run(
        self,
        family: str,
        recipe: Mapping[str, Any],
        name: str = "",
        base_id: str | None = None,
        *,
        owner: str = "",
        device: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> Run:
        """A new run, queued; with an `owner` it is that owner's from the start, so that no one else claims it.

        `name` is free text and need not be unique; empty, it is the family's. `base_id` is the model whose weights it
        starts from; `options` are further arguments for the family's run. Raises UsageError for a bad name.
        """
        name = check_name(name or family)
        now = time.time()
        state, started = ("running", now) if owner else ("queued", None)
        with self.database.write() as connection:
            while True:
                run_id = new_id()
                if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone() is None:
                    break
            connection.execute(
                "INSERT INTO runs (id, family, name, recipe, options, state, device, owner, base_id, created, queued, "
                "started, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (run_id, family, name, json.dumps(dict(recipe)), json.dumps(dict(options or {})), state, device, owner,
                 base_id, now, now, started, started),
            )  # fmt: skip
        return self.run(run_id)

    def run(self, id_or_name: str) -> Run:
        """The run with this id, or the only one with this name. Raises UsageError."""
        query, wanted = f"SELECT {RUN_COLUMNS} FROM runs WHERE ", known_as(id_or_name)
        with self.database.read() as connection:
            found = connection.execute(query + "id = ?", (wanted,)).fetchall()
            if not found:
                found = connection.execute(query + "name = ? LIMIT 2", (wanted,)).fetchall()
        if not found:
            raise UsageError(f"there is no run '{visible(id_or_name)}'")
        if len(found) > 1:
            raise UsageError(f"several runs are called '{visible(id_or_name)}': give the id of one")
        return Run(*found[0])

    def runs(self, state: RunState | Collection[RunState] | None = None, limit: int | None = None) -> list[Run]:
        """The runs, newest first: all of them, or those in a state or in one of several."""
        states = STATES if state is None else (state,) if isinstance(state, str) else tuple(state)
        where = "" if state is None else f"WHERE state IN ({', '.join('?' * len(states))})"
        with self.database.read() as connection:
            found = connection.execute(
                f"SELECT {RUN_COLUMNS} FROM runs {where} ORDER BY created DESC, rowid DESC LIMIT ?",
                (*(states if state is not None else ()), -1 if limit is None else limit),
            ).fetchall()
        return rows(Run, found)

    def update_run(self, run_id: str, **changes: Any) -> None:
        """Change some columns of a run: any of CHANGEABLE. A run that is gone is left alone."""
        with self.database.write() as connection:
            change(connection, run_id, changes)

    def delete_run(self, run_id: str, *, owner: str | None = None) -> None:
        """Delete a run with its checkpoint, metrics and log; its model stays. Raises UsageError while it is executed
        by anyone but `owner`."""

        self.files.delete(lambda: [self._deletable(run_id, owner)])

    def _deletable(self, run_id: str, owner: str | None) -> Entry:
        run = self.run(run_id)
        if run.is_active and run.owner != owner:
            raise UsageError(f"the run '{run.name}' is {run.state}: stop it first")
        return "runs", run.id, f"runs/{run.id}"

    def save_checkpoint(self, run_id: str, checkpoint: Checkpoint) -> None:
        """Keep the state that the run resumes from, in place of the one before. Raises StorageError: that one stays."""
        run = self.run(run_id)
        with self.files.written(f"runs/{run.id}", "checkpoint", checkpoint) as (connection, name, saved):
            found = connection.execute("SELECT file FROM runs WHERE id = ?", (run.id,)).fetchone()
            if found is None:
                raise UsageError(f"there is no run '{run.name}' any more")
            connection.execute(
                "UPDATE runs SET file = ?, size = ?, sha256 = ? WHERE id = ?", (name, saved.size, saved.sha256, run.id)
            )
            if found[0] is not None:
                note(connection, found[0])
        if found[0] is not None:
            self.files.remove(found[0])

    def load_checkpoint(self, run_id: str) -> Checkpoint | None:
        """The state to resume from, its checksum verified; None if there is none. Raises CorruptFileError."""
        tried = None
        while True:
            with self.database.read() as connection:
                found = connection.execute("SELECT name, file, sha256 FROM runs WHERE id = ?", (run_id,)).fetchone()
            if found is None or found[1] is None:
                return None
            name, file, sha256 = found
            try:
                return self.files.load(file, sha256, f"the run '{name}'")
            except FileNotFoundError:
                problem = CorruptFileError(f"missing: the checkpoint of the run '{name}' is gone")
            except CorruptFileError as error:
                problem = error
            if file == tried:  # else it may have been replaced, and deleted under our hands
                raise problem
            tried = file

    def run_log(self, run_id: str) -> Path:
        """Where the run's log is (it need not exist yet): plain text, a time in front of each line."""
        return make_folder(self.paths.runs / self.run(run_id).id) / "log.txt"


def change(connection: sqlite3.Connection, run_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a run, within a transaction. Raises ValueError for a column that is not to be changed."""
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"not columns to change: {sorted(unknown)}")
    values = dict(changes)
    if "name" in values:
        values["name"] = check_name(values["name"])
    if "metrics" in values:
        values["metrics"] = json.dumps(dict(values["metrics"]))
    for column in {"error", "note"} & values.keys():
        values[column] = visible(values[column])
    assignments = ", ".join(f"{column} = ?" for column in values)
    if values:
        connection.execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*values.values(), run_id))
