"""The arithmetic of sampling, on arrays alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from models.text.sampler import sampling

Floats = NDArray[np.float32]

logits = arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=st.floats(-60, 60, width=32))
uniforms = st.floats(0, 1, exclude_max=True)


@st.composite
def distributions(draw: st.DrawFn) -> Floats:
    """Probabilities (lanes, symbols), often with equal ones and exact zeros among them."""
    weights = draw(arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=st.integers(0, 6)))
    weights[weights.sum(axis=1) == 0, 0] = 1
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    ("heat", "expected"),
    [
        (0.5, [0.01852, 0.07407, 0.90741]),
        (2.0, [0.19763, 0.27949, 0.52288]),
        (1e-4, [0.0, 0.0, 1.0]),
        (1.0, [0.1, 0.2, 0.7]),
    ],
)
def test_temperature_reweights_probabilities_in_float32_t3(heat: float, expected: list[float]) -> None:
    found = sampling.of_probabilities(np.array([0.1, 0.2, 0.7], np.float32), heat)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_temperature_zero_takes_the_largest_logit_t4() -> None:
    np.testing.assert_array_equal(sampling.temperature([1, 3, 2], 0), [0, 1, 0])


def test_temperature_zero_takes_the_first_of_equal_logits() -> None:
    np.testing.assert_array_equal(sampling.temperature([[1, 3, 3], [2, 2, 2]], 0), [[0, 1, 0], [1, 0, 0]])


def test_a_probability_of_exactly_zero_stays_zero_without_a_warning_t4() -> None:
    for heat in (1e-4, 0.5, 1, 3):
        found = sampling.of_probabilities([0.0, 0.25, 0.75], heat)
        assert found[0] == 0
        assert np.isfinite(found).all()


def test_each_lane_has_its_own_temperature() -> None:
    rows = np.array([[1, 3, 2]] * 3, np.float32)
    found = sampling.temperature(rows, [0, 1, 10])
    for row, heat in zip(found, (0, 1, 10), strict=True):
        np.testing.assert_array_equal(row, sampling.temperature([1, 3, 2], heat))


@given(logits, st.floats(0, 10))
def test_temperature_gives_probabilities_in_the_order_of_the_logits(rows: Floats, heat: float) -> None:
    found = sampling.temperature(rows, heat)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    for row, chances in zip(rows, found, strict=True):
        assert (np.diff(chances[np.argsort(row, kind="stable")]) >= 0).all() or heat < sampling.COLD
        assert chances[row.argmax()] == chances.max()


@given(st.floats(1e-30, 1e-3))
def test_logits_of_any_size_stay_finite(heat: float) -> None:
    found = sampling.temperature(np.array([3e38, -3e38, 0, -np.inf], np.float32) / 4, heat)
    np.testing.assert_array_equal(found, [1, 0, 0, 0])


@given(distributions(), st.integers(0, 15))
def test_top_k_keeps_the_k_most_probable_the_first_of_equal_ones(rows: Floats, count: int) -> None:
    for row, found in zip(rows, sampling.top_k(rows, count), strict=True):
        best = sorted(range(len(row)), key=lambda index: (-row[index], index))[: count or len(row)]
        _assert_kept(row, found, set(best))


@given(distributions(), st.floats(0.01, 1))
def test_top_p_keeps_the_fewest_symbols_that_hold_the_mass(rows: Floats, mass: float) -> None:
    _assume_no_tie(rows, mass)
    for row, found in zip(rows, sampling.top_p(rows, mass), strict=True):
        kept, held = set(), 0.0
        for index in sorted(range(len(row)), key=lambda index: (-row[index], index)):
            if kept and held >= mass:
                break
            kept.add(index)
            held += float(row[index])
        _assert_kept(row, found, kept)


@given(distributions(), st.floats(0, 1))
def test_min_p_keeps_what_is_near_the_most_probable(rows: Floats, floor: float) -> None:
    for row, found in zip(rows, sampling.min_p(rows, floor), strict=True):
        _assert_kept(row, found, set(np.flatnonzero(row >= np.float32(floor) * row.max()).tolist()))


def _assume_no_tie(rows: Floats, mass: float) -> None:
    """Where the most probable symbols hold the mass exactly, rounding decides whether one more is kept."""
    held = np.sort(rows)[:, ::-1].cumsum(axis=1, dtype=np.float64)
    assume(mass == 1 or np.abs(held - mass).min() > 1e-5)


def _assert_kept(row: Floats, found: Floats, kept: set[int]) -> None:
    expected = np.array([chance if index in kept else 0 for index, chance in enumerate(row)], np.float64)
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-6)


def test_truncations_switched_off_change_nothing() -> None:
    row = np.array([0.5, 0.25, 0.25], np.float32)
    for found in (sampling.top_k(row, 0), sampling.top_k(row, 3), sampling.top_p(row, 1), sampling.min_p(row, 0)):
        np.testing.assert_array_equal(found, row)


@given(logits, st.floats(0.1, 10), st.floats(-20, 20, width=32))
def test_repetition_raises_probabilities_to_a_power_whatever_the_zero_of_the_logits(
    rows: Floats, penalty: float, shift: float
) -> None:
    recent = np.array([0, 0, rows.shape[1] - 1], np.int32)
    found = sampling.repetition(rows, recent, penalty)
    before = sampling.repetition(rows, np.empty(0, np.int32), penalty)
    expected = before.copy()
    expected[:, np.unique(recent)] *= penalty
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(sampling.repetition(rows + np.float32(shift), recent, penalty), found, atol=1e-3)


@given(distributions(), uniforms, st.integers(0, 8), st.sampled_from([1, 0.9, 0.5, 0.1]), st.sampled_from([0, 0.23, 1]))
def test_sorting_once_keeps_what_the_three_truncations_keep(
    rows: Floats, uniform: float, count: int, mass: float, floor: float
) -> None:
    first = sampling.top_k(rows, count)
    _assume_no_tie(first, mass)
    kept = sampling.min_p(sampling.top_p(first, mass), floor)
    for row, left in zip(rows, kept, strict=True):
        # In order of probability the inverse of the cumulated distribution is another symbol, but as probable a one.
        order = np.argsort(-row, kind="stable")
        expected = order[min(sampling.pick(left[order].cumsum(), uniform), len(row) - 1)]
        found = sampling.pick_truncated(row * np.float32(4), uniform, count, mass, floor)
        cumulated = left[order].astype(np.float64).cumsum()
        near_a_border = np.abs(cumulated - uniform).min() < 1e-5
        assert left[found] > 0
        assert found == expected or near_a_border


@given(distributions(), uniforms)
def test_draw_is_the_inverse_of_the_cumulated_distribution(rows: Floats, uniform: float) -> None:
    drawn = sampling.draw(rows, [uniform] * len(rows))
    for row, symbol in zip(rows, drawn.tolist(), strict=True):
        assert row[symbol] > 0
        exact = row.astype(np.float64).cumsum() / row.astype(np.float64).sum()
        assert exact[symbol] >= uniform - 1e-6
        assert symbol == 0 or exact[symbol - 1] <= uniform + 1e-6


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53, 1 - 2**-25])
def test_draw_never_takes_a_symbol_of_probability_zero(uniform: float) -> None:
    row = np.array([[0, 0.3, 0, 0.7, 0, 0]], np.float32)
    assert sampling.draw(row, [uniform])[0] in (1, 3)


def test_draws_are_as_frequent_as_they_are_probable() -> None:
    row = np.array([0.05, 0.15, 0.0, 0.3, 0.5], np.float32)
    numbers = np.random.default_rng(0).random(20_000)
    counts = np.bincount(sampling.draw(np.tile(row, (20_000, 1)), numbers), minlength=5)
    np.testing.assert_allclose(counts / 20_000, row, atol=0.012)
