"""Commands on a real terminal: the progress bar, questions, and the cursor they leave behind."""

from __future__ import annotations

import pytest

from studio.registry import Registry
from tests.studio.command import Command
from tests.support import tiny_checkpoint
from tests.terminal.conftest import Open
from tests.terminal.tmux import needs_tmux

pytestmark = needs_tmux()


@pytest.mark.parametrize("columns", [80, 30])
def test_a_training_shows_a_bar_and_an_interrupt_keeps_what_it_has(
    fake: Command, registry: Registry, open_terminal: Open, columns: int
) -> None:
    terminal = open_terminal(fake, "train", "text", "--steps", "100000", columns=columns, FAKE_PAUSE="0.02")
    terminal.wait("━")
    shown = terminal.wait(r"second line")
    assert "␛[2J" in shown
    assert "noise" not in shown
    terminal.keys("C-c")
    assert terminal.exit_status() == 130
    assert "kept: the model" in terminal.screen()
    assert terminal.flag("cursor_flag") == "1"
    assert len(registry.models()) == 1


def test_a_second_interrupt_gives_the_cursor_back(fake: Command, open_terminal: Open) -> None:
    terminal = open_terminal(fake, "train", "text", "--steps", "9", FAKE_DEAF="1")
    terminal.wait("━")
    terminal.keys("C-c")
    terminal.wait("stopping, and keeping")
    terminal.keys("C-c")
    assert terminal.exit_status(5) == 130
    assert terminal.flag("cursor_flag") == "1"


def test_a_question_is_answered_by_key(studio: Command, registry: Registry, open_terminal: Open) -> None:
    registry.save_model(tiny_checkpoint(), name="dear [/]")
    terminal = open_terminal(studio, "models", "delete", "dear")
    terminal.wait(r"delete the model 'dear \[/\]' .* \[y/N\]")
    terminal.keys("y", "Enter")
    assert terminal.exit_status() == 0
    assert registry.models() == []


def test_text_streams_until_it_is_interrupted(studio: Command, registry: Registry, open_terminal: Open) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    terminal = open_terminal(studio, "sample", "Faust", "--temperature", "1", "--length", "100000000")
    terminal.wait(r"[a-z]{3}")
    terminal.keys("C-c")
    assert terminal.exit_status() == 130
    assert "Traceback" not in terminal.screen()


def test_the_doctor_knows_that_it_is_in_tmux(studio: Command, open_terminal: Open) -> None:
    terminal = open_terminal(studio, "doctor", rows=50)
    assert terminal.exit_status() == 0
    shown = terminal.screen()
    assert "tmux-256color through tmux" in shown
    assert "truecolor" in shown
    assert "half-blocks" in shown
    assert "all is well" in shown
