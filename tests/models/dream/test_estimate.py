"""What a dream will take, told beforehand."""

from __future__ import annotations

import pytest

from models.dream import estimate as estimating
from models.dream.estimate import check_memory, estimate, halo_of
from models.dream.recipe import DreamRecipe
from models.errors import UsageError


def test_the_size_and_the_steps_are_exact() -> None:
    found = estimate(DreamRecipe(side=512, octaves=4, steps=10, zoom_frames=5, zoom_steps=3), (872, 1000))
    assert found.size == (446, 512)
    assert found.octaves == 4
    assert found.steps == 4 * 10 + 4 * 3
    assert found.tiles == 1
    assert estimate(DreamRecipe(side=0, octaves=12), (60, 60)).octaves < 12


def test_a_large_picture_is_seen_in_tiles_of_bounded_memory() -> None:
    recipe = DreamRecipe(side=0)
    large, larger = estimate(recipe, (3000, 4000)), estimate(recipe, (6000, 8000))
    assert large.tiles > 10
    assert large.memory < 1.5e9
    assert larger.memory - large.memory == pytest.approx(36e6 * estimating.PICTURE_BYTES, rel=0.05)
    assert larger.seconds == pytest.approx(4 * large.seconds, rel=0.3)


def test_layers_that_see_far_get_larger_tiles() -> None:
    recipe = DreamRecipe(side=0)
    deep = estimate(recipe.changed(layers=("block14",)), (3000, 4000))
    usual = estimate(recipe, (3000, 4000))
    assert deep.memory > usual.memory
    assert 2 * usual.seconds < deep.seconds < 6 * usual.seconds
    assert halo_of(recipe.changed(target_class="espresso")) > halo_of(recipe.changed(layers=("block9.expand",)))


def test_frames_count(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = DreamRecipe(zoom_frames=2000)
    assert estimate(recipe, (512, 512)).memory > 2000 * 512 * 512 * 3
    free = estimate(recipe.changed(zoom_frames=100), (512, 512)).memory
    monkeypatch.setattr(estimating.psutil, "virtual_memory", lambda: type("M", (), {"available": free}))
    check_memory(recipe.changed(zoom_frames=100), (512, 512))
    with pytest.raises(
        UsageError, match=r"512x512 needs about .* GB of memory, .* GB are free; choose fewer zoom_frames"
    ):
        check_memory(recipe, (512, 512))


def test_an_earlier_run_tells_the_time() -> None:
    small, large = DreamRecipe(steps=10), DreamRecipe(steps=40)
    found = estimate(large, (512, 512), known=(small, (512, 512), 7.0))
    assert found.measured
    assert found.seconds == pytest.approx(28.0)
