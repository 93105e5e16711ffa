"""One step of ascent, and the zoom."""

from __future__ import annotations

import numpy as np
import pytest

from models.dream.ascent import climb, level, packed, rms, settled, unpacked
from models.dream.zoom import steadied, zoomed
from models.vision import pyramid


@pytest.fixture(params=[1 << 16, 40])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """A picture and a gradient, worked on at once and row by row."""
    monkeypatch.setattr(pyramid, "BAND", request.param)
    random = np.random.default_rng(0)
    picture = settled(random.uniform(50, 200, (20, 13, 3)).astype(np.float32))
    return picture, random.normal(0, 1e-4, picture.shape).astype(np.float32)


def test_a_normalised_step_is_as_long_as_asked(made: tuple[np.ndarray, np.ndarray]) -> None:
    picture, gradient = made
    before, whole = picture.copy(), gradient.copy()
    strength = climb(picture, gradient, step_size=2.0)
    assert strength == pytest.approx(float(np.sqrt(np.mean(whole**2))), rel=1e-5)
    np.testing.assert_allclose(picture - before, 2.0 * whole / strength, atol=1 / 256)
    assert rms(picture - before) == pytest.approx(2.0, rel=1e-2)


def test_a_raw_step_follows_the_gradient(made: tuple[np.ndarray, np.ndarray]) -> None:
    picture, gradient = made
    before, whole = picture.copy(), gradient.copy()
    climb(picture, gradient, step_size=50_000.0, normalise="none")
    np.testing.assert_allclose(picture, np.clip(before + 50_000 * whole, 0, 255), atol=1 / 256)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_gradient_that_leads_nowhere_leaves_the_picture(value: float) -> None:
    picture = np.full((4, 5, 3), 7.5, np.float32)
    gradient = np.full_like(picture, value)
    strength = climb(picture, gradient, step_size=1.0, total_variation=1.0)
    assert strength == 0 or not np.isfinite(strength)
    assert (picture == 7.5).all()


def test_total_variation_draws_pixels_to_their_neighbours(made: tuple[np.ndarray, np.ndarray]) -> None:
    picture, gradient = made
    before, whole = picture.copy().astype(np.float64), gradient.copy()
    climb(picture, gradient, step_size=1.5, total_variation=5.0)
    around = np.pad(before, ((1, 1), (1, 1), (0, 0)), mode="edge")
    mean = (around[2:, 1:-1] + around[:-2, 1:-1] + around[1:-1, 2:] + around[1:-1, :-2]) / 4
    step = 1.5 * (whole / np.sqrt(np.mean(whole**2)) + 5 * (mean - before) / 100)
    np.testing.assert_allclose(picture, before + step, atol=1 / 200)


def test_the_laplacian_makes_all_scales_equally_strong() -> None:
    rows, columns = np.mgrid[:64, :96].astype(np.float32)
    coarse = np.sin(rows / 10)[..., None] * np.ones(3)
    fine = 0.01 * np.where((rows + columns) % 2, 1, -1)[..., None] * np.ones(3)
    gradient = (coarse + fine).astype(np.float32)
    level(gradient, 4)
    found = [float((gradient * part).sum() / np.sqrt((part**2).sum() * (gradient**2).sum())) for part in (coarse, fine)]
    assert found[0] > 0.3
    assert found[1] > 0.3


def test_sixteen_bits_hold_a_picture_exactly(made: tuple[np.ndarray, np.ndarray]) -> None:
    picture, gradient = made
    climb(picture, gradient, step_size=100.0)
    assert picture.min() == 0
    assert picture.max() == 255
    assert packed(picture).dtype == np.uint16
    np.testing.assert_array_equal(unpacked(packed(picture)), picture)


def test_a_zoom_by_one_is_the_picture_itself() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (9, 14, 3)).astype(np.float32)
    np.testing.assert_allclose(zoomed(picture, 1.0, 0.0), picture, atol=1e-3)


def test_a_zoom_enlarges_about_the_middle_and_turns_against_the_clock() -> None:
    picture = np.zeros((41, 41, 1), np.float32)
    picture[18:23, 28:33] = 100  # right of the middle by 10
    found = zoomed(picture, 1.5, 90.0)[..., 0]
    rows, columns = np.nonzero(found > 50)
    assert columns.mean() == pytest.approx(20, abs=0.5)
    assert rows.mean() == pytest.approx(20 - 15, abs=0.5)
    assert found.sum() == pytest.approx(picture.sum() * 1.5**2, rel=0.02)


def test_what_a_zoom_uncovers_is_mirrored() -> None:
    picture = np.full((10, 16, 3), 80, np.float32)
    for zoom, degrees in ((0.8, 0.0), (1.0, 45.0), (0.8, -30.0)):
        np.testing.assert_allclose(zoomed(picture, zoom, degrees), 80, atol=1e-3)


def test_a_frame_gets_the_colours_and_the_contrast_of_the_first_one() -> None:
    random = np.random.default_rng(0)
    first = random.integers(60, 160, (30, 40, 3)).astype(np.uint8)
    burnt = np.clip(first.astype(np.float32) * 3 - 180, 0, 255)
    found = steadied(burnt.copy(), first)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), first.mean(axis=(0, 1)), rtol=1e-4)
    np.testing.assert_allclose(found.std(axis=(0, 1)), first.std(axis=(0, 1)), rtol=1e-4)
    np.testing.assert_allclose(
        steadied(np.full((4, 5, 3), 7, np.float32), first).std(), first.mean((0, 1)).std(), rtol=1e-4
    )
