"""One of several machines that train together: what they agree on, and what they tell each other.

Every machine runs the same loop and computes the same order of the data; each takes its own part of each batch. What
could differ between them, such as the time and a wish to stop, is the chief's, or is agreed on, between two groups of
steps: no machine may wait for a word that another one does not say.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import safetensors.numpy
import tensorflow as tf
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.cluster import Cluster, lost, meet
from models.errors import UsageError
from models.recipe import Recipe

Kind = TypeVar("Kind", bound=Recipe)
PIECE = 1 << 22
"""Numbers that are told at once."""

_joined: Workers | None = None


class Workers:
    """This machine among those of `cluster`, which are all there. TensorFlow must not have been used before.

    `stop` is called when one of them was asked to stop: all do.
    """

    def __init__(self, cluster: Cluster, stop: Callable[[], None]) -> None:
        self.cluster, self._stop = cluster, stop
        with self.heard():
            self.strategy: Any = tf.distribute.MultiWorkerMirroredStrategy()

    @property
    def is_chief(self) -> bool:
        return self.cluster.is_chief

    @property
    def count(self) -> int:
        return len(self.cluster.addresses)

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Work together; where another machine is lost, that is a UserError."""
        try:
            yield
        except tf.errors.ResourceExhaustedError:
            raise
        except tf.errors.OpError as error:
            found = re.search(r"unhealthy[^/]*/job:\w+(?:/replica:\d+)?/task:(\d+)", str(error))
            found = found or re.search(r"remote target /job:\w+/replica:\d+/task:(\d+)", str(error))
            raise lost(self.cluster, None if found is None else int(found[1])) from error

    def total(self, array: NDArray[Any]) -> NDArray[Any]:
        """The sum over all machines, of arrays of one shape: float32 or float64."""
        with self.heard():
            return np.asarray(self.strategy.reduce("SUM", tf.convert_to_tensor(array), axis=None).numpy())

    def chiefs(self, array: NDArray[Any]) -> NDArray[Any]:
        """The chief's array, of a shape that all know: float32 or float64."""
        return self.total(array if self.is_chief else np.zeros_like(array))

    def joined(self, array: NDArray[Any]) -> NDArray[Any]:
        """The arrays of all machines, of one shape, joined along axis 0 in their order."""
        whole = np.zeros((self.count, *array.shape), array.dtype)
        whole[self.cluster.index] = array
        return self.total(whole).reshape(-1, *array.shape[1:])

    def agree(self, seconds: float, asked: bool) -> tuple[float, bool]:
        """The chief's seconds, and whether any machine was asked to stop."""
        found = self.total(np.array([seconds if self.is_chief else 0.0, float(asked)]))
        if found[1] > 0:
            self._stop()
        return float(found[0]), bool(found[1] > 0)

    def measured(self, figures: Mapping[str, float]) -> dict[str, float]:
        """The chief's figures: all machines have the same names for theirs, and may differ in the last digit."""
        values = self.chiefs(np.array([figures[name] for name in figures], np.float64))
        return dict(zip(figures, values.tolist(), strict=True))

    def told(self, data: bytes) -> bytes:
        """What the chief says; the others say nothing."""
        size = int(self.chiefs(np.array([float(len(data))]))[0])
        padded = data + bytes(-len(data) % 2) if self.is_chief else bytes(size + size % 2)
        # Two bytes a number: float32 is the one kind that every way of telling takes, and holds 16 bits exactly.
        numbers = np.frombuffer(padded, "<u2").astype(np.float32)
        parts = [self.chiefs(numbers[at : at + PIECE]) for at in range(0, numbers.size, PIECE)]
        whole = np.concatenate([np.empty(0, np.float32), *parts]).astype("<u2")
        return whole.tobytes()[:size]

    def check_same(self, identity: str) -> None:
        """Raises UsageError, on all machines, where one has other data to learn from than the chief."""
        number = float(int.from_bytes(hashlib.sha256(identity.encode()).digest()[:6], "big"))
        found = self.joined(np.array([number]))
        if others := [self.cluster.called(index) for index in np.flatnonzero(found != found[0]).tolist()]:
            raise UsageError(f"{', '.join(others)}: not the same data to learn from as on {self.cluster.called(0)}")

    def part(self) -> None:
        """Wait until nobody needs this machine any more; one that has left by then is not missed."""
        with contextlib.suppress(tf.errors.OpError):
            self.strategy.reduce("SUM", tf.constant([0.0]), axis=None)

    def begin(
        self, recipe: Kind, resume: Checkpoint | None, base: Checkpoint | None
    ) -> tuple[Kind, Checkpoint | None, Checkpoint | None]:
        """What the chief begins with, on all machines."""
        origins = {"resume": resume, "base": base}
        head = {name: None if found is None else dict(found.meta) for name, found in origins.items()}
        said = json.loads(self.told(json.dumps({"recipe": recipe.model_dump(mode="json"), **head}).encode()))
        given: dict[str, Checkpoint | None] = {}
        for name, found in origins.items():
            given[name] = None
            if said[name] is not None:
                own = {} if found is None else {key: np.asarray(each, order="C") for key, each in found.arrays.items()}
                data = self.told(safetensors.numpy.save(own) if self.is_chief else b"")
                given[name] = Checkpoint(said[name], safetensors.numpy.load(data))
        return recipe.checked(said["recipe"]), given["resume"], given["base"]


def join(
    cluster: Cluster,
    wanted: Callable[[], bool] = lambda: True,
    tell: Callable[[str], None] = lambda line: None,  # noqa: ARG005
    stop: Callable[[], None] = lambda: None,
) -> Workers | None:
    """Wait for the other machines and train with them, once a process; None if it is no longer `wanted`. Must come
    before anything else uses TensorFlow. `tell` is told whom it waits for, `stop` called when one of the machines was
    asked to stop. Raises UserError kin where the others cannot be reached."""
    global _joined
    if _joined is None and meet(cluster, wanted, tell):
        _joined = Workers(cluster, stop)
    return _joined


def workers() -> Workers:
    """This machine among those that it has joined. Raises UsageError if it has joined none."""
    if _joined is None:
        raise UsageError("this process has joined no other machines")
    return _joined
