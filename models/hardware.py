"""Which devices this machine has, told without TensorFlow: for screens and forms that must not wait for it."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hardware:
    """One device: its name as `models.devices` takes it (`GPU:0`), a title for people, its memory in bytes or None."""

    name: str
    title: str
    memory: int | None = None


def hardware() -> list[Hardware]:
    """All devices, GPUs first, then the CPU. Asks NVIDIA's driver; imports no TensorFlow, opens no GPU context."""
    return [*_gpus(), *_cpus()]


def cpu_devices() -> int:
    """How many logical devices the CPU is to be split into: `STUDIO_CPU_DEVICES`, else one."""
    text = os.environ.get("STUDIO_CPU_DEVICES", "")
    return min(int(text), 64) if text.isdecimal() and int(text) > 0 else 1


def _cpus() -> list[Hardware]:
    import psutil

    count = cpu_devices()
    total = int(psutil.virtual_memory().total)
    title = f"CPU, {os.cpu_count() or 1} cores"
    if count == 1:
        return [Hardware("CPU:0", title, total)]
    return [Hardware(f"CPU:{index}", f"{title}, part {index + 1} of {count}", total) for index in range(count)]


def _gpus() -> list[Hardware]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    found = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            title, total = pynvml.nvmlDeviceGetName(handle), int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)
        except pynvml.NVMLError:
            continue
        found.append(Hardware(f"GPU:{index}", str(title), total))
    return found
