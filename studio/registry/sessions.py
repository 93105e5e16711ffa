"""Sampling sessions: model, lanes, settings, text and seeds, as the Text page keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.errors import UsageError
from studio.registry.names import check_name, known_as, new_id
from studio.registry.rows import SESSION_COLUMNS, Session, mapping
from studio.registry.store import Store
from studio.visible import visible


class Sessions(Store):
    """The registry's sampling sessions."""

    def save_session(self, session_id: str | None, name: str, data: Mapping[str, Any], summary: str = "") -> Session:
        """Keep a session: a new one for None, else in place of what was saved under that id.

        `data` is plain JSON; `summary` is a line for the listing. A session that was deleted meanwhile comes back
        under its id. Raises UsageError for a bad name.
        """
        name, text, now = check_name(name), json.dumps(dict(data)), time.time()
        with self.database.write() as connection:
            while session_id is None:
                session_id = new_id()
                if connection.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone():
                    session_id = None
            connection.execute(
                "INSERT INTO sessions (id, name, summary, data, created, changed) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, summary = excluded.summary, "
                "data = excluded.data, changed = excluded.changed",
                (session_id, name, visible(summary), text, now, now),
            )
        return self.session(session_id)

    def sessions(self) -> list[Session]:
        """All sessions, the one changed last first, without their data."""
        with self.database.read() as connection:
            query = f"SELECT {SESSION_COLUMNS} FROM sessions ORDER BY changed DESC, rowid DESC"
            return [Session(*row) for row in connection.execute(query)]

    def session(self, id_or_name: str) -> Session:
        """The session with this id, or the one changed last with this name, with its data. Raises UsageError."""
        with self.database.read() as connection:
            row = connection.execute(
                f"SELECT {SESSION_COLUMNS}, data FROM sessions WHERE id = ? OR name = ? "
                "ORDER BY id = ? DESC, changed DESC LIMIT 1",
                [known_as(id_or_name)] * 3,
            ).fetchone()
        if row is None:
            raise UsageError(f"there is no session '{visible(id_or_name)}'")
        *line, text = row
        return replace(Session(*line), data=mapping(text))

    def rename_session(self, session_id: str, name: str) -> Session:
        """Give a session another name. Raises UsageError for a bad name or an unknown session."""
        session, name = self.session(session_id), check_name(name)
        with self.database.write() as connection:
            connection.execute("UPDATE sessions SET name = ? WHERE id = ?", (name, session.id))
        return self.session(session.id)

    def delete_session(self, session_id: str) -> None:
        """Delete a session. Raises UsageError if there is none."""
        session = self.session(session_id)
        with self.database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session.id,))
