"""The optimisers: against a second writing of Adam, on a valley whose bottom is known, and taken up again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.style.optimisers import LBFGS, OPTIMISERS, Adam, Floats, Optimiser, smoothed

SHAPE = (5, 7, 3)
gradients = arrays(np.float32, SHAPE, elements=st.floats(-8, 8, width=16))


class Valley:
    """A quadratic whose directions differ in steepness a hundredfold."""

    def __init__(self) -> None:
        random = np.random.default_rng(7)
        self.bottom = random.uniform(60, 190, SHAPE).astype(np.float32)
        self.steep = random.uniform(0.01, 1.0, SHAPE).astype(np.float32)
        self.looks = 0

    def __call__(self, picture: Floats) -> tuple[float, Floats]:
        self.looks += 1
        away = picture - self.bottom
        return float(0.5 * (self.steep * away * away).sum()), self.steep * away


def descended(optimiser: Optimiser, valley: Valley, picture: Floats, steps: int, rate: float = 2.0) -> Floats:
    for _ in range(steps):
        loss, gradient = valley(picture)
        found = optimiser.step(picture, loss, gradient, valley, rate)
        if found is None:
            return picture
        picture = found
    return picture


def start() -> Floats:
    return np.full(SHAPE, 128, np.float32)


def test_adam_is_adam_of_the_smoothed_gradient() -> None:
    random, adam = np.random.default_rng(0), Adam()
    picture = wanted = start()
    first = second = np.zeros(SHAPE)
    for count in range(1, 6):
        gradient = random.normal(size=SHAPE).astype(np.float32)
        slope = smoothed(gradient).astype(float)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        wanted = wanted - 3 * (first / (1 - 0.9**count)) / (np.sqrt(second / (1 - 0.999**count)) + 1e-8)
        picture = adam.step(picture, 0.0, gradient, Valley(), 3.0)
    np.testing.assert_allclose(picture, wanted, atol=1e-3)


def test_adam_keeps_the_picture_in_range() -> None:
    found = Adam().step(np.full(SHAPE, 2, np.float32), 0.0, np.ones(SHAPE, np.float32), Valley(), 50.0)
    assert found.min() == 0


@given(gradients)
def test_smoothing_keeps_the_sum_and_still_points_up(gradient: NDArray[np.float32]) -> None:
    found = smoothed(gradient)
    assert found.shape == SHAPE
    np.testing.assert_allclose(found.sum(dtype=float), gradient.sum(dtype=float), atol=1e-3)
    assert (found.astype(float) * gradient).sum() >= -1e-3


def test_smoothing_takes_out_what_changes_from_pixel_to_pixel() -> None:
    board = (np.indices(SHAPE[:2]).sum(axis=0) % 2 * 2 - 1).astype(np.float32)
    found = smoothed(np.repeat(board[..., None], 3, axis=2))
    assert np.abs(found[1:-1, 1:-1]).max() == 0


def test_lbfgs_finds_the_bottom_where_plain_descent_is_far_from_it() -> None:
    valley = Valley()
    found = descended(LBFGS(), valley, start(), 60)
    assert valley(found)[0] < 1e-3
    plain = start()
    for _ in range(60):
        plain = plain - valley(plain)[1]
    assert valley(plain)[0] > 100 * valley(found)[0]


def test_lbfgs_never_goes_up_and_says_where_there_is_no_way_down() -> None:
    valley, optimiser, picture = Valley(), LBFGS(), start()
    losses = [valley(picture)[0]]
    for _ in range(20):
        picture = descended(optimiser, valley, picture, 1)
        losses.append(valley(picture)[0])
    assert all(after <= before for before, after in itertools.pairwise(losses))
    assert LBFGS().step(valley.bottom, 0.0, np.zeros(SHAPE, np.float32), valley, 2.0) is None


@pytest.mark.parametrize("name", OPTIMISERS)
def test_what_is_taken_up_goes_on_as_if_never_stopped(name: str) -> None:
    valley, whole = Valley(), OPTIMISERS[name]()
    half = descended(whole, valley, start(), 6)
    kept = {key: array.copy() for key, array in whole.arrays().items()}
    again = OPTIMISERS[name]()
    again.put(kept)
    np.testing.assert_array_equal(descended(again, valley, half.copy(), 6), descended(whole, valley, half.copy(), 6))


def test_adam_at_another_size_keeps_its_pace() -> None:
    adam = Adam()
    flat = np.full(SHAPE, 0.5, np.float32)
    for _ in range(3):
        adam.step(start(), 0.0, flat, Valley(), 1.0)
    adam.scaled((10, 14))
    # A pixel has a quarter of the gradient, and moves by the same.
    picture = np.full((10, 14, 3), 128, np.float32)
    found = adam.step(picture, 0.0, np.full((10, 14, 3), 0.125, np.float32), Valley(), 1.0)
    np.testing.assert_allclose(picture - found, 1.0, rtol=1e-3)
