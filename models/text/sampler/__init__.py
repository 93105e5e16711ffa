"""Writing with a text model: lanes that stream symbol by symbol, stepped in NumPy. Never imports TensorFlow."""

from models.text.sampler.history import Span
from models.text.sampler.lane import Candidate, Lane
from models.text.sampler.sampler import Sampler
from models.text.sampler.settings import Settings
from models.text.sampler.write import write

__all__ = ["Candidate", "Lane", "Sampler", "Settings", "Span", "write"]
