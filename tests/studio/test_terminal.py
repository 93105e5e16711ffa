"""What a terminal is taken to be able to do, and that asking it leaves no trace."""

from __future__ import annotations

import os
import pty
import select
import termios
import threading
import time
import tty
from collections.abc import Iterator, Mapping

import pytest

from studio.terminal import (
    Answers,
    Terminal,
    ask,
    colours_of,
    look,
    multiplexer_of,
    pictures_of,
    read_answers,
)

XTERM = b"\x1b[?64;1;2;4;6;9;15;18;21;22c"
PLAIN = b"\x1b[?6c"
KITTY = b"\x1b_Gi=4211;OK\x1b\\"
CELL = b"\x1b[6;17;8t"


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """A terminal's line: the terminal's end, the program's end."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def answering(ours: int, answer: bytes) -> threading.Thread:
    """A terminal that waits for the last question, and then sends `answer`."""

    def work() -> None:
        heard = b""
        while not heard.endswith(b"\x1b[c"):
            heard += os.read(ours, 1000)
        os.write(ours, answer)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (XTERM, Answers(answered=True, sixel=True)),
        (PLAIN, Answers(answered=True)),
        (CELL + XTERM, Answers(answered=True, sixel=True, cell=(8, 17))),
        (KITTY + CELL + b"\x1b[?62;c", Answers(answered=True, kitty=True, cell=(8, 17))),
        (b"\x1b_Gi=4211;ENOTSUPPORTED:no\x1b\\" + PLAIN, Answers(answered=True)),
        (b"\x1b[?4c", Answers(answered=True)),  # the first number is the kind of terminal
        (b"\x1b[6;0;0t" + PLAIN, Answers(answered=True)),
        (b"typed text\x1b[A" + PLAIN + b"more", Answers(answered=True)),
        (b"", Answers()),
        (b"\x1b[?" + b"9;" * 5000 + b"c", Answers()),
        (b"\xff\x00\x1b[6;99999;1t", Answers()),
    ],
)
def test_answers_are_picked_out_of_what_a_terminal_sends(said: bytes, answers: Answers) -> None:
    assert read_answers(said) == answers


def test_a_terminal_that_answers_is_asked_once_and_left_as_it_was(line: tuple[int, int]) -> None:
    ours, theirs = line
    before = termios.tcgetattr(theirs)
    thread = answering(ours, KITTY + CELL + XTERM)
    assert ask(theirs, theirs, 5) == Answers(answered=True, kitty=True, sixel=True, cell=(8, 17))
    thread.join(5)
    assert termios.tcgetattr(theirs) == before


def test_a_terminal_that_never_answers_costs_a_bounded_wait(line: tuple[int, int]) -> None:
    _, theirs = line
    began = time.monotonic()
    assert ask(theirs, theirs, 0.1) == Answers()
    assert time.monotonic() - began < 5


def test_no_byte_of_an_answer_is_left_as_a_key(line: tuple[int, int]) -> None:
    ours, theirs = line
    thread = answering(ours, XTERM + b"\x1b[5;5t")
    ask(theirs, theirs, 5)
    thread.join(5)
    tty.setcbreak(theirs)
    assert select.select([theirs], [], [], 0.2)[0] == []


def test_a_terminal_that_talks_without_end_is_not_listened_to_for_ever(line: tuple[int, int]) -> None:
    ours, theirs = line
    thread = answering(ours, b"x" * 6000)
    assert ask(theirs, theirs, 5) == Answers()
    tty.setcbreak(theirs)
    while thread.is_alive():
        select.select([theirs], [], [], 0.05)
        termios.tcflush(theirs, termios.TCIFLUSH)


def test_what_is_no_terminal_is_not_asked() -> None:
    reading, writing = os.pipe()
    try:
        assert ask(reading, writing, 5) == Answers()
        assert select.select([reading], [], [], 0)[0] == []
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "256"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "vt100"}, "none"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({}, "none"),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "truecolor"}, "truecolor"),
    ],
)
def test_colours_are_what_the_environment_promises(environment: Mapping[str, str], colours: str) -> None:
    assert colours_of(environment) == colours


def test_pictures_are_as_sharp_as_the_way_to_the_terminal_allows() -> None:
    both = Answers(answered=True, kitty=True, sixel=True)
    assert pictures_of("xterm-kitty", "", both) == "kitty"
    assert pictures_of("xterm", "", Answers(answered=True, sixel=True)) == "sixel"
    assert pictures_of("xterm", "tmux", both) == "half-blocks"
    assert pictures_of("xterm", "", Answers()) == "half-blocks"
    assert pictures_of("dumb", "", Answers()) == "none"


def test_multiplexers_are_known_by_what_they_set() -> None:
    assert multiplexer_of({"TERM": "tmux-256color"}) == "tmux"
    assert multiplexer_of({"TERM": "screen", "TMUX": "/tmp/tmux-0/default,1,0"}) == "tmux"
    assert multiplexer_of({"TERM": "screen.xterm-256color", "STY": "1.pts"}) == "screen"
    assert multiplexer_of({"TERM": "xterm"}) == ""


def test_looking_from_a_pipe_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.terminal.ask", lambda *_: pytest.fail("asked"))
    found = look({"TERM": "xterm-256color", "SSH_CONNECTION": "1 2 3 4"})
    assert (found.colours, found.ssh, found.answered) == ("256", True, False)


def test_advice_says_what_to_set() -> None:
    poor = Terminal("xterm", 60, 20, "16", "half-blocks", "ascii", multiplexer="tmux", ssh=True)
    advice = " ".join(poor.advice())
    for words in ("COLORTERM=truecolor", "SSH", "UTF-8", "tmux", "80x24"):
        assert words in advice
    assert Terminal("xterm-kitty", 120, 40, "truecolor", "kitty", "utf-8").advice() == []
