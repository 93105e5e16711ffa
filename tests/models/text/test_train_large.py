"""A corpus of 100 MB trains in little memory. Slow: it is read, encoded, shuffled and measured whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TRAIN = """
import json, resource, sys
from pathlib import Path
import psutil
from models.text.train import run
from models.text.recipe import TextRecipe
recipe = TextRecipe.preset(sys.argv[2], corpus=(sys.argv[1],), steps=4, epochs=None, seconds=None, sample_length=0)
before = psutil.Process().memory_info().rss
events = list(run(recipe, folder=Path("/nowhere"), device="CPU:0"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"grown": peak - before, "step": events[-1].checkpoint.meta["step"]}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["modern", "classic"])
def test_a_corpus_of_100_mb_takes_less_than_a_gigabyte(preset: str, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    letters = np.frombuffer(b"etaoin shrdlu cmfwyp vbgkqj xz\n", np.uint8)
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(100):
            file.write(letters[random.integers(0, letters.size, 2**20)].tobytes())
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(path), preset],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["step"] == 4
    print(found)
    assert found["grown"] < 2**30
