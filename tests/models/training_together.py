"""A process that trains a tiny model, by itself or with others, and leaves its last checkpoint: for tests.

    python -m tests.models.training_together FAMILY DEVICE FOLDER data=FILE [steps=N] [resume=FILE] [other=1] ...

`DEVICE` is `machines` for what TF_CONFIG names. The checkpoint goes to FOLDER/INDEX.safetensors. `stop` and `die` name
the machine that is stopped or killed at its first step; with `other` those that are not the first are told another
seed, with `apart` each looks for its data in FOLDER/INDEX.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from models.checkpoint import save
from models.cluster import Cluster
from models.errors import UserError
from models.events import Note, Snapshot, Step, Stop

PICTURES = {"batch": 8, "grid": 4, "grid_every": 1000.0, "width": 8, "most": 16}
KNOBS: dict[str, dict[str, Any]] = {
    "text": {
        "layers": 1, "units": 16, "embedding": 8, "window": 12, "batch": 8, "dropout": 0.0,
        "validation": 0.2, "sample_length": 0, "schedule": "constant", "warmup": 0,
    },
    "vae": {**PICTURES, "latent": 4, "hidden": 16, "validation": 0.25},
    "gan": {**PICTURES, "latent": 8, "size": 32, "frechet_every": None},
}  # fmt: skip


def main(family: str, device: str, folder: Path, given: dict[str, str]) -> None:
    from models.families import FAMILIES

    index, cluster = 0, Cluster.of() if device == "machines" else None
    if cluster is not None:
        from models.workers import join

        index = cluster.index
        join(cluster, tell=lambda line: print(line, flush=True))
    if "apart" in given:
        os.chdir(folder / str(index))
    found = FAMILIES[family]
    source = {"corpus": (given["data"],)} if family == "text" else {"data": given["data"]}
    knobs = KNOBS[family] | source | {"steps": int(given.get("steps", "6"))}
    if index and "other" in given:
        knobs["seed"] = 99  # what the chief begins with counts
    recipe = found.recipe_class().preset(None, **{"seconds": None, **knobs})
    resume = None
    if "resume" in given and index == 0:
        from models.checkpoint import load

        resume = load(Path(given["resume"]))
    run = found.start()(recipe, folder=folder, device=device, resume=resume)
    event, last = next(run), None
    while True:
        match event:
            case Note():
                print(event.text, flush=True)
            case Step():
                print("step", event.step, event.metrics.get("loss"), flush=True)
            case Snapshot():
                last = event.checkpoint
        stops = isinstance(event, Step) and given.get("stop") == str(index)
        dies = isinstance(event, Step) and given.get("die") == str(index)
        if dies:
            os.kill(os.getpid(), 9)
        try:
            event = run.send(Stop()) if stops else next(run)
        except StopIteration:
            break
    assert last is not None
    save(folder / f"{index}.safetensors", last)
    print("ended at", last.meta["step"], last.meta["metrics"], flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    try:
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), dict(word.split("=", 1) for word in sys.argv[4:]))
    except UserError as error:
        print("failed:", error, flush=True)
        sys.exit(1)
