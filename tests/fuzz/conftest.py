"""A home of their own for the tests of bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.config import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home")
