"""Real programs in real terminals."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from studio.config import Paths
from studio.registry import Registry
from studio.registry.owners import is_alive, is_here
from tests.studio.command import FAKE, ROOT, Command
from tests.terminal.tmux import Tmux

Open = Callable[..., Tmux]


@pytest.fixture
def studio(tmp_path: Path) -> Command:
    """The program as installed, with a data folder of its own."""
    return Command(tmp_path / "home")


@pytest.fixture
def fake(tmp_path: Path) -> Command:
    """The program with a family that trains nothing, and at once."""
    return Command(tmp_path / "home", FAKE)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """The registry; what still works for it when the test has failed is ended, for it would outlive its terminal."""
    opened = Registry(Paths(tmp_path / "home"))
    yield opened
    for run in opened.runs(("running", "paused")):
        if is_here(run.owner) and is_alive(run.owner):
            os.kill(int(run.owner.split("/")[1]), signal.SIGKILL)
    opened.close()


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Opens a terminal of a size and starts a command in it."""
    with ExitStack() as stack:

        def opened(command: Command, *arguments: str, columns: int = 80, rows: int = 24, **environment: str) -> Tmux:
            terminal = stack.enter_context(Tmux(columns, rows))
            changes = {
                "STUDIO_HOME": str(command.home),
                "STUDIO_STARTERS": "no",
                "PYTHONPATH": str(ROOT),
                **environment,
            }
            terminal.start(command.words(*arguments), changes)
            return terminal

        yield opened
