"""What the tests of the studio start from: a home of their own and an empty registry in it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from models import families
from studio.config import Paths
from studio.jobs import manager, recorder
from studio.registry import Registry
from tests.studio import fake_family
from tests.studio.executing import SITTINGS, Office

MANY_FILES = 200


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home")


@pytest.fixture(autouse=True)
def _let_go_of_files() -> Iterator[None]:
    """An app leaves its databases to the end of its process, which here is far away, and freezes the collector's view
    of what there is; `select` cannot look at files beyond the first thousand.
    """
    yield
    if psutil.Process().num_fds() > MANY_FILES:
        gc.unfreeze()
        gc.collect()


@pytest.fixture
def registry(paths: Paths) -> Iterator[Registry]:
    opened = Registry(paths)
    yield opened
    opened.close()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family `fake`, which counts; the registry is told and asked more often than once in half a second."""
    monkeypatch.setitem(families.FAMILIES, "fake", fake_family.FAMILY)
    monkeypatch.setitem(families.FAMILIES, "fake pictures", fake_family.PICTURES)
    monkeypatch.setattr(recorder, "INTERVAL", 0.02)
    monkeypatch.setattr(fake_family, "GATE", threading.Semaphore(0))
    fake_family.IMPORTING.clear()
    fake_family.IMPORTED.set()


@pytest.fixture
def all_ended(registry: Registry) -> Iterator[None]:
    """No execution outlives its test, whatever becomes of that."""
    yield
    fake_family.IMPORTED.set()
    while SITTINGS:
        sitting = SITTINGS.pop()
        sitting.control.ask("lost")
        sitting.end()


@pytest.fixture
def office(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(manager, "POLL", 0.05)
    monkeypatch.setattr(manager, "HOUSEKEEPING", 0.05)
    office = Office(registry)
    yield office
    fake_family.IMPORTED.set()
    for jobs in office.opened:
        fake_family.GATE.release(1000)
        jobs.close(30)
        for thread in jobs._threads:
            thread.join(30)
