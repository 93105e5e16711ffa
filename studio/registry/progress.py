"""What a run leaves behind as it goes: the history of its figures, the newest texts, signs of life."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from studio.registry.rows import ACTIVE, Request, mapping
from studio.registry.runs import change
from studio.registry.store import Store

Row = tuple[int, Mapping[str, float]]


class Progress(Store):
    """The registry's metrics, by run and step (NaN and infinity survive), and sample texts, by run and label."""

    def add_metrics(self, run_id: str, rows: Sequence[Row]) -> None:
        """Add (step, figures by name) rows, in one transaction; a step that is there already gets the new figures."""
        with self.database.write() as connection:
            insert_metrics(connection, run_id, rows)

    def add_progress(
        self, run_id: str, owner: str, columns: Mapping[str, Any], rows: Sequence[Row], texts: Mapping[str, str]
    ) -> bool:
        """All that an executing run has to tell, in one transaction: columns of the run, metrics, newest texts, and
        a heartbeat. False, and nothing is written, if the run is not the owner's any more."""
        with self.database.write() as connection:
            found = connection.execute("SELECT owner, state FROM runs WHERE id = ?", (run_id,)).fetchone()
            if found is None or found[0] != owner or found[1] not in ACTIVE:
                return False
            connection.execute("UPDATE runs SET heartbeat = ? WHERE id = ?", (time.time(), run_id))
            change(connection, run_id, columns)
            insert_metrics(connection, run_id, rows)
            connection.executemany(
                "INSERT OR REPLACE INTO texts (run_id, label, text) VALUES (?, ?, ?)",
                [(run_id, label, text.encode("utf-8", "replace").decode()) for label, text in texts.items()],
            )
        return True

    def standing(self, run_id: str, owner: str) -> tuple[bool, Request | None]:
        """Whether an executing run is still the owner's, and what it is asked to do. Only reads: cheap to poll."""
        with self.database.read() as connection:
            query = "SELECT owner, state, request FROM runs WHERE id = ?"
            found = connection.execute(query, (run_id,)).fetchone()
        if found is None or found[0] != owner or found[1] not in ACTIVE:
            return False, None
        return True, found[2]

    def texts(self, run_id: str) -> dict[str, str]:
        """The newest text that a run wrote, by label. It came from a model: control characters and all."""
        with self.database.read() as connection:
            return dict(connection.execute("SELECT label, text FROM texts WHERE run_id = ? ORDER BY label", (run_id,)))

    def metrics(self, run_id: str, limit: int | None = None) -> list[tuple[int, dict[str, float]]]:
        """(step, figures by name) in the order of steps; with `limit` at most so many, spread evenly, the newest in."""
        with self.database.read() as connection:
            query = "SELECT step, figures FROM metrics WHERE run_id = ? ORDER BY step"
            rows = connection.execute(query, (run_id,)).fetchall()
        if limit is not None and len(rows) > limit:
            last = len(rows) - 1
            rows = [rows[last - (last * place) // limit] for place in reversed(range(limit))]
        return [(step, mapping(figures)) for step, figures in rows]

    def forget_metrics(self, run_id: str, after: int) -> None:
        """Drop the figures of steps above `after`: a run that resumes from there will do them again."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", (run_id, after))


def insert_metrics(connection: sqlite3.Connection, run_id: str, rows: Sequence[Row]) -> None:
    """Add rows within a transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO metrics (run_id, step, figures) VALUES (?, ?, ?)",
        [(run_id, step, json.dumps(dict(figures))) for step, figures in rows],
    )
