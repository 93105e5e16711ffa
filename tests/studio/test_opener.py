"""Pictures opened for pages that may not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import UsageError
from models.vision import pictures, sources
from models.vision.sources import Source
from studio import opener as opening
from studio.opener import Opener


def waited(look: Callable[[], object]) -> object:
    end = time.monotonic() + 10
    while (found := look()) is None:
        assert time.monotonic() < end
        time.sleep(0.002)
    return found


def test_a_picture_is_opened_at_the_size_that_is_wanted() -> None:
    opener = Opener()
    assert opener.look("coffee", 60) is None
    found = waited(lambda: opener.look("coffee", 60))
    assert isinstance(found, np.ndarray)
    assert found.shape == (40, 60, 3)
    assert opener.look("coffee", 60) is found


def test_what_cannot_be_opened_is_told_in_words(tmp_path: Path) -> None:
    opener = Opener()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    for source in (str(broken), "nowhere.png"):
        told = waited(lambda source=source: opener.look(source))  # type: ignore[misc]
        assert isinstance(told, str)
        assert source in told


def test_a_file_that_has_changed_is_opened_anew_when_told_so(tmp_path: Path) -> None:
    opener, path = Opener(), tmp_path / "a.png"
    for level in (10, 200):
        pictures.save(path, np.full((3, 4, 3), level, np.uint8))
        opener.forget(str(path))
        found = waited(lambda: opener.look(str(path)))
        assert isinstance(found, np.ndarray)
        assert found.max() == level


def test_the_newest_wish_comes_first_and_old_ones_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, order = threading.Event(), []

    def slow(source: str, *, side: int = 0, background: str = "white") -> Source:
        gate.wait(10)
        order.append(source)
        if source == "bad":
            raise UsageError("bad: no picture")
        return Source(np.zeros((1, 1, 3), np.uint8), source, "", (1, 1))

    monkeypatch.setattr(sources, "open_source", slow)
    opener = Opener()
    opener.look("first")
    time.sleep(0.05)  # it is being opened: the gate holds it
    for number in range(opening.WISHES + 10):
        opener.look(str(number))
    opener.look("bad")
    gate.set()
    assert waited(lambda: opener.look("bad")) == "bad: no picture"
    assert order[:2] == ["first", "bad"]
    waited(lambda: opener.look("20"))
    assert "5" not in order


def test_no_more_than_a_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "KEPT", 3)
    opener = Opener()
    for side in range(20, 30):
        waited(lambda side=side: opener.look("coffee", side))  # type: ignore[misc]
    assert len(opener._found) == 3
