"""Whatever breaks, the terminal is given back, with the reason and the path of the log on its normal screen."""

from __future__ import annotations

import re
import sys
import time

import pytest

from studio.registry import Registry
from tests.studio.command import Command
from tests.terminal.conftest import Open
from tests.terminal.tmux import Tmux, needs_tmux

pytestmark = needs_tmux()
PAINTED = r"1 Text .*2 Train .*3 Jobs .*4 Library"


@pytest.fixture
def breaking(studio: Command) -> Command:
    return Command(studio.home, "tests.terminal.breaking")


def is_given_back(terminal: Tmux) -> None:
    """Asserts that a terminal is as it was: its screen, cursor, mouse, keys and echo."""
    terminal.wait_for_flag("alternate_on", "0", 5)
    terminal.wait_for_flag("cursor_flag", "1", 5)
    for flag in ("mouse_any_flag", "mouse_sgr_flag", "keypad_cursor_flag", "bracket_paste_flag"):
        assert terminal.flag(flag) in ("0", ""), flag
    terminal.type("echoed")
    terminal.wait("echoed", 5)


def said(terminal: Tmux) -> str:
    """All that stands on the screen, as one line."""
    return "".join(line.ljust(terminal.columns) if len(line) == terminal.columns else f"{line} "
                   for line in terminal.screen().splitlines()).strip()  # fmt: skip


@pytest.mark.parametrize("what", ["handler", "render", "timer", "worker", "loop"])
def test_an_error_of_ours_ends_in_one_line(
    breaking: Command, registry: Registry, open_terminal: Open, what: str
) -> None:
    terminal = open_terminal(breaking, columns=200, BREAK=what)
    terminal.wait(PAINTED)
    terminal.keys("B")
    assert terminal.exit_status() == 1
    is_given_back(terminal)
    lines = [line for line in terminal.screen().replace("echoed", "").splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert re.search(r"studio: .*(it \[/broke\]␛\[2J here|3).*; the log is .*/studio\.log", lines[0])
    assert "Traceback (most recent call last)" in registry.paths.log.read_text()


@pytest.mark.parametrize(("what", "code"), [("segv", 139), ("abort", 134), ("kill", 137)])
def test_a_process_that_is_ended_gives_the_terminal_back(
    breaking: Command, registry: Registry, open_terminal: Open, what: str, code: int
) -> None:
    terminal = open_terminal(breaking, columns=200, BREAK=what)
    terminal.wait(PAINTED)
    terminal.keys("B")
    assert terminal.exit_status() == code
    terminal.wait(r"studio: it was killed, or it crashed; the log is .*/studio\.log", 5)
    is_given_back(terminal)
    if what != "kill":
        assert re.search("Fatal Python error: (Segmentation fault|Aborted)", registry.paths.log.read_text())
        assert "breaking.py" in registry.paths.log.read_text()


def test_a_shell_has_its_line_back_after_a_crash(breaking: Command, open_terminal: Open) -> None:
    terminal = open_terminal(breaking, columns=200, BREAK="segv")
    terminal.wait(PAINTED)
    home = f"STUDIO_HOME={breaking.home} STUDIO_STARTERS=no BREAK=segv"
    terminal.start(["bash", "--norc", "-i"], {"PS1": "ready> "})
    terminal.wait("ready>")
    terminal.type(f"{home} {sys.executable} -m tests.terminal.breaking")
    terminal.keys("Enter")
    terminal.wait(PAINTED)
    terminal.keys("B")
    terminal.wait("studio: it was killed, or it crashed")
    terminal.type("echo code $?; stty -a | grep -c ' echo '")
    terminal.keys("Enter")
    terminal.wait(r"(?s)code 139.*\n1\n")
    assert terminal.flag("alternate_on") == "0"


def test_a_thread_that_ends_by_an_error_is_told_and_the_app_goes_on(
    breaking: Command, registry: Registry, open_terminal: Open
) -> None:
    terminal = open_terminal(breaking, columns=120, BREAK="thread")
    terminal.wait(PAINTED)
    terminal.keys("B")
    terminal.wait("something broke")
    assert "RuntimeError: it [/broke]" in registry.paths.log.read_text()
    terminal.keys("4")
    terminal.wait("No models yet")
    terminal.keys("q")
    assert terminal.exit_status() == 0
    is_given_back(terminal)


def test_what_trains_is_kept_when_the_screen_breaks(breaking: Command, registry: Registry, open_terminal: Open) -> None:
    terminal = open_terminal(breaking, columns=120, rows=30, BREAK="handler", FAKE_PAUSE="0.4")
    terminal.wait(r"Enter +train on python-docs")
    terminal.keys("Enter")
    end = time.monotonic() + 20
    while not (registry.runs("running") and registry.runs()[0].step > 2) and time.monotonic() < end:
        time.sleep(0.05)
    terminal.keys("B")
    assert terminal.exit_status() == 1
    [run] = registry.runs()
    assert run.state == "stopped"
    assert registry.model(run.model_id or "").step == run.step > 2
    is_given_back(terminal)


def test_an_end_as_it_should_be_says_nothing(breaking: Command, open_terminal: Open) -> None:
    terminal = open_terminal(breaking)
    terminal.wait(PAINTED)
    terminal.keys("q")
    assert terminal.exit_status() == 0
    time.sleep(0.3)
    assert terminal.screen().strip() == ""
