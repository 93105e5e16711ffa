"""Devices: their names, with and without TensorFlow, and one training spread over two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from models import devices
from models.devices import Placement, names, resolve, split_cpu
from models.errors import UnavailableError, UsageError
from models.hardware import hardware


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hardware_is_told_without_tensorflow() -> None:
    code = """
import sys, json
from models.hardware import hardware
found = hardware()
print(json.dumps([[device.name, device.title, device.memory] for device in found]))
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    found = json.loads(python(code, STUDIO_CPU_DEVICES="3"))
    cpus = [device for device in found if device[0].startswith("CPU")]
    assert [name for name, _, _ in cpus] == ["CPU:0", "CPU:1", "CPU:2"]
    assert all(memory > 2**20 for _, _, memory in cpus)


@pytest.mark.parametrize("value", ["", "0", "-2", "many", "1"])
def test_the_cpu_is_one_device_unless_told_otherwise(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_CPU_DEVICES", value)
    assert [device.name for device in hardware() if device.name.startswith("CPU")] == ["CPU:0"]


def test_names_resolve() -> None:
    assert resolve() == names()[:1]
    assert resolve("all") == names()
    assert resolve("cpu") == resolve("CPU:0") == ["CPU:0"]
    assert resolve("cpu:0, CPU") == ["CPU:0"]


@pytest.mark.parametrize("name", ["", "tpu", "cpu:x", "gpu:-1", "cpu:0:1"])
def test_what_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="there is no device"):
        resolve(name)


def test_a_device_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(UnavailableError, match=r"there is no CPU:7 here; there are .*CPU:0"):
        resolve("CPU:7")


def test_the_cpu_cannot_be_split_after_its_first_use() -> None:
    assert Placement(["CPU:0"]).replicas == 1
    with pytest.raises(UsageError, match="before it is first used"):
        split_cpu(4)


def test_gpu_memory_grows_with_need_and_is_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    grown: list[tuple[str, bool]] = []
    monkeypatch.setattr(devices, "_is_prepared", False)
    monkeypatch.setattr(
        devices.tf.config, "list_physical_devices", lambda kind: ["one", "two"] if kind == "GPU" else []
    )
    monkeypatch.setattr(
        devices.tf.config.experimental, "set_memory_growth", lambda gpu, flag: grown.append((gpu, flag))
    )
    threads = [threading.Thread(target=devices.prepare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert grown == [("one", True), ("two", True)]


SPREAD = """
import json
import numpy as np
from models.devices import Placement, names, resolve, split_cpu
split_cpu(2)
assert names() == ["CPU:0", "CPU:1"], names()
from models.pace import Plan
from models.events import Snapshot, Step
from models.training import train
from tests.models.toy import Toy

def ended(devices, resume=None, steps=10):
    place = Placement(resolve(devices))
    with place.scope():
        toy = Toy(place)
    parts = place.strategy.experimental_local_results
    events = list(train(toy, Plan({"learning_rate": 0.1}, steps=steps), place, resume))
    weights = [part.numpy().tolist() for part in parts(toy.weight)]
    return events[-1].checkpoint, weights

one, _ = ended("CPU:1")
both, weights = ended("all")
half, _ = ended("all", steps=5)
rest, _ = ended("all", half)
def apart(a, b): return max(float(np.abs(a.arrays[n] - b.arrays[n]).max()) for n in a.arrays)
print(json.dumps({
    "equal": weights[0] == weights[1],
    "loss": abs(one.meta["metrics"]["loss"] - both.meta["metrics"]["loss"]),
    "weights": float(np.abs(one.arrays["weights/line"] - both.arrays["weights/line"]).max()),
    "carry": float(np.abs(one.arrays["carry"] - both.arrays["carry"]).max()),
    "resumed": apart(both, rest),
}))
"""


def test_two_devices_share_each_batch_and_keep_equal_weights() -> None:
    found = json.loads(python(SPREAD).splitlines()[-1])
    assert found["equal"]
    # The two draw their noise apart, so the runs differ by it alone.
    assert found["loss"] < 0.05
    assert found["weights"] < 0.02
    assert found["carry"] == 0
    assert found["resumed"] < 1e-6
