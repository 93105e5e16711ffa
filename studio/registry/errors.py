"""What can go wrong with the registry's disk, told in one line."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from models.errors import CorruptFileError, UserError

DAMAGED = {
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
}  # fmt: skip
SIGNS = ("unsupported file format", "malformed", "Could not decode to UTF-8", "no such column", "no such table")
"""How messages begin about damage that SQLite, or Python, has no code of its own for: a schema was migrated before."""
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class StorageError(UserError):
    """Something could not be written or read for now: a full disk, a lost mount, a lock held for too long.

    What was stored before is whole; trying again later may succeed.
    """


class FullError(StorageError):
    """There is no room left on the disk, or in the user's share of it."""


def told(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> UserError | None:
    """The error for people behind one of SQLite's, about the database at `path`; None for a mistake in a program."""
    if isinstance(error, sqlite3.IntegrityError):
        return None
    code = getattr(error, "sqlite_errorcode", None)
    if (
        isinstance(error, UnicodeDecodeError)
        or str(error).startswith(SIGNS)
        or (code is not None and code & 0xFF in DAMAGED)
    ):
        return CorruptFileError(
            f"corrupt: the registry {path} is damaged; move it away and start again: "
            f"a new one is made, and it lists the models in {path.parent / 'models'}"
        )
    if code is None:
        return None
    if code & 0xFF in BUSY:
        return StorageError(f"the registry {path} is held by another program; try again in a moment")
    if code & 0xFF == sqlite3.SQLITE_FULL:
        return FullError(f"cannot write the registry {path}: no space left on the disk")
    if isinstance(error, sqlite3.OperationalError) and code & 0xFF != sqlite3.SQLITE_ERROR:
        return StorageError(f"cannot use the registry {path}: {error}")
    return None


def unwritten(error: OSError, path: Path) -> StorageError:
    """The error for people behind a failed write of `path`."""
    kind = FullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
    return kind(f"cannot write {path}: {error.strerror or error}")
