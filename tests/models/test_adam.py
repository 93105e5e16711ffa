"""Adam by TensorFlow's kernel beside Keras' own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import adam


@pytest.mark.parametrize(("ours", "theirs"), [(adam.Adam, keras.optimizers.Adam), (adam.AdamW, keras.optimizers.AdamW)])
def test_a_fused_step_is_that_of_keras(ours: Any, theirs: Any) -> None:
    random = np.random.default_rng(0)
    start, table = random.normal(size=(7, 5)).astype(np.float32), random.normal(size=(9, 3)).astype(np.float32)
    ends = []
    for kind in (ours, theirs):
        variables = [keras.Variable(start), keras.Variable(table)]
        optimizer = kind(3e-3, beta_1=0.5, beta_2=0.97)
        optimizer.build(variables)
        trained = [variable.value for variable in variables]

        @tf.function
        def step(x: Any, rows: Any, optimizer: Any = optimizer, trained: Any = trained) -> None:
            with tf.GradientTape() as tape:
                seen = tf.reduce_sum(tf.sin(x @ trained[0])) + tf.reduce_sum(tf.square(tf.gather(trained[1], rows)))
            optimizer.apply(tape.gradient(seen, trained))

        chance = np.random.default_rng(1)
        for _ in range(6):
            # No row twice: Keras squares the parts of its gradient before it adds them up.
            step(tf.constant(chance.normal(size=(4, 7)), tf.float32), tf.constant(chance.permutation(9)[:4]))
        ends.append([variable.numpy() for variable in [*trained, *(each.value for each in optimizer.variables)]])
    assert np.abs(ends[0][0] - start).max() > 1e-3
    for found, expected in zip(*ends, strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)
