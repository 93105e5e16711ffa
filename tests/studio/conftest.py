"""What the tests of the studio start from: a home of their own and an empty registry in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.config import Paths
from studio.registry import Registry


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home")


@pytest.fixture
def registry(paths: Paths) -> Iterator[Registry]:
    opened = Registry(paths)
    yield opened
    opened.close()
