"""Batch normalisation as a part of convolutions: nothing changes but the work."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from models.vision.backbones.folding import folded


def shifted(model: Any) -> Any:
    random = np.random.default_rng(3)
    for variable in model.weights:
        variable.assign(random.uniform(0.2, 1.5, tuple(variable.shape)))
    model.trainable = False
    return model


@pytest.fixture(scope="module")
def model() -> Any:
    inputs = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="plain")(inputs)
    x = layers.BatchNormalization(scale=False, name="plain_norm")(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="deep")(layers.ReLU()(x))
    x = layers.BatchNormalization(center=False, epsilon=0.1, name="deep_norm")(x)
    twice = layers.Conv2D(4, 1, name="twice")(x)
    x = layers.Add()([layers.BatchNormalization(name="one_use")(twice), twice])
    x = layers.Conv2D(5, 1, activation="tanh", name="bent")(x)
    x = layers.BatchNormalization(name="after_a_bend")(x)
    return shifted(keras.Model(inputs, x))


def test_the_outputs_are_the_same(model: Any) -> None:
    x = np.random.default_rng(4).standard_normal((2, 9, 12, 3)).astype(np.float32)
    np.testing.assert_allclose(folded(model)(x), model(x, training=False), rtol=1e-4, atol=1e-5)


def test_only_what_follows_a_convolution_directly_and_alone_is_folded(model: Any) -> None:
    found = folded(model)
    left = [layer.name for layer in found.layers if isinstance(layer, layers.BatchNormalization)]
    assert left == ["one_use", "after_a_bend"]
    assert [layer.name for layer in found.layers[1:]] == [layer.name for layer in model.layers[1:]]
    assert found.get_layer("plain").bias is not None
    assert not found.trainable_variables


def test_the_model_itself_is_left_alone(model: Any) -> None:
    before = [array.copy() for array in model.get_weights()]
    folded(model)
    for left, right in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(left, right)
