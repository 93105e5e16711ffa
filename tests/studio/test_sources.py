"""Pictures that recipes name: where they are, what is missing, and what a result is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dream.recipe import DreamRecipe
from models.errors import UserError
from studio import forecast
from studio.sources import missing_pictures, picture_name, pictures_of, placed

KNOBS = ("content", "styles")


def test_the_pictures_of_a_recipe_by_knob() -> None:
    values = {"content": "coffee", "styles": ("marble", "a.png"), "side": 3}
    assert pictures_of(values, KNOBS) == [("content", "coffee"), ("styles", "marble"), ("styles", "a.png")]
    assert pictures_of({"content": "", "styles": ()}, KNOBS) == []


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"content": "coffee"}, "coffee"),
        ({"content": "/a/b/my cat.jpeg", "styles": ("marble", "waves")}, "my cat marble"),
        ({"content": "日本語.png"}, "日本語"),
        ({"content": ""}, "picture"),
    ],
)
def test_a_result_is_called_by_what_it_is_made_from(values: dict[str, object], name: str) -> None:
    assert picture_name(values, KNOBS) == name


def test_a_picture_that_is_nowhere_is_told_by_its_knob(tmp_path: Path) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"")
    assert missing_pictures({"content": "coffee", "styles": (str(there),)}, KNOBS) == {}
    assert missing_pictures({"content": "gone.png"}, KNOBS) == {"content": "not found: gone.png"}
    assert missing_pictures({"content": "coffee", "styles": ("x\0",)}, KNOBS) == {"styles": "not found: x\0"}


def test_files_are_named_by_their_full_path_and_embedded_pictures_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = placed({"content": "a.png", "styles": ["marble", "b.png"], "seed": 3}, KNOBS)
    assert found == {"content": str(tmp_path / "a.png"), "styles": ["marble", str(tmp_path / "b.png")], "seed": 3}
    assert placed({"content": ""}, KNOBS) == {"content": ""}


def test_a_forecast_tells_size_memory_steps_and_time() -> None:
    told = forecast.picture("dream", DreamRecipe.preset(content="coffee", side=300, octaves=2, steps=7))
    first, second = told.splitlines()
    assert first.startswith("300x200 pixels")
    assert "B of memory" in first
    assert "14 steps" in second
    with pytest.raises(UserError, match="nowhere"):
        forecast.picture("dream", DreamRecipe.preset(content="nowhere.png"))
