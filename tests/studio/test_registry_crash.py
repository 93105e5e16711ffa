from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest

from studio.registry import Registry
from tests.studio.checkpoints import is_of, made
from tests.studio.saving_process import POINTS, SIZE


def saving(registry: Registry, model_id: str, run_id: str, first: int, point: str = "") -> subprocess.Popen[str]:
    home = str(registry.paths.home)
    words = [sys.executable, "-m", "tests.studio.saving_process", home, model_id, run_id, str(first), point]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def check_whole(registry: Registry) -> tuple[int, int]:
    """The steps of the model and of the checkpoint, both of which must be whole and the only ones."""
    (model,) = registry.models()
    assert model.problem is None
    weights, state = registry.load_model(model.id), registry.load_checkpoint(registry.runs()[0].id)
    assert state is not None
    assert is_of(weights, model.step)
    assert is_of(state, int(state.meta["step"]))
    return model.step, int(state.meta["step"])


def test_a_kill_in_the_middle_of_a_save_20_times_loses_nothing_that_was_saved_r1(registry):
    run = registry.add_run("text", {}, owner="me")
    model = registry.save_model(made(0, SIZE), name="m", run_id=run.id)
    registry.save_checkpoint(run.id, made(0, SIZE))
    chance, saved = random.Random(1), 0
    for _ in range(20):
        child = saving(registry, model.id, run.id, saved + 1)
        assert child.stdout is not None
        for line in child.stdout:
            word, step = line.split()
            if word == "saving" and int(step) >= saved + 1 + chance.randrange(2):
                break
            saved = int(step) if word == "saved" else saved
        time.sleep(chance.uniform(0, 0.02))
        child.kill()
        saved = max([saved, *(int(line.split()[1]) for line in child.stdout if line.startswith("saved"))])
        child.wait()
        of_model, of_run = check_whole(registry)
        assert of_model in (saved, saved + 1)
        assert of_run in (saved, saved + 1)
        saved = min(of_model, of_run)
    registry.files.sweep(older_than=-1)
    assert len(list(registry.paths.models.iterdir())) == 1
    assert len(list((registry.paths.runs / run.id).glob("*.safetensors"))) == 1
    assert check_whole(registry) >= (saved, saved)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_ends_at_any_point_of_a_save_leaves_a_whole_version_r1(registry, point):
    run = registry.add_run("text", {}, owner="me")
    model = registry.save_model(made(1, SIZE), name="m", run_id=run.id)
    registry.save_checkpoint(run.id, made(1, SIZE))
    assert saving(registry, model.id, run.id, 2, point).wait(60) == 9
    assert check_whole(registry) == (2 if point == "after the commit" else 1, 1)
    assert registry.save_model(made(3, SIZE), name="m", model_id=model.id).step == 3
    registry.files.sweep(older_than=-1)
    assert len(list(registry.paths.models.iterdir())) == 1
    assert check_whole(registry) == (3, 1)
