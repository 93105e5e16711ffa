"""The tables, and how a database of an older version becomes one of today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from models.errors import UserError

VERSION_1 = """
CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    family TEXT NOT NULL,
    recipe TEXT NOT NULL,
    metrics TEXT NOT NULL,
    step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    problem TEXT,
    run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
    created REAL NOT NULL
);
CREATE INDEX models_by_time ON models (created);
CREATE INDEX models_by_run ON models (run_id);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    name TEXT NOT NULL,
    recipe TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'running', 'paused', 'stopped', 'done', 'failed', 'interrupted')),
    device TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '',
    step INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    epoch REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    metrics TEXT NOT NULL DEFAULT '{}',
    error TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    request TEXT CHECK (request IN ('pause', 'resume', 'stop', 'discard')),
    model_id TEXT REFERENCES models (id) ON DELETE SET NULL,
    base_id TEXT,
    file TEXT UNIQUE,
    size INTEGER,
    sha256 TEXT,
    created REAL NOT NULL,
    queued REAL NOT NULL,
    started REAL,
    ended REAL,
    heartbeat REAL
);
CREATE INDEX runs_by_time ON runs (created);
CREATE INDEX runs_by_state ON runs (state, queued);
CREATE INDEX runs_by_model ON runs (model_id);

CREATE TABLE metrics (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (run_id, step)
) WITHOUT ROWID;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    data TEXT NOT NULL,
    created REAL NOT NULL,
    changed REAL NOT NULL
);
CREATE INDEX sessions_by_time ON sessions (changed);

-- Files that are being written or are no longer wanted: what a crash leaves of them is swept later.
CREATE TABLE strays (
    path TEXT PRIMARY KEY,
    noted REAL NOT NULL
);
"""

# What another process needs to show a run as well as its own does, and what only a family knows.
VERSION_2 = """
ALTER TABLE runs ADD COLUMN rate REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN unit TEXT NOT NULL DEFAULT 'step';
ALTER TABLE runs ADD COLUMN remaining REAL;
ALTER TABLE runs ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN has_best INTEGER NOT NULL DEFAULT 0;

CREATE TABLE texts (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_id, label)
) WITHOUT ROWID;
"""

# Pictures that runs make, small copies of them for lists, and what a run shows while it goes on.
VERSION_3 = """
CREATE TABLE pictures (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    family TEXT NOT NULL,
    recipe TEXT NOT NULL,
    about TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    frames INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL CHECK (kind IN ('png', 'gif', 'webp', 'mp4')),
    file TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    problem TEXT,
    run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
    created REAL NOT NULL
);
CREATE INDEX pictures_by_time ON pictures (created);
CREATE INDEX pictures_by_run ON pictures (run_id);

CREATE TABLE thumbnails (
    picture_id TEXT PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    data BLOB NOT NULL
);

CREATE TABLE previews (
    run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    data BLOB NOT NULL
);

ALTER TABLE runs ADD COLUMN picture_id TEXT REFERENCES pictures (id) ON DELETE SET NULL;
"""

MIGRATIONS: tuple[str, ...] = (VERSION_1, VERSION_2, VERSION_3)


def version(connection: sqlite3.Connection) -> int:
    """The schema version that the database says it has; 0 for a new one."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> bool:
    """Bring the database at `path` to the newest version, all at once or not at all; whether it was new.

    `connection` must be in autocommit mode. Raises UserError if a newer studio wrote the database.
    """
    if version(connection) == len(migrations):
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = version(connection)  # another process may have been faster
        if before > len(migrations):
            raise UserError(
                f"the registry {path} was written by a newer studio (schema {before}, this one knows "
                f"{len(migrations)}): update latent-studio, or set STUDIO_HOME to another folder"
            )
        for step in migrations[before:]:
            for statement in statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return before == 0


def statements(script: str) -> list[str]:
    """The statements of a script; `executescript` would commit before it starts."""
    found, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return found
