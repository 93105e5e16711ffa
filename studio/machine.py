"""What the machine is and how full it is, for the status line: no TensorFlow, and cheap enough for once a second."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from studio.figures import size


@dataclass
class Machine:
    """Devices and memory. `start()` looks for GPUs and may take a tenth of a second: call it off the event loop."""

    device: str = ""
    gpus: list[Any] = field(default_factory=list, repr=False)
    process: Any = field(default=None, repr=False)

    def start(self) -> None:
        """Find out what there is."""
        import psutil

        self.gpus = gpus()
        if self.gpus:
            self.device = f"{len(self.gpus)} GPUs" if len(self.gpus) > 1 else "GPU"
        else:
            self.device = f"CPU {os.cpu_count() or 1} cores"
        self.process = psutil.Process()

    def memory(self) -> str:
        """What is used of the memory that matters: the GPU's where there is one, else of this process."""
        if self.process is None:
            return ""
        if self.gpus:
            import pynvml

            infos = [pynvml.nvmlDeviceGetMemoryInfo(gpu) for gpu in self.gpus]
            return f"{size(sum(info.used for info in infos))} of {size(sum(info.total for info in infos))}"
        import psutil

        return f"{size(self.process.memory_info().rss)} of {size(psutil.virtual_memory().total)}"


def gpus() -> list[Any]:
    """Handles of NVIDIA's GPUs; none where there is no driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
        return [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
