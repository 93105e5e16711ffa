"""Octaves and scaling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.vision.pyramid import levels, resized, scaled, sizes


def test_octaves_grow_to_the_full_size() -> None:
    assert sizes((300, 451), 4, 1.4, 32) == [(109, 164), (153, 230), (214, 322), (300, 451)]


def test_octaves_that_are_too_small_are_left_out() -> None:
    """Case D1."""
    assert sizes((100, 100), 4, 1.4, 1) == [(36, 36), (51, 51), (71, 71), (100, 100)]
    assert sizes((100, 100), 4, 1.4, 75) == [(100, 100)]
    assert sizes((74, 100), 4, 1.4, 75) == []


@given(
    st.tuples(st.integers(1, 4000), st.integers(1, 4000)), st.integers(1, 12), st.floats(1.05, 4), st.integers(1, 80)
)
def test_octaves_are_legal_grow_and_end_at_the_full_size(
    full: tuple[int, int], octaves: int, scale: float, minimum: int
) -> None:
    found = sizes(full, octaves, scale, minimum)
    assert bool(found) == (min(full) >= minimum)
    assert len(found) <= octaves
    for one, next_ in itertools.pairwise(found):
        assert one != next_
        assert one[0] <= next_[0]
        assert one[1] <= next_[1]
    assert all(min(size) >= minimum for size in found)
    assert not found or found[-1] == full


@pytest.mark.parametrize("size", [(10, 14), (31, 5), (40, 60)])
def test_float_and_byte_pictures_are_scaled_alike(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(60, 190, (20, 30, 3)).astype(np.uint8)
    found = resized(pixels.astype(np.float32), size)
    assert found.shape == (*size, 3)
    assert found.dtype == np.float32
    assert np.abs(found - scaled(pixels, size)).max() <= 1.1


def test_levels_are_rounded_and_kept_in_range() -> None:
    picture = np.array([[[-3, 0.4, 0.6], [254.6, 255, 300]]], np.float32)
    np.testing.assert_array_equal(levels(picture), [[[0, 0, 1], [255, 255, 255]]])
