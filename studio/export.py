"""Pictures of the registry as files of their own, each with its recipe inside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError, UserError

if TYPE_CHECKING:
    from studio.registry import PictureEntry, Registry

STILL = (".png", ".jpg", ".jpeg", ".webp")
MOVING = (".mp4", ".gif", ".webp")


def full_path(name: str | Path) -> Path:
    """The full path that a name stands for; `~nobody` stays as it is where there is no such user."""
    return Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111


def export(registry: Registry, entry: PictureEntry, out: Path) -> None:
    """Write a picture to a file, in the kind that its name asks for; an animation keeps its own.

    Raises UsageError for another kind, CorruptFileError for a damaged picture, UserError if it cannot be written: the
    picture is then still in the registry.
    """
    from models.checkpoint import save_bytes
    from models.vision import pictures

    suffix = out.suffix.lower()
    allowed = STILL if entry.frames == 1 else (f".{entry.kind}",)
    if suffix not in allowed:
        raise UsageError(f"'{entry.name}' is written as {', '.join(allowed)}, not as '{out.name}'")
    data = registry.picture_bytes(entry.id)
    try:
        if suffix == f".{entry.kind}" and (entry.frames > 1 or entry.kind == "png"):
            save_bytes(out, data)
        else:
            pictures.save(out, pictures.decode(data, entry.name), entry.about)
    except OSError as error:
        raise UserError(f"'{out}' cannot be written: {error.strerror}; the picture stays in the Gallery") from None
