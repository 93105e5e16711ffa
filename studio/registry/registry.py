"""The registry: what threads, pages, command lines and other processes share."""

from __future__ import annotations

from studio.config import Paths
from studio.registry.progress import Progress
from studio.registry.queue import Queue
from studio.registry.sessions import Sessions


class Registry(Queue, Progress, Sessions):
    """Models, pictures, runs, their metrics and sampling sessions: a SQLite index, and files that are never half there.

    Any thread may call any method. Opening it makes what is missing, takes from other users what is there, and sweeps
    what a crash has left over. Raises UserError kin: UsageError for what does not exist or makes no sense, StorageError
    where the disk is full or busy, CorruptFileError for a damaged file.
    """

    def __init__(self, paths: Paths) -> None:
        paths.tightened()
        super().__init__(paths)
        self.files.sweep()
        self.is_new = self.database.is_new
        """Whether there was nothing before this was opened."""
        if self.is_new and any(self.paths.models.iterdir()):
            from studio.registry.adoption import adopt

            self.is_new = not adopt(self)
