"""One SQLite file, many threads and processes: a connection a thread, and short transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from studio.config import private
from studio.registry.errors import told, unwritten
from studio.registry.filesystem import is_network
from studio.registry.schema import migrate

PATIENCE = 60.0  # seconds to wait for another process's transaction; they take milliseconds


class Database:
    """The registry's database file. Every method may be called from any thread.

    SQLite's errors arrive as UserError: StorageError where trying again may help, CorruptFileError for a damaged file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[tuple[threading.Thread, sqlite3.Connection]] = []
        with self._told():
            try:
                os.close(private(path, os.O_RDWR | os.O_CREAT))  # SQLite gives its other files the same mode
            except OSError as error:
                raise unwritten(error, path) from error
            connection = self.connection()
            choose_journal(connection, "delete" if is_network(path.parent) else "wal")
            self.is_new = migrate(connection, path)
            self._watch = self._connect()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is None or held[0] != os.getpid():  # a connection must not cross a fork
            held = (os.getpid(), self._connect())
            self._local.held = held
            with self._lock:
                dead = [item for item in self._open if not item[0].is_alive()]
                self._open = [item for item in self._open if item[0].is_alive()]
                self._open.append((threading.current_thread(), held[1]))
            for _, connection in dead:
                connection.close()
        return held[1]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        # FULL: a file is deleted only after the commit that replaces it has reached the disk.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with."""
        with self._told():
            yield self.connection()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start: committed at the end, undone by an exception."""
        with self._told():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def revision(self) -> int:
        """A number that changes with every commit of any thread or process; costs a few microseconds to ask for."""
        with self._told(), self._lock:
            found: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
            return found

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the second, where SQLite quotes what is damaged
            if (better := told(error, self.path)) is None:
                raise
            raise better from error

    def close(self) -> None:
        """Close the connections of all threads; no other call may follow."""
        with self._lock:
            for _, connection in self._open:
                connection.close()
            self._open.clear()
            self._watch.close()


def choose_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Switch the journal, unless it is right already. A database in use elsewhere keeps its own after a while."""
    give_up = time.monotonic() + 5
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != mode and time.monotonic() < give_up:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as error:  # mostly, another process is at it too
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                raise
            time.sleep(0.02)
