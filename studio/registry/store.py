"""What all parts of the registry stand on."""

from __future__ import annotations

from studio.config import Paths
from studio.registry.database import Database
from studio.registry.files import Files


class Store:
    """The paths, the database and the files of one registry."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.database = Database(paths.database)
        self.files = Files(paths.home, self.database)

    def revision(self) -> int:
        """A number that changes with every change by any thread or process: cheap to poll, microseconds."""
        return self.database.revision()

    def close(self) -> None:
        """Close the connections of all threads; no other call may follow."""
        self.database.close()
