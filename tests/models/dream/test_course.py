"""The course of a dream: its octaves, frames and steps."""

from __future__ import annotations

import pytest

from models.dream.course import course
from models.dream.recipe import DreamRecipe
from models.errors import UsageError


def test_octaves_that_are_too_small_are_left_out_and_told() -> None:
    """Case D1: of 36, 51, 71 and 100 pixels only the last are 75 or more."""
    found = course(DreamRecipe(octaves=4, octave_scale=1.4, steps=10), (100, 100), 75)
    assert [stage.size for stage in found.stages] == [(100, 100)]
    assert found.total == 10
    assert found.described() == "100x100, 1 octave, 10 steps; the picture is too small for 4 octaves, so it is 1"


def test_a_picture_that_is_too_small_is_refused() -> None:
    with pytest.raises(UsageError, match="content: 3012x5 is too small for lite0, which needs 32 pixels a side"):
        course(DreamRecipe(), (5, 3012), 32)


def test_each_step_has_its_stage() -> None:
    found = course(DreamRecipe(octaves=2, octave_scale=2, steps=3, zoom_frames=3, zoom_steps=2), (80, 60), 1)
    at = [(stage.kind, stage.index, stage.size) for stage in map(found.at, range(12))]
    assert at[:3] == [("octave", 0, (40, 30))] * 3
    assert at[3:6] == [("octave", 1, (80, 60))] * 3
    assert at[6:8] == [("frame", 1, (80, 60))] * 2
    assert at[8:10] == at[10:] == [("frame", 2, (80, 60))] * 2
    assert found.total == 10
    assert found.described() == "60x80, 2 octaves, 10 steps"
    assert found.work() == 3 * 1200 + 7 * 4800
    assert found.work(4) == 6 * 4800
