"""Files and folders of the studio's own: their user's alone, whatever the umask says."""

from __future__ import annotations

import os
from pathlib import Path

OTHERS = 0o077
"""The rights of everyone but the owner."""


def private(path: str | Path, flags: int) -> int:
    """An opener for `open()`: a file that it makes is its owner's alone (0600)."""
    return os.open(path, flags, 0o600)


def make_private(path: Path) -> None:
    """Make what is missing of a folder for its owner alone (0700). Raises OSError, ValueError for an odd name."""
    for folder in reversed([path, *path.parents]):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)


def tighten(path: Path) -> bool:
    """Take a file or folder of this user's from everyone else; whether nobody else has rights to it now."""
    try:
        found = path.stat()
        if found.st_mode & OTHERS and found.st_uid == os.geteuid():
            path.chmod(found.st_mode & 0o700)
        return not path.stat().st_mode & OTHERS
    except FileNotFoundError:
        return True
    except OSError:
        return False
