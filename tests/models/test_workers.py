"""Two processes on loopback that train one model, held beside one process that has the whole batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.checkpoint import Checkpoint, load
from tests.models.tiny_pictures import npz, same
from tests.support import free_port

TOGETHER = [sys.executable, "-m", "tests.models.training_together"]


def data(family: str, folder: Path) -> str:
    if family != "text":
        return npz(folder, count=24, size=(16, 16) if family == "vae" else (32, 32))
    path = folder / "text.txt"
    path.write_text("".join(f"the cat {i} sat on mat {i * 7 % 13}. " for i in range(120)))
    return str(path)


def started(family: str, folder: Path, *words: str) -> list[subprocess.Popen[str]]:
    """Two machines."""
    ports = [free_port(), free_port()]
    jobs = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    found = []
    for index in range(2):
        task = {"cluster": jobs, "task": {"type": "worker", "index": index}}
        given = words if "apart=1" in words else (f"data={data(family, folder)}", *words)
        found.append(
            subprocess.Popen(
                [*TOGETHER, family, "machines", str(folder), *given],
                env={**os.environ, "TF_CONFIG": json.dumps(task)},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    return found


def ended(processes: list[subprocess.Popen[str]]) -> list[list[str]]:
    """What each has said, line by line."""
    try:
        return [process.communicate(timeout=240)[0].splitlines() for process in processes]
    finally:
        for process in processes:
            process.kill()


def together(family: str, folder: Path, *words: str) -> tuple[Checkpoint, Checkpoint]:
    """What both hold at the end."""
    folder.mkdir(exist_ok=True)
    processes = started(family, folder, *words)
    said = ended(processes)
    assert [process.returncode for process in processes] == [0, 0], said
    return load(folder / "0.safetensors"), load(folder / "1.safetensors")


def alone(family: str, folder: Path, device: str, *words: str) -> Checkpoint:
    folder.mkdir(exist_ok=True)
    command = [*TOGETHER, family, device, str(folder), f"data={data(family, folder)}", *words]
    environment = {**os.environ, "STUDIO_CPU_DEVICES": "2" if device == "all" else "1"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=240)
    return load(folder / "0.safetensors")


def test_text_on_two_machines_equals_one_with_the_joint_batch(tmp_path: Path) -> None:
    one = alone("text", tmp_path / "one", "CPU:0")
    first, second = together("text", tmp_path, "other=seed")
    same(first, second, tolerance=0)
    same(one, first)
    for name in ("loss", "val_loss"):
        assert first.meta["metrics"][name] == second.meta["metrics"][name]
        assert first.meta["metrics"][name] == pytest.approx(one.meta["metrics"][name], abs=1e-5)
    assert first.arrays["carry/rnn_0/0"].shape == (8, 16)
    assert np.abs(first.arrays["carry/rnn_0/0"]).min(axis=1).all(), "the state of every lane, of both machines"


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_pictures_on_two_machines_equal_two_devices_of_one(family: str, tmp_path: Path) -> None:
    one = alone(family, tmp_path / "one", "all")
    first, second = together(family, tmp_path)
    same(first, second, tolerance=0)
    same(one, first, tolerance=1e-5)
    assert first.meta["metrics"] == pytest.approx(one.meta["metrics"], abs=1e-5)


@pytest.mark.slow
def test_what_the_first_machine_resumes_all_resume(tmp_path: Path) -> None:
    whole, _ = together("text", tmp_path / "whole", "steps=6")
    half, _ = together("text", tmp_path / "half", "steps=3")
    assert half.meta["step"] == 3
    first, second = together("text", tmp_path / "rest", "steps=6", f"resume={tmp_path / 'half' / '0.safetensors'}")
    same(first, second, tolerance=0)
    same(whole, first)


@pytest.mark.slow
@pytest.mark.parametrize("who", [0, 1])
def test_a_stop_of_one_machine_stops_all_at_the_same_step(who: int, tmp_path: Path) -> None:
    first, second = together("text", tmp_path, "steps=100000", f"stop={who}")
    assert 1 <= first.meta["step"] < 100000
    same(first, second, tolerance=0)


@pytest.mark.slow
@pytest.mark.parametrize("who", [0, 1])
def test_a_machine_that_dies_ends_the_others_with_one_line(who: int, tmp_path: Path) -> None:
    processes = started("text", tmp_path, "steps=1000000", f"die={who}")
    said = ended(processes)
    assert processes[who].returncode == -9
    assert processes[1 - who].returncode == 1
    told = [line for line in said[1 - who] if line.startswith("failed")]
    assert len(told) == 1
    assert "stopped answering, so the training ended; what was saved last is kept" in told[0]


@pytest.mark.slow
def test_other_data_on_one_machine_is_refused_by_all(tmp_path: Path) -> None:
    for index in range(2):
        (tmp_path / str(index)).mkdir()
        (tmp_path / str(index) / "text.txt").write_text(f"machine {index} reads this. " * 50)
    processes = started("text", tmp_path, "apart=1", "data=text.txt")
    said = ended(processes)
    assert [process.returncode for process in processes] == [1, 1]
    for lines in said:
        assert "not the same data to learn from as on 127.0.0.1" in lines[-1]
