"""A registry that is new although there are models: its database was lost or moved away. They are listed again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import CorruptFileError
from studio.registry.files import SUFFIX
from studio.registry.models import Models, free_name, insert_model

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint

FILE = re.compile(rf"([0-9a-z]{{10}})-[0-9a-f]{{10}}{re.escape(SUFFIX)}")


def adopt(registry: Models) -> int:
    """Register the whole checkpoints under `models`, of which the database knows nothing; returns how many.

    Their names were in the database alone, so they are called by their family. Of two versions of one model, which a
    crash may leave, the newer is taken.
    """
    adopted = set()
    for path in sorted(registry.paths.models.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
        match = FILE.fullmatch(path.name)
        if match is None or match[1] in adopted:
            continue
        checkpoint = whole(path)
        if checkpoint is not None:
            adopt_file(registry, match[1], path, checkpoint)
            adopted.add(match[1])
    return len(adopted)


def whole(path: Path) -> Checkpoint | None:
    """The checkpoint at `path`; None if it is not one from its first byte to its last."""
    from models import checkpoint as checkpoints

    try:
        return checkpoints.load(path)
    except (CorruptFileError, OSError):
        return None


def adopt_file(registry: Models, model_id: str, path: Path, checkpoint: Checkpoint) -> None:
    from models.checkpoint import Saved, digest

    saved = Saved(digest(path), path.stat().st_size)
    meta, written = checkpoint.meta, path.stat().st_mtime
    with registry.database.write() as connection:
        name = free_name(connection, meta["family"])
        insert_model(connection, model_id, name, meta, f"models/{path.name}", saved, None, written)
