"""A run in the hands of a worker, and the devices that there can be workers for."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, field

from studio.jobs.control import Control
from studio.jobs.slots import Slots
from studio.registry import Run


@dataclass
class Job:
    """A run that a worker of this process executes."""

    run: Run
    slots: Slots
    control: Control = field(default_factory=Control)


def device_names() -> list[str]:
    """The devices of this machine, a worker each. Imports TensorFlow, and sets memory growth before its first use."""
    found: list[str] = pkgutil.resolve_name("models.devices:names")()
    return found
