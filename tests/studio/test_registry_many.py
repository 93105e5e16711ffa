"""Several processes on one registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

from studio.config import Paths
from studio.registry import Registry
from tests.studio.checkpoints import made

REGISTER = """
import sys, pathlib
from studio.config import Paths
from studio.registry import Registry
from tests.studio.checkpoints import made
checkpoint = made()
sys.stdin.readline()
registry = Registry(Paths(pathlib.Path(sys.argv[1])))
for number in range(50):
    registry.save_model(checkpoint, name="same")
    registry.add_run("text", {}, "same")
"""

CLAIM = """
import sys, pathlib
from studio.config import Paths
from studio.registry import Registry
registry = Registry(Paths(pathlib.Path(sys.argv[1])))
sys.stdin.readline()
while (run := registry.claim(sys.argv[2], "CPU")) is not None:
    print(run.id)
"""

LOOK = """
import json, sys, pathlib
from studio.config import Paths
from studio.registry import Registry
registry = Registry(Paths(pathlib.Path(sys.argv[1])))
before = registry.revision()
for _ in sys.stdin:
    now = registry.revision()
    names = [[item.name for item in found] for found in (registry.models(), registry.runs(), registry.pictures())]
    print(json.dumps([now != before, *names]), flush=True)
    before = now
"""


def together(script: str, paths: Paths, count: int) -> list[str]:
    """Run `script` in `count` processes that start at one moment; what they printed. None of them may fail."""
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(paths.home), f"owner {number}"],
            stdin=pipe, stdout=pipe, stderr=pipe, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for number in range(count)
    ]  # fmt: skip
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    results = [process.communicate(timeout=300) for process in started]
    assert [errors for _, errors in results] == [""] * count
    assert [process.returncode for process in started] == [0] * count
    return [output for output, _ in results]


def test_8_processes_register_50_models_each_in_a_registry_that_is_not_there_yet_r4(paths):
    together(REGISTER, paths, 8)
    registry = Registry(paths)
    models, runs = registry.models(), registry.runs()
    assert len(models) == len({model.id for model in models}) == len({model.name for model in models}) == 400
    assert {model.problem for model in models} == {None}
    assert len(runs) == len({run.id for run in runs}) == 400
    with registry.database.read() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM strays").fetchone() == (0,)
    assert len(list(paths.models.iterdir())) == 400
    registry.close()


def test_1000_runs_are_claimed_once_each(registry, paths):
    with registry.database.write() as connection:
        connection.executemany(
            "INSERT INTO runs (id, family, name, recipe, state, created, queued) "
            "VALUES (?, 'text', '', '{}', 'queued', 0, 0)",
            [(f"run{number}",) for number in range(1000)],
        )
    claimed = Counter(line for output in together(CLAIM, paths, 6) for line in output.split())
    assert len(claimed) == 1000
    assert set(claimed.values()) == {1}
    assert len(registry.runs("running")) == 1000


def test_names_renames_and_deletions_are_seen_by_another_process_at_its_next_look(registry, paths):
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", LOOK, str(paths.home)], stdin=pipe, stdout=pipe, text=True) as other:

        def look() -> Any:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write("\n")
            other.stdin.flush()
            return json.loads(other.stdout.readline())

        assert look() == [False, [], [], []]
        model = registry.save_model(made(), name="one")
        run = registry.add_run("text", {}, "first")
        assert look() == [True, ["one"], ["first"], []]
        assert look() == [False, ["one"], ["first"], []]
        registry.rename_model(model.id, "日本")
        assert look() == [True, ["日本"], ["first"], []]
        registry.delete_model(model.id)
        assert look() == [True, [], ["first"], []]
        registry.request(run.id, "discard")
        assert look() == [True, [], [], []]
