"""Adam as one operation a variable, where Keras makes seven passes over it (Kingma & Ba, "Adam", 2015)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class _Fused:
    """The step of Keras' Adam, by TensorFlow's own kernel; state, schedule and numbers are the same."""

    def update_step(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move a variable by its gradient, of the same shape; that of an embedding becomes dense."""
        kind = variable.dtype
        step = tf.cast(self.iterations.value + 1, kind)
        place = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, kind), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, kind), step),
            lr=tf.cast(learning_rate, kind),
            beta1=tf.cast(self.beta_1, kind),
            beta2=tf.cast(self.beta_2, kind),
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(tf.convert_to_tensor(gradient), kind),
        )


class Adam(_Fused, keras.optimizers.Adam):  # type: ignore[misc]
    """Adam, without AMSGrad."""


class AdamW(_Fused, keras.optimizers.AdamW):  # type: ignore[misc]
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2019), without AMSGrad."""
