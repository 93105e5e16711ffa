"""The registry of models, runs and sessions. Imports neither NumPy nor TensorFlow: weights are opened on demand."""

from studio.registry.errors import StorageError
from studio.registry.names import cells, check_name
from studio.registry.owners import this_process
from studio.registry.queue import SILENT
from studio.registry.registry import Registry
from studio.registry.rows import (
    ACTIVE,
    RETRYABLE,
    STATES,
    Model,
    PictureEntry,
    PictureKind,
    Request,
    Run,
    RunState,
    Session,
)

__all__ = [
    "ACTIVE",
    "RETRYABLE",
    "SILENT",
    "STATES",
    "Model",
    "PictureEntry",
    "PictureKind",
    "Registry",
    "Request",
    "Run",
    "RunState",
    "Session",
    "StorageError",
    "cells",
    "check_name",
    "this_process",
]
