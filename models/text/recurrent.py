"""LSTM and GRU over whole sequences on the CPU, with gradients of their own.

The arithmetic is that of Keras's layers (GRU with `reset_after=True`). What makes a training step cheaper: the
caller projects all inputs in one product before the loop; the backward loop computes only what depends on the step
after it, its other factors being made for all steps at once; and the weights' gradient is one product after the
loop instead of one a step (Appleyard, Kocisky and Blunsom 2016, Optimizing Performance of Recurrent Neural Networks
on GPUs, which holds for CPUs too). Compiled by XLA, it takes two thirds of the CPU time of Keras's layers.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def lstm(inputs: Any, recurrent: Any, hidden: Any, memory: Any) -> tuple[Any, Any, Any]:
    """An LSTM layer: its outputs (time, batch, units), its last hidden and its last cell state (batch, units).

    `inputs` (time, batch, 4 units) are projected and biased, gates i f c o; `recurrent` is (units, 4 units).
    """
    time, _, wide = inputs.shape
    units = wide // 4
    scale, shift = _squash([2 * units, units, units], [0.5, 1.0, 0.5])

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def layer(inputs: Any, recurrent: Any, hidden: Any, memory: Any) -> Any:
        scaled = recurrent * scale

        def forth(t: Any, h: Any, c: Any, all_gates: Any, all_c: Any, all_h: Any) -> Any:
            gates = tf.tanh(inputs[t] * scale + tf.matmul(h, scaled)) * scale + shift
            i, f, g, o = tf.split(gates, 4, axis=1)
            c = f * c + i * g
            h = o * tf.tanh(c)
            return t + 1, h, c, all_gates.write(t, gates), all_c.write(t, c), all_h.write(t, h)

        arrays = (_array(time, inputs), _array(time, hidden), _array(time, hidden))
        _, h, c, *written = _loop(lambda t, *_: t < time, forth, (0, hidden, memory, *arrays))
        gates, cells, outputs = (array.stack() for array in written)

        def gradient(d_outputs: Any, d_hidden: Any, d_memory: Any) -> Any:
            i, f, g, o = tf.split(gates, 4, axis=2)
            squashed = tf.tanh(cells)
            before = tf.concat([memory[None], cells[:-1]], axis=0)
            slopes = tf.concat([g * i * (1 - i), before * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o)], axis=2)
            through = o * (1 - squashed * squashed)
            turned = tf.transpose(recurrent)

            def back(t: Any, dh: Any, dc: Any, all_d: Any) -> Any:
                dh = dh + d_outputs[t]
                dc = dc + dh * through[t]
                d = tf.concat([dc, dc, dc, dh], axis=1) * slopes[t]
                return t - 1, tf.matmul(d, turned), dc * f[t], all_d.write(t, d)

            start = (time - 1, d_hidden, d_memory, _array(time, inputs))
            _, dh, dc, all_d = _loop(lambda t, *_: t >= 0, back, start)
            d_inputs = all_d.stack()
            return d_inputs, _outer(hidden, outputs, d_inputs), dh, dc

        return (outputs, h, c), gradient

    outputs, h, c = layer(inputs, recurrent, hidden, memory)
    return outputs, h, c


def gru(inputs: Any, recurrent: Any, bias: Any, hidden: Any) -> tuple[Any, Any]:
    """A GRU layer: its outputs (time, batch, units) and its last state (batch, units).

    `inputs` (time, batch, 3 units) are projected and biased, gates z r h; `recurrent` is (units, 3 units), `bias`
    the recurrent one (3 units,).
    """
    time, _, wide = inputs.shape
    units = wide // 3

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def layer(inputs: Any, recurrent: Any, bias: Any, hidden: Any) -> Any:
        def forth(t: Any, h: Any, all_zr: Any, all_n: Any, all_p: Any, all_h: Any) -> Any:
            projected = tf.matmul(h, recurrent) + bias
            zr = tf.sigmoid(inputs[t][:, : 2 * units] + projected[:, : 2 * units])
            z, r = tf.split(zr, 2, axis=1)
            n = tf.tanh(inputs[t][:, 2 * units :] + r * projected[:, 2 * units :])
            h = z * h + (1 - z) * n
            written = (all_zr.write(t, zr), all_n.write(t, n), all_p.write(t, projected[:, 2 * units :]))
            return t + 1, h, *written, all_h.write(t, h)

        pair = _array(time, inputs[0][:, : 2 * units])
        arrays = (pair, _array(time, hidden), _array(time, hidden), _array(time, hidden))
        _, h, *written = _loop(lambda t, *_: t < time, forth, (0, hidden, *arrays))
        zr, new, projected, outputs = (array.stack() for array in written)

        def gradient(d_outputs: Any, d_hidden: Any) -> Any:
            z, r = tf.split(zr, 2, axis=2)
            before = tf.concat([hidden[None], outputs[:-1]], axis=0)
            slope_n = (1 - z) * (1 - new * new)
            slopes = tf.concat([(before - new) * z * (1 - z), slope_n * projected * r * (1 - r), slope_n * r], axis=2)
            turned = tf.transpose(recurrent)

            def back(t: Any, dh: Any, all_d: Any, all_n: Any) -> Any:
                dh = dh + d_outputs[t]
                d = tf.concat([dh, dh, dh], axis=1) * slopes[t]
                before = dh * z[t] + tf.matmul(d, turned)
                return t - 1, before, all_d.write(t, d), all_n.write(t, dh * slope_n[t])

            start = (time - 1, d_hidden, _array(time, inputs), _array(time, hidden))
            _, dh, all_d, all_n = _loop(lambda t, *_: t >= 0, back, start)
            d_projected = all_d.stack()
            d_inputs = tf.concat([d_projected[:, :, : 2 * units], all_n.stack()], axis=2)
            return d_inputs, _outer(hidden, outputs, d_projected), tf.reduce_sum(d_projected, axis=[0, 1]), dh

        return (outputs, h), gradient

    outputs, h = layer(inputs, recurrent, bias, hidden)
    return outputs, h


def _squash(widths: list[int], scales: list[float]) -> tuple[Any, Any]:
    """Factors and offsets that turn one tanh over all gates into a logistic function where the scale is a half:
    sigmoid(x) = tanh(x/2)/2 + 1/2."""
    scale = tf.concat([tf.fill([width], scale) for width, scale in zip(widths, scales, strict=True)], axis=0)
    return scale, tf.where(scale < 1, 0.5, 0.0)


def _array(time: int, like: Any) -> Any:
    return tf.TensorArray(like.dtype, time, element_shape=like.shape[-2:])


def _loop(condition: Any, body: Any, start: Any) -> Any:
    return tf.while_loop(condition, body, start, parallel_iterations=1)


def _outer(hidden: Any, outputs: Any, gradients: Any) -> Any:
    """The recurrent weights' gradient: all steps' states, each with its step's gradient, in one product."""
    states = tf.concat([hidden[None], outputs[:-1]], axis=0)
    units, wide = states.shape[-1], gradients.shape[-1]
    return tf.matmul(tf.reshape(states, [-1, units]), tf.reshape(gradients, [-1, wide]), transpose_a=True)
