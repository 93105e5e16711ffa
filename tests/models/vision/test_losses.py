"""Losses between pictures: what they measure, and that sizes are no part of them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from models.vision.losses import gram, masked_gram, relative, total_variation


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(6, 8, 4)).astype(np.float32)


def test_a_gram_matrix_is_the_mean_product_of_channels(features: np.ndarray) -> None:
    wanted = np.einsum("hwi,hwj->ij", features, features) / 48
    np.testing.assert_allclose(gram(tf.constant(features)), wanted, rtol=1e-5, atol=1e-6)


def test_a_gram_matrix_knows_no_size_and_no_place(features: np.ndarray) -> None:
    once = gram(tf.constant(features))
    np.testing.assert_allclose(gram(tf.constant(np.tile(features, (3, 2, 1)))), once, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gram(tf.constant(np.roll(features, 3, axis=1))), once, rtol=1e-4, atol=1e-6)


def test_a_mask_says_which_places_count(features: np.ndarray) -> None:
    whole, none = np.ones((6, 8), np.float32), np.zeros((6, 8), np.float32)
    np.testing.assert_allclose(masked_gram(features, whole), gram(tf.constant(features)), rtol=1e-5, atol=1e-6)
    assert not np.any(masked_gram(features, none))
    half = none.copy()
    half[:, :4] = 1
    np.testing.assert_allclose(
        masked_gram(features, half), gram(tf.constant(features[:, :4].copy())), rtol=1e-5, atol=1e-6
    )


def test_a_relative_distance_is_in_parts_of_the_target(features: np.ndarray) -> None:
    other = features + 0.5
    near = float(relative(tf.constant(other), tf.constant(features)))
    np.testing.assert_allclose(near, 0.25 * features.size / np.square(features).sum(), rtol=1e-4)
    np.testing.assert_allclose(float(relative(1000 * other, tf.constant(1000 * features))), near, rtol=1e-4)
    assert float(relative(tf.zeros_like(features), tf.constant(features))) == pytest.approx(1)


def test_total_variation_is_the_mean_square_of_steps() -> None:
    ramp = np.zeros((4, 5, 3), np.float32) + np.arange(5, dtype=np.float32)[:, None] / 10
    assert float(total_variation(tf.constant(ramp))) == pytest.approx(0.01)
    assert float(total_variation(tf.zeros((4, 5, 3)))) == 0
