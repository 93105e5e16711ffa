"""What the tests of the studio start from: a home of their own and an empty registry in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import families
from studio.config import Paths
from studio.jobs import recorder
from studio.registry import Registry
from tests.studio import fake_family


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home")


@pytest.fixture
def registry(paths: Paths) -> Iterator[Registry]:
    opened = Registry(paths)
    yield opened
    opened.close()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family `fake`, which counts; the registry is told and asked more often than once in half a second."""
    monkeypatch.setitem(families.FAMILIES, "fake", fake_family.FAMILY)
    monkeypatch.setattr(recorder, "INTERVAL", 0.02)
    monkeypatch.setattr(fake_family, "GATE", threading.Semaphore(0))
    fake_family.IMPORTING.clear()
    fake_family.IMPORTED.set()
