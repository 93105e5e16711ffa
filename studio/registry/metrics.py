"""The history of a run's figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from studio.registry.store import Store


class Metrics(Store):
    """The registry's metrics: by run and step. NaN and infinity survive."""

    def add_metrics(self, run_id: str, rows: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Add (step, figures by name) rows, in one transaction; a step that is there already gets the new figures."""
        with self.database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO metrics (run_id, step, figures) VALUES (?, ?, ?)",
                [(run_id, step, json.dumps(dict(figures))) for step, figures in rows],
            )

    def metrics(self, run_id: str, limit: int | None = None) -> list[tuple[int, dict[str, float]]]:
        """(step, figures by name) in the order of steps; with `limit` at most so many, spread evenly, the newest in."""
        with self.database.read() as connection:
            query = "SELECT step, figures FROM metrics WHERE run_id = ? ORDER BY step"
            rows = connection.execute(query, (run_id,)).fetchall()
        if limit is not None and len(rows) > limit:
            last = len(rows) - 1
            rows = [rows[last - (last * place) // limit] for place in reversed(range(limit))]
        return [(step, json.loads(figures)) for step, figures in rows]

    def forget_metrics(self, run_id: str, after: int) -> None:
        """Drop the figures of steps above `after`: a run that resumes from there will do them again."""
        with self.database.write() as connection:
            connection.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", (run_id, after))
