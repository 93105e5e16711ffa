"""A process with two logical devices of the CPU that executes real trainings side by side, and tells how they ended:
for tests. Trainings with the seed 13 run out of memory in their fourth step; with 17 the loss of step 5 is no number.

    python -m tests.studio.devices_process HOME CORPUS
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ["STUDIO_CPU_DEVICES"] = "2"

SMALL = {
    "layers": 1, "units": 16, "embedding": 8, "window": 12, "batch": 8, "validation": 0.0, "sample_length": 0,
    "seconds": None, "save_every": 0.001,
}  # fmt: skip
EXHAUSTED, POISONED = 13, 17


def poison() -> None:
    """Let trainings fail as the machine would."""
    import tensorflow as tf

    from models.engine import Engine
    from models.text.task import TextTask

    usual_share, usual_gradients = Engine._distributed, TextTask._gradients
    steps: dict[int, int] = {}

    def share(self: Any, batches: Any) -> Any:
        seed = self._task.recipe.seed
        steps[seed] = steps.get(seed, 0) + len(batches[0])
        if seed == EXHAUSTED and steps[seed] > 3:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nwith shape")
        return usual_share(self, batches)

    def gradients(self: Any, *given: Any) -> Any:
        loss, found, after = usual_gradients(self, *given)
        if self.recipe.seed == POISONED:
            loss = tf.where(self.optimizer.iterations.value == 4, math.nan, loss)
        return loss, found, after

    Engine._distributed, TextTask._gradients = share, gradients  # type: ignore[method-assign]


def main(home: Path, corpus: str) -> None:
    from studio.config import Paths
    from studio.jobs import Jobs
    from studio.registry import Registry

    poison()
    registry = Registry(Paths(home))
    jobs = Jobs(registry, lambda fact: None, ["CPU:0", "CPU:1"])
    most = [0]

    def look() -> None:
        while True:
            running = [run for run in registry.runs("running") if run.step > 0]
            most[0] = max(most[0], len({run.device for run in running}))
            time.sleep(0.05)

    threading.Thread(target=look, daemon=True).start()
    jobs.start()
    wanted = {"long": (1, 1500), "exhausted": (EXHAUSTED, 100), "poisoned": (POISONED, 100), "next": (2, 60)}
    ids = {
        name: jobs.submit("text", {**SMALL, "corpus": [corpus], "seed": seed, "steps": steps}, name).id
        for name, (seed, steps) in wanted.items()
    }
    assert jobs.wait(180)
    told: dict[str, Any] = {"at once": most[0]}
    for name, run_id in ids.items():
        run = registry.run(run_id)
        kept = registry.load_checkpoint(run_id)
        whole = kept is not None and all(math.isfinite(float(array.sum())) for array in kept.arrays.values())
        told[name] = {
            "end": f"{run.state}: {run.error}" if run.error else run.state,
            "device": run.device,
            "kept": kept.meta["step"] if kept is not None and whole else None,
        }
    jobs.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
