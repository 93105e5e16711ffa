"""The drawn styles: each at any size, the same each time, with colours and strokes enough to be a style."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import UsageError
from models.vision import drawn
from models.vision.drawn.fields import grid, hashed, hexed, noise, ramp, step


@pytest.mark.parametrize("name", drawn.STYLES)
def test_a_style_is_drawn_at_any_size(name: str) -> None:
    for size in ((48, 80), (33, 21), (1, 1)):
        pixels = drawn.draw(name, size)
        assert pixels.shape == (*size, 3)
        assert pixels.dtype == np.uint8
        assert pixels.flags.writeable
        assert pixels.flags.c_contiguous


@pytest.mark.parametrize("name", drawn.STYLES)
def test_a_style_is_the_same_each_time_and_another_for_another_seed(name: str) -> None:
    first = drawn.draw(name, (96, 96))
    drawn._drawn.cache_clear()
    assert np.array_equal(drawn.draw(name, (96, 96)), first)
    assert np.abs(drawn.draw(name, (96, 96), seed=1).astype(int) - first).mean() > 4


@pytest.mark.parametrize("name", drawn.STYLES)
def test_a_style_has_contrast_at_several_scales(name: str) -> None:
    """What a Gram matrix can take hold of: light and dark, and texture from pairs of pixels to areas."""
    grey = drawn.draw(name, (192, 192)).mean(axis=2)
    assert grey.std() > 25
    for cell in (1, 4, 16):
        small = grey.reshape(192 // cell, cell, 192 // cell, cell).mean(axis=(1, 3))
        assert np.abs(np.diff(small, axis=1)).mean() > 2.5


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no drawn style 'fauvism'; there are stained-glass, .*marble"):
        drawn.draw("fauvism")


def test_what_was_drawn_can_be_changed_by_whoever_got_it() -> None:
    pixels = drawn.draw("marble", (32, 32))
    pixels[:] = 0
    assert drawn.draw("marble", (32, 32)).max() > 0


def test_fields() -> None:
    y, x = grid(10, 20)
    assert (y.min(), y.max()) == pytest.approx((-0.45, 0.45))
    assert (x.min(), x.max()) == pytest.approx((-0.95, 0.95))
    bumps = noise((100, 150), 8, np.random.default_rng(0), 3)
    assert bumps.shape == (100, 150)
    assert 0.2 < bumps.std() < 0.9
    assert abs(bumps.mean()) < 0.2
    assert np.allclose(ramp(np.array([0, 0.5, 1]), hexed("000000", "ffffff")), np.array([[0] * 3, [0.5] * 3, [1] * 3]))
    assert step(np.array([0, 0.5, 1]), 0, 1).tolist() == [0, 0.5, 1]
    assert step(np.array([0, 0.5, 1]), 1, 0).tolist() == [1, 0.5, 0]
    numbers = hashed(np.arange(4000))
    assert (numbers.min(), numbers.max()) == pytest.approx((0, 1), abs=0.01)
    assert numbers.mean() == pytest.approx(0.5, abs=0.02)
    assert hashed(np.array([7, 7]), 3)[0] == hashed(np.array([7]), 3)[0]
