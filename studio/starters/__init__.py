"""The models that come along: every page has something to play with at the first start.

Each file is a model of the registry, trained by the studio's own commands and exported in half precision; the README
says by which, and how good it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models import checkpoint as checkpoints

if TYPE_CHECKING:
    from studio.registry import Model, Registry

FOLDER = Path(__file__).parent
NAMES = ("docs", "faces-gan", "faces")
"""The files, and what the models are called; the last is the newest of the registry."""


def welcome(registry: Registry) -> None:
    """Put the models into a registry that was just made, unless the settings say no. Raises StorageError."""
    from studio.config import load_settings

    if registry.is_new and load_settings(registry.paths).starters:
        put(registry)


def put(registry: Registry) -> list[Model]:
    """Put the models into the registry that it does not have, whatever they are called there; returns those.

    Raises StorageError where one cannot be written.
    """
    known = {model.sha256 for model in registry.models() if model.problem is None}
    added = []
    for name in NAMES:
        file = FOLDER / f"{name}.safetensors"
        if checkpoints.digest(file) not in known:
            added.append(registry.save_model(checkpoints.load(file), name=name))
    return added
