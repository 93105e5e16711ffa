"""Runs groups of training steps in one TensorFlow graph, on one device or several, and reads and writes their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.devices import Placement
from models.errors import UsageError, UserError
from models.task import Task


class Engine:
    """A task's steps as one graph that runs a group of them, without looking at the host in between."""

    def __init__(self, task: Task, place: Placement, seed: int) -> None:
        self._task, self._place = task, place
        self._seed = int(np.uint32(seed).astype(np.int32))
        self._state = {name: _variable(found) for name, found in task.state().items()}
        self._group: Any = None

    def run(self, first: int, batches: Any, rates: NDArray[np.float32]) -> NDArray[np.float64]:
        """Run steps `first`, `first + 1`, ...; returns their measures, (steps, measures), the last step being the
        first one with a measure that is not finite, if there is one. `rates` is (steps, optimizers).

        Raises UserError if the device has too little memory.
        """
        try:
            given = self._distributed(batches)
            if self._group is None:
                self._group = self._traced(given)
            values, done = self._group(given, tf.constant(rates), tf.constant(first, tf.int32))
            return np.asarray(values.numpy()[: int(done)], np.float64)
        except tf.errors.ResourceExhaustedError:
            raise UserError(f"out of memory on {self._place.title}: make the batch or the network smaller") from None

    def _traced(self, batches: Any) -> Any:
        if self._place.replicas > 1:
            return tf.function(self._steps, reduce_retracing=True, autograph=False)
        specs = tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), batches)
        rates = tf.TensorSpec([None, len(self._task.optimizers)], tf.float32)
        return tf.function(self._steps, input_signature=[specs, rates, tf.TensorSpec([], tf.int32)], autograph=False)

    def _distributed(self, batches: Any) -> Any:
        count = self._place.replicas
        if count == 1:
            return tf.nest.map_structure(tf.convert_to_tensor, batches)

        def share(array: NDArray[Any]) -> Any:
            if array.shape[1] % count:
                raise UsageError(f"batch: {array.shape[1]} examples cannot be shared by {count} devices")
            # Of several machines each computes all parts, which need no telling, and is asked for its own.
            parts = np.split(array, count, axis=1)
            return self._place.strategy.experimental_distribute_values_from_function(
                lambda context: tf.convert_to_tensor(parts[context.replica_id_in_sync_group])
            )

        return tf.nest.map_structure(share, batches)

    def _steps(self, batches: Any, rates: Any, first: Any) -> Any:
        task, strategy = self._task, self._place.strategy
        count = tf.shape(rates)[0]
        optimizers = list(task.optimizers.values())

        def one(batches: Any, k: Any) -> Mapping[str, Any]:
            seed = tf.stack([self._seed, first + k])
            if self._place.replicas > 1:
                replica = tf.distribute.get_replica_context().replica_id_in_sync_group
                seed = tf.random.experimental.stateless_fold_in(seed, replica)
            return task.step(tf.nest.map_structure(lambda x: x[k], batches), seed)

        def body(k: Any, _: Any, history: Any) -> Any:
            for index, optimizer in enumerate(optimizers):
                optimizer.learning_rate = rates[k, index]
            found = strategy.run(one, args=(batches, k))
            means = [strategy.reduce("MEAN", found[name], axis=None) for name in task.measures]
            values = tf.stack([tf.cast(mean, tf.float32) for mean in means])
            return k + 1, tf.reduce_all(tf.math.is_finite(values)), history.write(k, values)

        history = tf.TensorArray(tf.float32, count, element_shape=[len(task.measures)])
        done, _, history = tf.while_loop(
            lambda k, ok, _: tf.logical_and(k < count, ok),
            body,
            (tf.constant(0), tf.constant(True), history),
            parallel_iterations=1,
        )
        return history.stack(), done

    def hold(self) -> list[Any]:
        """The state as it is now, for `restore`. Costs nothing on its own: TensorFlow copies a buffer that is held
        when it is written to."""
        return [part.read_value() for found in self._state.values() for part in self._parts(found)]

    def restore(self, held: Sequence[Any]) -> None:
        parts = [part for found in self._state.values() for part in self._parts(found)]
        for part, value in zip(parts, held, strict=True):
            part.assign(value)

    def arrays(self, prefix: str = "") -> dict[str, NDArray[Any]]:
        """Copies of all arrays whose names begin with `prefix`."""
        return {name: self._read(found) for name, found in self._state.items() if name.startswith(prefix)}

    def put(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set all variables. Raises UsageError if an array is missing or of another shape."""
        for name, found in self._state.items():
            array = arrays.get(name)
            shape = self._shape(found)
            if array is None or array.shape != shape:
                has = "lacks it" if array is None else f"has {array.shape}"
                raise UsageError(
                    f"the checkpoint does not fit this recipe: {name} is {shape} here, the checkpoint {has}"
                )
            parts = self._parts(found)
            pieces = self._own(array, len(parts)) if _is_apart(found) else [array] * len(parts)
            for part, piece in zip(parts, pieces, strict=True):
                part.assign(piece)

    def _parts(self, variable: Any) -> tuple[Any, ...]:
        """The variables of the single devices."""
        return tuple(self._place.strategy.experimental_local_results(variable))

    def _read(self, variable: Any) -> NDArray[Any]:
        parts = self._parts(variable)
        if not _is_apart(variable):
            return np.array(parts[0].numpy())
        own = np.concatenate([np.array(part.numpy()) for part in parts])
        return own if self._place.workers is None else self._place.workers.joined(own)

    def _shape(self, variable: Any) -> tuple[int, ...]:
        """The shape of what `_read` gives."""
        found = tuple(self._parts(variable)[0].shape)
        return (found[0] * self._place.replicas, *found[1:]) if _is_apart(variable) else found

    def _own(self, array: NDArray[Any], count: int) -> list[NDArray[Any]]:
        """What this machine's `count` devices hold of an array of all devices."""
        workers = self._place.workers
        first = 0 if workers is None else workers.cluster.index * count
        return np.split(array, self._place.replicas)[first : first + count]


def per_replica(value: Any, name: str) -> Any:
    """A variable of which each device has its own, such as a recurrent state; a checkpoint holds them joined along
    axis 0. To be made in the placement's scope."""
    return tf.Variable(
        value,
        trainable=False,
        name=name,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.NONE,
    )


def _is_apart(variable: Any) -> bool:
    return bool(variable.synchronization == tf.VariableSynchronization.ON_READ)


def _variable(found: Any) -> Any:
    """The TensorFlow variable behind a Keras one."""
    return found if isinstance(found, tf.Variable) else found.value
