"""The queue and its workers. Importing it imports neither NumPy nor TensorFlow: a worker does, when a run starts."""

from studio.jobs.control import Control
from studio.jobs.execution import Ending, execute
from studio.jobs.facts import Fact
from studio.jobs.manager import Jobs
from studio.jobs.slots import Slots

__all__ = ["Control", "Ending", "Fact", "Jobs", "Slots", "execute"]
