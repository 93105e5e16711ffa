"""Files that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from models.checkpoint import sync_folder
from models.errors import UsageError, UserError


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A new file's path in the folder of `path`, to be written to; it takes the place of `path` at the end.

    What is raised meanwhile leaves `path` as it was, and nothing else behind. A link is followed: what it leads to is
    replaced. Raises UserError with one line for a full disk or a folder that cannot be written to, UsageError if
    something other than a file is at `path`.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        raise UsageError(f"{str(path)!r} is not a file that can be replaced; name another one")
    part = place.with_name(f".{secrets.token_hex(8)}{place.suffix}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(place)
        sync_folder(place.parent)
    except OSError as error:
        raise UserError(f"{str(path)!r} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
