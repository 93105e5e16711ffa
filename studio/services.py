"""What the pages share: paths, settings, the registry and the jobs. Made once, by the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from studio.config import Paths, Settings

if TYPE_CHECKING:
    from studio.jobs import Fact, Jobs
    from studio.opener import Opener
    from studio.registry import Registry


@dataclass
class Services:
    """Shared services. `registry`, `jobs` and `opener` are made when they are first asked for, on the event loop.

    `post` receives the rare facts about runs of this process, on the thread on which they happened.
    """

    paths: Paths
    settings: Settings
    post: Callable[[Fact], None]

    @cached_property
    def registry(self) -> Registry:
        """The registry under `paths`. Raises StorageError where it cannot be opened."""
        from studio.find import open_registry

        return open_registry(self.paths)

    @cached_property
    def opener(self) -> Opener:
        """Opens pictures off the event loop."""
        from studio.opener import Opener

        return Opener()

    @cached_property
    def jobs(self) -> Jobs:
        """The jobs of this process. They execute nothing before their `start()`."""
        from studio.jobs import Jobs

        devices = None if self.settings.device == "auto" else self.settings.device.split(",")
        return Jobs(self.registry, self.post, devices, take_queued=self.settings.take_queued)
