"""Pictures in real terminals: tmux, xterm with sixels, and lines whose far end answers late, or never."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.studio.command import ROOT, Command
from tests.terminal.line import Line
from tests.terminal.tmux import Tmux, needs_tmux
from tests.terminal.xterm import Xterm, needs_xterm

SHOW = [sys.executable, "-m", "tests.terminal.show_picture"]
HOME = {"PYTHONPATH": str(ROOT)}
BARS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (200, 30, 200), (30, 200, 200))
XTERM = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
QUESTION = rb"\x1b\[c"


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Six bars of one colour each, side by side, a line of white above them."""
    pixels = np.repeat(np.array(BARS, np.uint8), 50, 0)[None].repeat(200, 0)
    pixels[:3] = 255
    path = tmp_path / "bars.png"
    Image.fromarray(pixels).save(path)
    return path


@needs_tmux()
def test_half_blocks_in_tmux_also_in_a_window_of_three_by_two(bars: Path) -> None:
    with Tmux(60, 20) as terminal:
        terminal.start([*SHOW, str(bars)], HOME)
        terminal.wait(r"▀\s+bars.png  300x200")
        shown = terminal.tmux("capture-pane", "-p", "-e", "-t", "s").splitlines()
        assert "▀" in shown[1]
        red, green, blue = BARS[0]
        assert any(f"38;2;{red};{green};{blue}" in line for line in shown)
        terminal.resize(3, 2)
        terminal.resize(60, 20)
        terminal.wait(r"▀{40,}\s+bars.png  300x200")
        terminal.keys("q")
        assert terminal.exit_status() == 0


def extent(picture: NDArray[np.uint8], colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what has a colour, or nearly; zeros if nothing has."""
    there = np.abs(picture.astype(int) - colour).max(-1) <= 6
    if not there.any():
        return (0, 0, 0, 0)
    across, down = np.flatnonzero(there.any(0)), np.flatnonzero(there.any(1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


@needs_xterm()
def test_sixels_in_xterm_are_the_picture_from_the_first_band_on(bars: Path) -> None:
    with Xterm([*SHOW, str(bars)], HOME) as terminal:
        shown = terminal.wait(lambda picture: extent(picture, BARS[-1])[2] > 0)
    left, top, _, bottom = extent(shown, BARS[0])
    right = extent(shown, BARS[-1])[2]
    assert abs((right - left) / (bottom - top) - 300 / 197) < 0.1
    assert right - left > 300
    picture = shown[top:bottom, left:right].astype(int)
    wide = (right - left) / 6
    for place, colour in enumerate(BARS):
        bar = picture[4:-1, round(place * wide) + 6 : round((place + 1) * wide) - 6]
        assert np.abs(bar - colour).max() <= 12
    white = extent(shown[:top], (255, 255, 255))
    assert (white[0], white[2]) == pytest.approx((left, right), abs=3)


def test_kitty_gets_the_picture_and_is_asked_to_free_it_at_the_end() -> None:
    environment = {**HOME, "TERM": "xterm-kitty", "COLORTERM": "truecolor"}
    with Line([*SHOW, "coffee"], environment) as line:
        line.wait(QUESTION)
        line.type(b"\x1b_Gi=4211;OK\x1b\\\x1b[6;16;8t\x1b[?62;c")
        sent = line.wait(rb"\x1b_Ga=T,U=1,i=(\d+),f=100,c=\d+,r=\d+,q=2,m=1;.*m=0;[^\x1b]*\x1b\\.*600x400")
        line.wait("\U0010eeee\u030d\u0305\U0010eeee".encode())
        line.type(b"q")
        assert line.end() == 0
    number = sent[1].decode()
    assert f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\".encode() in line.written
    red, green, blue = int(number).to_bytes(3)
    assert f"38;2;{red};{green};{blue}m".encode() in line.written


def test_a_terminal_that_never_answers_gets_half_blocks() -> None:
    with Line([*SHOW, "coffee"], {**HOME, **XTERM}) as line:
        line.wait("▀.*600x400".encode())
        line.type(b"q")
        assert line.end() == 0
    assert b"\x1bP" not in line.written


def test_answers_that_come_late_count_and_are_no_keys(studio: Command) -> None:
    """As keys they would go to other pages: there are numbers in them."""
    environment = {**HOME, **XTERM, "STUDIO_HOME": str(studio.home)}
    with Line(studio.words(), environment, 120, 40) as line:
        line.wait(b"Library")
        line.type(b"5")
        line.wait("▀▀|▀\x1b".encode())
        seen = len(line.written)
        for part in (b"\x1b[6;1", b"6;8t\x1b[?64;1;2;", b"4;6;22c"):
            line.type(part)
            line.read(0.2)
        line.wait(rb"\x1bP[\d;]*q\"1;1;")
        line.type(b"q")
        assert line.end() == 0
    after = line.written[seen:]
    assert re.search(rb"\x1bP[\d;]*q\"1;1;\d+;\d+(#\d+;2;\d+;\d+;\d+)+", after)


def test_a_browser_gets_half_blocks(studio: Command) -> None:
    """The app as textual-serve runs it: packets of a letter, a length and data, on pipes instead of a terminal."""
    environment = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver", "COLUMNS": "100", "ROWS": "30"}
    told = {**os.environ, **HOME, **environment, "STUDIO_HOME": str(studio.home), "TEXTUAL_COLOR_SYSTEM": "truecolor"}
    with subprocess.Popen(studio.words(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=told) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        written = b""

        def send(kind: bytes, data: bytes) -> None:
            process.stdin.write(kind + len(data).to_bytes(4) + data)  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]

        watch = threading.Timer(60, process.kill)
        watch.start()
        for wanted, answer in ((b"Library", (b"D", b"5")), ("▀".encode(), (b"M", b'{"type": "quit"}'))):
            while wanted not in written:
                data = os.read(process.stdout.fileno(), 65536)
                assert data, written[-2000:]
                written += data
            send(*answer)
        while os.read(process.stdout.fileno(), 65536):
            pass
        assert process.wait(30) == 0
        watch.cancel()
    assert b"\x1bP" not in written
