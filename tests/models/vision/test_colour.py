"""Colours moved from picture to picture, whatever the pictures are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.vision.colour import luminance, matched, roots, with_luminance

sides = st.integers(1, 6)
pictures = st.tuples(sides, sides).flatmap(lambda size: arrays(np.uint8, (*size, 3)))


@given(pictures)
def test_a_picture_with_its_own_light_or_colours_is_itself(picture: NDArray[np.uint8]) -> None:
    assert np.array_equal(with_luminance(picture, luminance(picture)), picture)
    assert np.abs(matched(picture, picture).astype(int) - picture).max() <= 1


@given(pictures, pictures)
def test_matching_gives_a_picture_of_the_same_size_for_any_two(
    one: NDArray[np.uint8], other: NDArray[np.uint8]
) -> None:
    found = matched(one, other)
    assert found.shape == one.shape
    assert found.dtype == np.uint8


def test_a_grey_picture_matched_to_colours_and_colours_to_grey() -> None:
    """Case S4."""
    random = np.random.default_rng(4)
    grey = np.repeat(random.integers(0, 255, (9, 9, 1), np.uint8), 3, axis=2)
    colours = random.integers(0, 255, (9, 9, 3), np.uint8)
    found = matched(colours, grey).astype(int)
    assert np.ptp(found, axis=2).max() <= 2
    assert np.abs(matched(grey, colours).mean(axis=(0, 1)) - colours.mean(axis=(0, 1))).max() < 6


def test_roots_of_a_covariance_are_its_square_root_and_the_inverse_of_that() -> None:
    spread = np.random.default_rng(1).normal(size=(3, 3))
    covariance = 50 * spread @ spread.T
    root, inverse = roots(covariance)
    np.testing.assert_allclose(root @ root, covariance, rtol=1e-9)
    np.testing.assert_allclose(root @ inverse, np.eye(3), atol=1e-9)


def test_luminance_and_colours_are_moved_from_picture_to_picture() -> None:
    random = np.random.default_rng(5)
    one, other = random.integers(60, 190, (2, 20, 30, 3), np.uint8)
    found = with_luminance(one, luminance(other))
    assert np.abs(luminance(found) - luminance(other)).max() < 1.5
    coloured = np.clip(random.normal((150, 90, 60), (20, 5, 9), (40, 30, 3)), 0, 255).astype(np.uint8)
    moved = matched(one, coloured).reshape(-1, 3).astype(float)
    np.testing.assert_allclose(moved.mean(axis=0), coloured.reshape(-1, 3).mean(axis=0), atol=1)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(coloured.reshape(-1, 3).astype(float).T), rtol=0.1, atol=3)
    flat = np.full((4, 4, 3), 7, np.uint8)
    assert matched(one, flat).tolist() == np.full_like(one, 7).tolist()
    assert matched(flat, coloured).std(axis=(0, 1)).max() == 0
