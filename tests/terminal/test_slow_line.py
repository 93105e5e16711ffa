"""A line of 150 KB a second: what a live picture sends leaves room for the answers to keys, and nothing behind."""

from __future__ import annotations

import sys
import time

import pytest

from tests.terminal.slow import RATE, SlowLine

SOON = int(RATE * 0.3)
"""Bytes that the line carries in 300 ms."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize("way", ["half", "sixel", "kitty"])
def test_a_live_picture_leaves_room_for_keys(way: str) -> None:
    with SlowLine([sys.executable, "-m", "tests.terminal.live_app", way], TERMINAL) as line:
        line.until(b"ready")
        time.sleep(1.5)  # by now pictures have begun to fill the line
        behind = []
        for letter in "ABCDEF":
            time.sleep(0.31)
            behind.append(line.press(letter.encode(), f"<{letter}>".encode())[0])
        assert max(behind) < SOON
        before = len(line.taken)
        line.type(b"q")
        assert line.left_after_end() < 4096
        assert len(line.taken) - before < SOON
    assert before > RATE, "there was nothing to wait for"
    shown = bytes(line.taken)
    drawn, asked = (int(word) for word in shown.rpartition(b"drawn ")[2].split(b",")[0].split(b" of "))
    assert 1 < drawn < asked, "frames were dropped, and not all of them"
    last = shown.rpartition(b"\x1b[?1049l")[2]
    assert b"\x1bP" not in last, "a sixel on the shell's screen"
    assert b"\x1b[6n" not in last, "a question whose answer the shell would get"
    assert shown.count(b"\x1b[6n") > 10


def test_a_terminal_that_answers_nothing_is_shown_all_and_left_at_once() -> None:
    with SlowLine(
        [sys.executable, "-m", "tests.terminal.live_app", "half"], TERMINAL, 80, 24, rate=20 * RATE, answers=False
    ) as line:
        line.until(b"frame 5")
        line.type(b"q")
        line.left_after_end()
    assert bytes(line.taken).count(b"\x1b[6n") == 1
