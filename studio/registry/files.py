"""Checkpoints and pictures as files that are never half there.

A file's name is an id and a version, never a person's words, and what it holds never changes. To replace one: note
the new name as a stray, write it beside and rename it, point the database at it and note the old one as a stray in
one transaction, delete the old one. Whenever that is cut off, the database points at a whole file, and what is left
over is known and swept at a later start. Files that the database never heard of are left alone.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from models.errors import CorruptFileError
from studio.config import make_folder
from studio.registry.database import Database
from studio.registry.errors import FullError, StorageError, unwritten

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint, Saved

SUFFIX = ".safetensors"
Entry = tuple[Literal["models", "runs", "pictures"], str, str]
"""An entry's table, its id, and the path of its file or folder."""
ABANDONED = 3600.0  # seconds after which nobody can still be writing a stray


class Files:
    """The files under `home`, named in the database by their path from there."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home = home
        self.database = database

    @contextlib.contextmanager
    def written(
        self, folder: str, stem: str, content: Checkpoint | bytes, suffix: str = SUFFIX
    ) -> Iterator[tuple[sqlite3.Connection, str, Saved]]:
        """Write a new version, then open the transaction that has to point at it: (connection, its path, checksum).

        If that fails, the new file is removed again. Raises StorageError if it cannot be written.
        """
        from models import checkpoint as checkpoints

        name = f"{folder}/{stem}-{os.urandom(5).hex()}{suffix}"
        path = self.home / name
        with self.database.write() as connection:
            note(connection, name)
        try:
            try:
                make_folder(path.parent)
                if isinstance(content, bytes):
                    saved = checkpoints.save_bytes(path, content)
                else:
                    saved = checkpoints.save(path, content)
                path.chmod(0o600)
            except OSError as error:
                raise unwritten(error, path) from error
            with self.database.write() as connection:
                forget(connection, name)
                yield connection, name, saved
        except BaseException:
            self.remove(name)
            raise

    def delete(self, find: Callable[[], list[Entry]]) -> None:
        """Delete entries, all in one transaction, and their files or folders. `find` is called within it.

        On a full disk even that transaction may find no room: then the files go first and make some.
        """
        found: list[Entry] = []

        def delete_entries() -> None:
            with self.database.write() as connection:
                found[:] = find()
                for table, entry_id, name in found:
                    connection.execute(f"DELETE FROM {table} WHERE id = ?", (entry_id,))
                    note(connection, name)

        try:
            delete_entries()
        except FullError:
            for _, _, name in found:
                self.remove(name)
            delete_entries()
        for _, _, name in found:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Delete a stray file or folder; one that cannot be deleted now is left to a later sweep."""
        path = self.home / name
        with contextlib.suppress(OSError, StorageError):
            if path.is_dir() and not path.is_symlink():
                import shutil

                shutil.rmtree(path)
            else:
                for part in path.parent.glob(f".{path.name}.*.part"):
                    part.unlink(missing_ok=True)
                path.unlink(missing_ok=True)
            with self.database.write() as connection:
                forget(connection, name)

    def sweep(self, older_than: float = ABANDONED) -> int:
        """Delete the strays that were noted more than `older_than` seconds ago; returns how many."""
        with self.database.read() as connection:
            found = connection.execute(
                "SELECT path FROM strays WHERE noted <= ?", (time.time() - older_than,)
            ).fetchall()
        for (name,) in found:
            self.remove(name)
        return len(found)

    def load(self, name: str, sha256: str, what: str) -> Checkpoint:
        """The checkpoint at `name`. Raises CorruptFileError that calls it `what`, FileNotFoundError if it is gone."""
        from models import checkpoint as checkpoints

        try:
            return checkpoints.load(self.home / name, sha256)
        except CorruptFileError:
            told = f"corrupt: the file of {what} is damaged: put {self.home / name} back from a copy, or delete it"
            raise CorruptFileError(told) from None


def note(connection: sqlite3.Connection, name: str) -> None:
    """Note a file as not wanted, or not wanted yet."""
    connection.execute("INSERT OR REPLACE INTO strays (path, noted) VALUES (?, ?)", (name, time.time()))


def forget(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("DELETE FROM strays WHERE path = ?", (name,))
