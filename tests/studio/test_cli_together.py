"""One `studio train` on two machines: the first one keeps the model, and each hears its own signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from studio.config import Paths
from studio.registry import Registry
from tests.support import free_port

KNOBS = ["--units", "16", "--layers", "1", "--batch", "8", "--window", "12"]


class Machine:
    """A `studio train text` of its own home."""

    def __init__(self, folder: Path, addresses: list[str], index: int, *words: str) -> None:
        self.home = folder / f"home{index}"
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", "train", "text", *words, "--devices", "all", "--json"],
            env={**os.environ, "STUDIO_HOME": str(self.home), "TF_CONFIG": json.dumps(task)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.told: list[dict[str, Any]] = []
        self.is_going = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))
            if self.told[-1]["event"] == "step":
                self.is_going.set()
        self.is_going.set()

    def ended(self) -> int:
        code = self.process.wait(timeout=120)
        self._thread.join(10)
        return code

    def models(self) -> list[str]:
        return [model.name for model in Registry(Paths(self.home)).models()]


@pytest.fixture
def machines(tmp_path: Path) -> Any:
    found: list[Machine] = []

    def start(*words: str) -> list[Machine]:
        corpus = tmp_path / "cats.txt"
        corpus.write_text("".join(f"the cat {i} sat on mat {i * 7 % 13}. " for i in range(120)))
        addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        given = ["--corpus", str(corpus), *KNOBS, *words]
        found.extend(Machine(tmp_path, addresses, index, *given) for index in range(2))
        return found

    yield start
    for machine in found:
        machine.process.kill()
        machine.process.wait()


@pytest.mark.slow
def test_the_first_machine_keeps_the_model(machines: Any) -> None:
    first, second = machines("--steps", "20")
    assert [first.ended(), second.ended()] == [0, 0]
    assert first.models() == ["cats"]
    assert second.models() == []
    assert second.told[-1] == {"event": "result", "run": None, "model": None, "steps": 20, "machine": 1}
    losses = [
        [told["metrics"]["loss"] for told in each.told if told["event"] == "step"][-1] for each in (first, second)
    ]
    assert losses[0] == losses[1]


@pytest.mark.slow
@pytest.mark.parametrize(("who", "number"), [(0, signal.SIGINT), (1, signal.SIGTERM)])
def test_a_signal_to_one_machine_stops_all_and_keeps(machines: Any, who: int, number: int) -> None:
    found = machines("--seconds", "600")
    for machine in found:
        assert machine.is_going.wait(90)
    found[who].process.send_signal(number)
    codes = [machine.ended() for machine in found]
    assert codes[who] == 128 + number
    assert codes[1 - who] == 0
    assert found[0].told[-1]["state"] == "stopped"
    assert found[0].models() == ["cats"]


@pytest.mark.slow
def test_a_machine_that_dies_leaves_the_run_failed_and_its_checkpoint_whole(machines: Any) -> None:
    first, second = machines("--seconds", "600", "--save-every", "1")
    assert first.is_going.wait(90)
    second.process.kill()
    assert first.ended() == 1
    result = first.told[-1]
    assert result["state"] == "failed"
    assert "stopped answering" in result["error"]
    run = Registry(Paths(first.home)).runs()[0]
    assert "Traceback" not in (first.process.stderr.read() if first.process.stderr else "")
    assert run.error == result["error"]


@pytest.mark.slow
def test_waiting_for_a_machine_that_never_comes_ends_by_ctrl_c(machines: Any) -> None:
    first, second = machines("--steps", "20")
    second.process.kill()
    second.process.wait()
    with pytest.raises(subprocess.TimeoutExpired):
        first.process.wait(timeout=8)
    first.process.send_signal(signal.SIGINT)
    assert first.ended() == 130
    assert first.told[-1]["state"] == "stopped"
