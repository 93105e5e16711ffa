"""`kill -9` at random moments of a training: it goes on from its last checkpoint, and ends as if nothing had been."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from models import families
from models.checkpoint import Checkpoint
from studio.registry import Registry
from tests.models.tiny_pictures import final, npz, same
from tests.studio.command import Command

TEXT = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.\n" * 40
EVERY_STEP = {"seconds": None, "save_every": 1e-6}
KNOBS: dict[str, dict[str, Any]] = {
    "text": {"units": 16, "embedding": 8, "layers": 2, "window": 10, "batch": 8, "sample_length": 0, "dropout": 0.2},
    "vae": {"width": 4, "most": 8, "hidden": 16, "latent": 6, "batch": 4, "grid": 2, "validation": 0.2},
    "gan": {"width": 4, "most": 8, "latent": 6, "batch": 4, "grid": 2},
}


def recipe(family: str, folder: Path, steps: int) -> Any:
    """A small recipe, with all the randomness that the family has."""
    kind = families.family(family).recipe_class()
    source: dict[str, Any] = {"data": npz(folder)}
    if family == "text":
        (folder / "corpus.txt").write_text(TEXT)
        source = {"corpus": (str(folder / "corpus.txt"),)}
    return kind.preset(**source, **KNOBS[family], **EVERY_STEP, steps=steps)


def saved(registry: Registry, run_id: str) -> str | None:
    """The name of the file that the run would resume from."""
    with registry.database.read() as connection:
        found: str | None = connection.execute("SELECT file FROM runs WHERE id = ?", (run_id,)).fetchone()[0]
        return found


def killed(command: Command, registry: Registry, run_id: str, moment: float) -> None:
    """Work at the run until `moment` seconds after the first save, and be killed."""
    before = saved(registry, run_id)
    process = command.start("work", run_id, "--device", "CPU:0")
    try:
        end = time.monotonic() + 120
        while saved(registry, run_id) == before:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "nothing was saved"
            time.sleep(0.01)
        time.sleep(moment)
        assert process.poll() is None, "it came to its end: more steps are needed"
    finally:
        process.kill()
        process.communicate()


def check(family: str, kills: int, registry: Registry, folder: Path) -> None:
    """Kill a run so many times, let it end, and compare it with one that was left alone."""
    chosen = recipe(family, folder, 30 * kills + 10)
    run = registry.add_run(family, chosen.model_dump(mode="json"), "often killed")
    command = Command(registry.paths.home, "tests.studio.paced_training")
    moments = random.Random(kills)
    steps = []
    for _ in range(kills):
        killed(command, registry, run.id, moments.uniform(0, 0.6))
        with registry.database.write() as connection:
            connection.execute("UPDATE runs SET heartbeat = heartbeat - 20")
        assert [dead.id for dead in registry.mark_interrupted()] == [run.id]
        assert registry.run(run.id).error == "the program that ran it has died"
        kept = registry.load_checkpoint(run.id)
        assert kept is not None
        steps.append(kept.meta["step"])
    assert steps == sorted(set(steps)), "each sitting has to get further"
    done = command.run("work", run.id, "--device", "CPU:0", timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    whole = final(families.family(family).start()(chosen, folder=folder, device="CPU:0"))
    resumed = registry.load_checkpoint(run.id)
    assert resumed is not None
    assert resumed.meta["step"] == whole.meta["step"] == 30 * kills + 10
    compare(whole, resumed)
    history = [step for step, _ in registry.metrics(run.id)]
    assert history == sorted(set(history))
    assert history[-1] == resumed.meta["step"]


def compare(whole: Checkpoint, resumed: Checkpoint) -> None:
    """Weights, optimizer, iteration, averages and the losses of the epoch at hand, to 1e-6. What is measured by the
    clock, such as the validations, comes at other steps."""
    same(whole, resumed)
    for name in ("epoch_losses", "smooth"):
        assert resumed.meta["resume"][name] == pytest.approx(whole.meta["resume"][name], rel=1e-6, abs=1e-6), name


def test_a_text_run_killed_3_times_ends_as_one_never_interrupted(registry: Registry, tmp_path: Path) -> None:
    check("text", 3, registry, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["text", "vae", "gan"])
def test_a_run_killed_20_times_ends_as_one_never_interrupted(family: str, registry: Registry, tmp_path: Path) -> None:
    check(family, 20, registry, tmp_path)
