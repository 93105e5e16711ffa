"""A small file system that can be full, as a real disk is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import UserError

SIZE = 6 << 20


class Disk:
    """A file system of 6 MB at `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @property
    def ballast(self) -> Path:
        return self.place / "ballast"

    def fill(self) -> None:
        """Leave no room at all."""
        try:
            with self.ballast.open("ab", buffering=0) as file:
                while file.write(b"\0" * 4096):
                    pass
        except OSError:
            return

    def free(self) -> None:
        """Give the room back."""
        self.ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(place)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not permitted here")
    yield Disk(place)
    subprocess.run(["umount", "-l", str(place)], check=True, timeout=30)


def told_of(error: UserError) -> None:
    """Asserts that an error is one line, and says what is the matter."""
    line = str(error)
    assert line.isprintable()
    assert "pace left on" in line or "disk is full" in line, line
