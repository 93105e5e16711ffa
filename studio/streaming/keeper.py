"""Keeps the session of the lanes that write: as it goes, under a name, and as a transcript."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError
from studio.sessions import SessionData, default_name, export

if TYPE_CHECKING:
    from studio.registry import Registry, Session
    from studio.streaming.desk import Desk
    from studio.streaming.source import Source
    from studio.streaming.streamer import Streamer

SAVE_EVERY = 3.0
SAVE_SHARE = 30
"""A session is not saved again before so many times the time that saving it took has passed."""


class Keeper:
    """One session at a time, that of `live`. Its methods belong to the backstage thread; they raise UserError.

    `surprise` and `chosen` are how the page shows the lanes: part of the session, set by the page.
    """

    def __init__(self, registry: Registry, streamer: Streamer) -> None:
        self._registry = registry
        self._streamer = streamer
        self.live: Desk | None = None
        self.source: Source | None = None
        self.session: Session | None = None
        self.surprise = False
        self.chosen = 0
        self._default = ""
        self._saved: object = None
        self._not_before = 0.0

    @property
    def name(self) -> str:
        """What the session is called; a session gets its place in the registry with its first character."""
        return self.session.name if self.session else self._default

    def begin(self, live: Desk, source: Source, session: Session | None) -> None:
        """Keep these lanes from now on: as `session`, or as one that is yet to come."""
        self.live, self.source, self.session = live, source, session
        self._default = default_name(source.name)
        self._saved = self._signature() if session else None

    def tick(self) -> None:
        """Save, if something has changed and it is time to."""
        if time.monotonic() >= self._not_before:
            self.save()

    def save(self) -> None:
        """Save, if something has changed."""
        signature, start = self._signature(), time.monotonic()
        if signature == self._saved or not self._has_text():
            return
        data = self.data()
        session_id = self.session.id if self.session else None
        self.session = self._registry.save_session(session_id, self.name, data.to_json(), data.summary)
        self._saved = signature
        self._not_before = time.monotonic() + max(SAVE_EVERY, SAVE_SHARE * (time.monotonic() - start))

    def data(self) -> SessionData:
        """The session as it stands; safe in any thread. Raises UsageError if there is none."""
        if self.live is None or self.source is None:
            raise UsageError("there are no lanes yet")
        lanes = self.live.save()
        return SessionData(self.source.to_json(), lanes, self._streamer.pace, self.surprise, self.chosen)

    def rename(self, name: str, session_id: str) -> None:
        """Name a session."""
        renamed = self._registry.rename_session(session_id, name)
        if self.session is not None and self.session.id == session_id:
            self.session = renamed

    def forget(self, session_id: str) -> None:
        """Delete a session. If it is the one on show, its lanes go on as one that is yet to come."""
        self._registry.delete_session(session_id)
        if self.session is not None and self.session.id == session_id:
            self.session = None
            self._saved = self._signature()

    def export(self, path: Path, session_id: str | None) -> Path:
        """Write a transcript of a session, or of the lanes on show; see `sessions.export`."""
        if session_id is None:
            return export(path, self.name, self.data())
        session = self._registry.session(session_id)
        return export(path, session.name, SessionData.from_json(session.data or {}))

    def _signature(self) -> object:
        """What has to change before it is worth saving again."""
        channels = self.live.channels if self.live else ()
        lanes = [(each.lane.position, each.lane.edits, each.lane.settings, each.paused) for each in channels]
        return lanes, self._streamer.pace, self.surprise, self.chosen

    def _has_text(self) -> bool:
        channels = self.live.channels if self.live else ()
        return any(channel.lane.position > channel.lane.prompt_end for channel in channels)
