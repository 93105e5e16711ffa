"""A process that saves versions of a model and of a run's checkpoint, one after the other, until it is killed.

`python -m tests.studio.saving_process HOME MODEL RUN FIRST POINT`: each step is told on stdout as it begins and as it
is over. With a POINT the process ends itself, without a word, when the FIRST save of the model gets there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from models import checkpoint as checkpoints
from studio.config import Paths
from studio.registry import Registry
from studio.registry import files as registry_files
from tests.studio.checkpoints import made

SIZE = 500_000
POINTS = ("noted", "half written", "written", "renamed", "before the commit", "after the commit")


def end_at(point: str, registry: Registry) -> None:
    """Have this process end when a save gets to `point`."""
    forget = registry_files.forget

    def ended(*_: object) -> None:
        os._exit(9)

    if point == "noted":
        checkpoints.save = ended
    elif point == "half written":

        def write_half(path: Path, checkpoint: checkpoints.Checkpoint) -> None:
            path.with_name(f".{path.name}.0000.part").write_bytes(b"half")
            ended()

        checkpoints.save = write_half
    elif point == "written":
        checkpoints.os.fsync = ended
    elif point == "renamed":
        checkpoints.sync_folder = ended
    elif point == "before the commit":

        def forget_and_end(connection: object, name: str) -> None:
            forget(connection, name)
            ended()

        registry_files.forget = forget_and_end
    elif point == "after the commit":
        registry.files.remove = ended


def main() -> None:
    home, model, run, first, point = sys.argv[1:]
    registry = Registry(Paths(Path(home)))
    if point:
        end_at(point, registry)
    step = int(first)
    while True:
        print("saving", step, flush=True)
        registry.save_model(made(step, SIZE), name="m", model_id=model)
        registry.save_checkpoint(run, made(step, SIZE))
        print("saved", step, flush=True)
        step += 1


if __name__ == "__main__":
    main()
