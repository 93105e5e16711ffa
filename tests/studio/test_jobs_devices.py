"""Real trainings side by side, one a device: what fails takes no other with it (R8, T11)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_jobs_run_side_by_side_and_one_that_fails_leaves_the_others_r8_t11(tmp_path: Path) -> None:
    corpus = tmp_path / "text.txt"
    corpus.write_text("".join(f"the cat {i} sat on mat {i * 7 % 13}. " for i in range(120)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.studio.devices_process", str(tmp_path / "home"), str(corpus)],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["at once"] == 2
    assert told["long"]["end"] == told["next"]["end"] == "done"
    other = told["exhausted"]["device"]
    assert {told["long"]["device"], other} == {"CPU:0", "CPU:1"}
    assert told["exhausted"]["end"] == f"failed: out of memory on {other}: make the batch or the network smaller"
    assert told["poisoned"]["end"] == "failed: non-finite loss at step 5"
    assert (told["long"]["kept"], told["next"]["kept"]) == (1500, 60)
    assert 1 <= told["poisoned"]["kept"] <= 4
    assert 1 <= told["exhausted"]["kept"] <= 3
