"""Opening a set as a part of a run: what it waits for is told, and a stop is heard."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest

from models.data import waiting
from models.data.recipe import PicturesRecipe
from models.errors import UsageError
from models.events import Note, Stop


class Recipe(PicturesRecipe):
    family: ClassVar[str] = "any"
    default_preset: ClassVar[str] = "plain"
    presets: ClassVar = {"plain": {}}


def drained(run: Any) -> Any:
    """What a generator returns."""
    found: list[Any] = []

    def outer() -> Any:
        found.append((yield from run))

    assert all(isinstance(event, Note) for event in outer())
    return found[0]


def test_a_set_is_opened_as_the_recipe_says(tmp_path: Path) -> None:
    found = drained(waiting.opened(Recipe(data="faces", size=32, count=5, channels="grey"), tmp_path))
    assert (found.name, found.count, found.size, found.channels) == ("faces", 5, (32, 32), 1)


def test_what_goes_wrong_is_raised(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none of faces"):
        next(waiting.opened(Recipe(data="nowhere"), tmp_path))


@pytest.mark.parametrize(
    ("data", "said"),
    [("mnist", "fetching mnist: 3 of 11 MB"), ("a[/]", "looking at a[/]: 3,000,000 of 11,000,000 files")],
)
def test_it_is_told_how_far_it_is_and_a_stop_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, said: str
) -> None:
    ended = threading.Event()

    def slow(source: str, *, progress: Any, **options: Any) -> None:
        try:
            while True:
                progress(3_000_000, 11_000_000)
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(waiting, "open_set", slow)
    monkeypatch.setattr(waiting, "TELL", 0.0)
    run = waiting.opened(Recipe(data=data), tmp_path)
    assert next(run) == Note(said)
    with pytest.raises(StopIteration) as end:
        run.send(Stop())
    assert end.value.value is None
    assert ended.wait(30)
