"""Devices as TensorFlow sees them: memory growth, names, scopes, and strategies that spread one training over several.

This module is where TensorFlow is first imported: what has to be set before its first use is set here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from models.errors import UnavailableError, UsageError
from models.hardware import cpu_devices
from models.workers import Workers, workers

AUTO, ALL = "auto", "all"
MACHINES = "machines"
"""All GPUs (or the CPU) of each of the machines that `models.workers.join` has joined."""

_lock = threading.Lock()
_is_prepared = False


def prepare() -> None:
    """Set up all devices before their first use, once a process: GPU memory grows with need, the CPU may be split.

    Without growth TensorFlow takes all of a GPU's memory at its first step, and a second program finds none. Safe to
    call from any thread, at any time; all else in this module calls it.
    """
    global _is_prepared
    with _lock:
        if _is_prepared:
            return
        tf.get_logger().setLevel("ERROR")  # its warnings would go to the screen
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        if cpu_devices() > 1:
            _split_cpu(cpu_devices())
        _keep_freed_memory()
        _is_prepared = True


M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def _keep_freed_memory() -> None:
    """Have glibc keep what is freed, for the next step to use again.

    It would give the tens of megabytes of a step's activations back to the system after each step; getting them
    anew, page by page, is a quarter of an LSTM's step on a CPU.
    """
    _call_libc("mallopt", M_MMAP_MAX, 0)
    _call_libc("mallopt", M_TRIM_THRESHOLD, 2**31 - 1)


def give_back_memory() -> None:
    """Give freed memory back to the system: for the end of a run."""
    _call_libc("malloc_trim", 0)


def _call_libc(name: str, *numbers: int) -> None:
    """Call a function of glibc; other C libraries, which lack it, have no such settings."""
    function = getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
    if function is not None:
        function(*numbers)


def split_cpu(count: int) -> None:
    """Make `count` logical devices of the CPU, `CPU:0` and so on. Must come before anything else uses a device.

    They share the cores; they are for trying out several devices on a machine that has one. Raises UsageError if
    it comes too late.
    """
    global _is_prepared
    with _lock:
        if _is_prepared and len(tf.config.list_logical_devices("CPU")) == count:
            return
        try:
            _split_cpu(count)
        except RuntimeError:
            raise UsageError("the CPU can be split only before it is first used; set STUDIO_CPU_DEVICES") from None


def _split_cpu(count: int) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration() for _ in range(count)])


def names() -> list[str]:
    """The devices a run can be given, best first: every GPU (`GPU:0`), or where there is none the CPU (`CPU:0`)."""
    prepare()
    gpus = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices("GPU")]
    return gpus or [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices("CPU")]


def resolve(device: str | Sequence[str] = AUTO) -> list[str]:
    """The names of the devices meant: `auto` is the best one, `all` is all of `names()`, else `CPU`, `GPU:1`, or
    several with commas between; `machines` is all that was joined. Raises UsageError for what is no name,
    UnavailableError for a device not there.
    """
    prepare()
    if device == MACHINES:
        return [MACHINES]
    asked = device.split(",") if isinstance(device, str) else list(device)
    if asked == [ALL]:
        return names()
    return list(dict.fromkeys(_resolve(name.strip()) for name in asked))


def _resolve(name: str) -> str:
    if name.lower() == AUTO:
        return names()[0]
    kind, _, index = name.upper().partition(":")
    if kind not in ("CPU", "GPU") or not (index or "0").isdecimal():
        raise UsageError(f"there is no device {name!r}; say auto, all, CPU, or GPU:0")
    wanted = f"{kind}:{int(index or 0)}"
    if f"/device:{wanted}" not in [found.name for found in tf.config.list_logical_devices(kind)]:
        raise UnavailableError(f"there is no {wanted} here; there are {', '.join(dict.fromkeys([*names(), 'CPU:0']))}")
    return wanted


class Placement:
    """Where a run puts its variables and its work: on one device, or mirrored over several with equal weights.

    `devices` are names as `resolve` gives them; `strategy` is the `tf.distribute.Strategy` that goes with them, and
    `workers` this machine among several, if it is.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        prepare()
        self.devices = tuple(devices)
        self.workers: Workers | None = workers() if self.devices == (MACHINES,) else None
        self.strategy: Any = strategy(devices) if self.workers is None else self.workers.strategy

    @property
    def replicas(self) -> int:
        return int(self.strategy.num_replicas_in_sync)

    @property
    def is_chief(self) -> bool:
        """Whether this process is to show and keep what is made: of several machines it is the first."""
        return self.workers is None or self.workers.is_chief

    @property
    def title(self) -> str:
        """The devices for a line of text."""
        return " ".join(self.devices) if self.workers is None else f"{self.workers.count} machines"

    @property
    def has_gpu(self) -> bool:
        if self.workers is not None:
            return bool(tf.config.list_physical_devices("GPU"))
        return all(name.startswith("GPU") for name in self.devices)

    @property
    def has_bfloat16(self) -> bool:
        """Whether 16 bits are quicker here and as safe as 32: GPUs from compute capability 8 on."""
        if not self.has_gpu:
            return False
        gpus = tf.config.list_physical_devices("GPU")
        found = [tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus]
        return bool(min(found) >= (8, 0))

    def scope(self) -> AbstractContextManager[Any]:
        """The context to make variables and to work in. It is the thread's: never keep it open across a `yield`."""
        if self.workers is not None:
            return _together(self.workers)
        return self.strategy.scope() if len(self.devices) > 1 else scope(self.devices[0])


@contextlib.contextmanager
def _together(found: Workers) -> Iterator[None]:
    with found.heard(), found.strategy.scope():
        yield


def scope(device: str) -> AbstractContextManager[Any]:
    """A context in which TensorFlow puts variables and work on one device. It is the thread's: never keep it open
    across a `yield`."""
    prepare()
    context: AbstractContextManager[Any] = tf.device(f"/device:{device}")
    return context


def strategy(devices: Sequence[str]) -> Any:
    """The `tf.distribute.Strategy` that keeps equal weights on all of `devices`, or the default one for a single
    device (which is to be used inside `scope`)."""
    prepare()
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy([f"/device:{name}" for name in devices])
    return tf.distribute.get_strategy()
