"""Time to list a large registry: `python -m tests.benchmarks.registry_listing`.

Prints one JSON object, in milliseconds: the best of several calls, in a process that has the registry open, with
10,000 models (a file each) and 10,000 runs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from studio.config import Paths
from studio.registry import Registry

RECIPE = json.dumps({f"knob_{number}": number / 10 for number in range(40)})
METRICS = json.dumps({"loss": 1.5, "val_loss": 1.6, "learning_rate": 0.001})


def fill(registry: Registry, count: int) -> None:
    """Add so many runs and models, without the care that saving them one by one takes."""
    with registry.database.write() as connection:
        connection.executemany(
            "INSERT INTO runs (id, family, name, recipe, state, metrics, created, queued) "
            "VALUES (?, 'text', ?, ?, 'done', ?, ?, 0)",
            [(f"r{number}", f"run {number}", RECIPE, METRICS, float(number)) for number in range(count)],
        )
        connection.executemany(
            "INSERT INTO models (id, name, family, recipe, metrics, step, seconds, file, size, sha256, created) "
            "VALUES (?, ?, 'text', ?, ?, 1, 1, ?, 1, '', ?)",
            [
                (f"m{number}", f"model {number}", RECIPE, METRICS, f"models/{number}.safetensors", float(number))
                for number in range(count)
            ],
        )
    for number in range(count):
        (registry.paths.models / f"{number}.safetensors").write_bytes(b"x")


def best(call: Callable[[], object], times: int = 10) -> float:
    """The shortest of several calls, in milliseconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append((time.perf_counter() - start) * 1000)
    return round(min(found), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Paths(Path(folder)))
        fill(registry, count)
        assert len(registry.models()) == len(registry.runs()) == count
        figures = {
            "models_ms": best(registry.models),
            "runs_ms": best(registry.runs),
            "newest_100_runs_ms": best(lambda: registry.runs(limit=100)),
            "revision_ms": best(registry.revision, 1000),
        }
        registry.close()
    print(json.dumps({"count": count, **figures}))


if __name__ == "__main__":
    main()
