from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.errors import UsageError
from models.latent.paths import eased, linear, middle_of, smooth, spherical, through
from tests.models.latent.fake import FakeModel

TIMES = np.linspace(0, 1, 11)
points = arrays(np.float32, 5, elements=st.floats(-100, 100, width=32))


def row(*numbers: float) -> Any:
    return np.array(numbers, np.float32)


@given(points, points)
def test_a_great_circle_keeps_lengths_in_proportion_and_its_ends(start: Any, end: Any) -> None:
    found = spherical(start, end, TIMES)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[0], start)
    np.testing.assert_array_equal(found[-1], end)
    far, near = (float(np.linalg.norm(point.astype(np.float64))) for point in (start, end))
    if min(far, near) > 1e-3:
        wanted = far + TIMES * (near - far)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), wanted, rtol=1e-4)


def test_a_great_circle_turns_evenly() -> None:
    found = spherical(row(1, 0), row(0, 2), np.array([0.5]))
    np.testing.assert_allclose(found, [[1.5 * np.sqrt(0.5), 1.5 * np.sqrt(0.5)]], rtol=1e-6)


def test_opposite_points_are_joined_by_a_half_circle() -> None:
    start = row(3, 0, 0)
    found = spherical(start, -start, TIMES)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 3, rtol=1e-6)
    assert abs(found[5] @ start) < 1e-5
    np.testing.assert_array_equal(found, spherical(start, -start, TIMES))


@pytest.mark.parametrize("end", [row(0, 0), row(1e-30, 0), row(2, 1), row(1, 2) * 1e-20])
def test_points_without_a_direction_are_left_in_a_straight_line(end: Any) -> None:
    np.testing.assert_allclose(spherical(row(0, 0), end, TIMES), linear(row(0, 0), end, TIMES), atol=1e-12)
    np.testing.assert_allclose(spherical(end, end, TIMES), np.repeat(end[None], 11, axis=0), rtol=1e-6)


def test_one_dimension_has_no_circle() -> None:
    np.testing.assert_allclose(spherical(row(2), row(-2), TIMES)[:, 0], np.linspace(2, -2, 11), atol=1e-6)


def test_circles_go_around_the_middle() -> None:
    middle = row(10, 10)
    found = spherical(row(11, 10), row(10, 11), TIMES, middle)
    np.testing.assert_allclose(np.linalg.norm(found - middle, axis=1), 1, rtol=1e-5)


def test_a_smooth_path_passes_its_keyframes_and_stays_at_their_distance() -> None:
    keyframes = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    times = np.linspace(0, 5, 501)
    found = smooth(keyframes, times, closed=True)
    np.testing.assert_allclose(found[::100], np.concatenate([keyframes, keyframes[:1]]), rtol=1e-5)
    lengths = np.linalg.norm(keyframes, axis=1)
    assert (np.linalg.norm(found, axis=1) >= lengths.min() * 0.999).all()
    assert (np.linalg.norm(found, axis=1) <= lengths.max() * 1.001).all()
    steps = np.linalg.norm(np.diff(found, axis=0), axis=1)
    assert steps.max() < 3 * np.median(steps)  # no jump
    speeds = np.diff(found, axis=0)
    assert np.linalg.norm(np.diff(speeds, axis=0), axis=1).max() < 0.1 * steps.max()  # no corner


def test_an_open_smooth_path_ends_at_its_last_keyframe() -> None:
    keyframes = row(1, 0)[None] * np.array([[1], [2], [3]], np.float32)
    found = smooth(keyframes, np.array([0, 1, 2, 9]))
    np.testing.assert_allclose(found[:, 0], [1, 2, 3, 3])


def test_a_single_point_is_a_path_that_stays() -> None:
    for way in ("linear", "spherical", "smooth"):
        found = through(row(1, 2)[None], 4, way, closed=True)
        np.testing.assert_allclose(found, [[1, 2]] * 4, rtol=1e-6)


def test_opposite_keyframes_make_no_smooth_path_leave_the_finite() -> None:
    found = smooth(np.stack([row(1, 0), row(-1, 0)]), np.linspace(0, 2, 101), closed=True)
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 4.1


@pytest.mark.parametrize("way", ["linear", "spherical", "smooth"])
def test_paths_through_keyframes_end_where_they_should(way: Any) -> None:
    keyframes = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    found = through(keyframes, 21, way)
    np.testing.assert_allclose(found[[0, 10, 20]], keyframes, rtol=1e-5)
    closed = through(keyframes, 30, way, closed=True)
    np.testing.assert_allclose(closed[[0, 10, 20]], keyframes, rtol=1e-5)
    assert not np.allclose(closed[-1], keyframes[0])  # the first frame comes next
    slow = through(keyframes, 21, "linear", ease=True)
    assert np.linalg.norm(slow[1] - slow[0]) < 0.5 * np.linalg.norm(slow[5] - slow[4])


def test_gentle_times_begin_and_end_where_others_do() -> None:
    np.testing.assert_allclose(eased(np.array([0, 0.5, 1])), [0, 0.5, 1])
    assert eased(np.array([0.1]))[0] < 0.1


def test_no_points_are_no_path() -> None:
    for keyframes, count in ((np.zeros((0, 3), np.float32), 4), (np.zeros((2, 3), np.float32), 0)):
        with pytest.raises(UsageError, match="at least one point and one frame"):
            through(keyframes, count)
    with pytest.raises(UsageError, match="at least one point"):
        smooth(np.zeros((0, 3), np.float32), TIMES)


def test_the_middle_is_where_truncation_ends() -> None:
    np.testing.assert_array_equal(middle_of(FakeModel()), np.zeros(6))
