"""The app in tmux: first paint, pages by key, hostile text, odd sizes and locales, and a terminal left as it was."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl

import pytest

from studio.registry import Registry
from tests.studio.command import Command
from tests.support import LETTERS, tiny_checkpoint
from tests.terminal.conftest import Open
from tests.terminal.tmux import Tmux, needs_tmux

pytestmark = needs_tmux()

PAINTED = r"1 Text .*2 Train .*3 Jobs .*4 Library"
HOSTILE_NAMES = ("[/", "[red]x[/red] [@click=app.quit]y[/]", "日本語 ü")
HOSTILE_LETTERS = "\x07\t\n\x1b[]m2Ja\x9b\u202eb"


def leaves(terminal: Tmux, key: str = "q", *, code: int = 0) -> None:
    """Press the key that quits, and see the terminal as it was before."""
    terminal.keys(key)
    assert terminal.exit_status() == code
    assert terminal.flag("alternate_on") == "0"
    assert terminal.flag("cursor_flag") == "1"
    assert terminal.flag("mouse_any_flag") == "0"
    assert terminal.flag("keypad_cursor_flag") == "0"


def test_the_first_start_says_what_to_press_and_keys_switch_pages(studio: Command, open_terminal: Open) -> None:
    terminal = open_terminal(studio)
    terminal.wait(PAINTED)
    terminal.wait(r"Enter +train on python-docs")
    assert terminal.flag("alternate_on") == "1"
    terminal.keys("2")
    terminal.wait(r"corpus +python-docs")
    terminal.keys("3")
    terminal.wait("No jobs yet")
    terminal.keys("4")
    terminal.wait("No models yet")
    terminal.keys("F1")
    terminal.wait(r"(?i)help")
    terminal.keys("Escape")
    time.sleep(0.2)  # the next key would arrive as alt+key
    terminal.keys("1")
    terminal.wait(r"Enter +train on python-docs")
    leaves(terminal)
    assert "Traceback" not in terminal.screen()


def test_keys_pressed_while_the_first_page_is_being_made_do_no_harm(studio: Command, open_terminal: Open) -> None:
    terminal = open_terminal(studio)
    terminal.wait("Library")
    terminal.keys("1", "1", "4", "1")
    terminal.wait(r"Enter +train on python-docs")
    leaves(terminal)


@pytest.mark.parametrize("locale", [{"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_names_are_shown_to_the_letter_whatever_the_locale(
    studio: Command, registry: Registry, open_terminal: Open, locale: dict[str, str]
) -> None:
    for name in HOSTILE_NAMES:
        registry.save_model(tiny_checkpoint(), name=name)
    terminal = open_terminal(studio, columns=120, **locale)
    terminal.wait(PAINTED)
    terminal.keys("4")
    terminal.wait("3 models")
    for name in HOSTILE_NAMES:
        shown = terminal.wait(re.escape(name))  # tmux may be asked in the middle of a frame
    (line,) = (line for line in shown.splitlines() if "日本語" in line and "text" in line)
    (other,) = (line for line in shown.splitlines() if "[/ " in line and "text" in line)
    assert line.index("text") + 3 == other.index("text")  # three wide characters take six cells
    leaves(terminal)


def test_a_model_is_opened_and_writes(studio: Command, registry: Registry, open_terminal: Open) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    terminal = open_terminal(studio, columns=100, rows=30)
    terminal.wait(PAINTED)
    terminal.keys("4")
    terminal.wait("Faust")
    terminal.keys("Enter")
    terminal.wait(f"[{re.escape(LETTERS.strip())}]{{20}}")
    leaves(terminal)


def test_text_full_of_control_characters_is_shown_not_obeyed(
    studio: Command, registry: Registry, open_terminal: Open
) -> None:
    registry.save_model(tiny_checkpoint(HOSTILE_LETTERS, loud=0.1), name="hostile")
    terminal = open_terminal(studio, columns=100, rows=30)
    terminal.wait(PAINTED)
    terminal.keys("4")
    terminal.wait("hostile")
    terminal.keys("Enter")
    terminal.wait("␛")
    time.sleep(0.5)
    assert re.search(PAINTED, terminal.screen()), "something cleared or moved the screen"
    leaves(terminal)


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), (40, 10), (200, 60)])
def test_odd_sizes_do_no_harm(
    studio: Command, registry: Registry, open_terminal: Open, columns: int, rows: int
) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    terminal = open_terminal(studio, columns=columns, rows=rows)
    terminal.wait("Text")
    for key in "2341":
        terminal.keys(key)
        time.sleep(0.4)
    assert terminal.flag("alternate_on") == "1"
    leaves(terminal)


def test_a_window_may_shrink_to_almost_nothing_and_grow_again(
    studio: Command, registry: Registry, open_terminal: Open
) -> None:
    registry.save_model(tiny_checkpoint(), name="Faust")
    terminal = open_terminal(studio)
    terminal.wait(PAINTED)
    for key in "1234":
        terminal.keys(key)
        for columns, rows in ((20, 5), (3, 2), (1, 1), (80, 24)):
            terminal.resize(columns, rows)
            time.sleep(0.2)
    terminal.wait(PAINTED)
    leaves(terminal)


def test_noise_of_native_code_goes_to_the_log_and_not_to_the_screen(
    fake: Command, registry: Registry, open_terminal: Open
) -> None:
    terminal = open_terminal(fake, columns=100, rows=30)
    terminal.wait(r"Enter +train on python-docs")
    terminal.keys("Enter")
    end = time.monotonic() + 20
    while not registry.runs("done") and time.monotonic() < end:
        time.sleep(0.1)
    assert registry.runs("done")
    time.sleep(0.5)  # the worker lets go of it
    assert "noise of native code" not in terminal.screen()
    assert "noise of native code" in registry.paths.log.read_text()
    leaves(terminal)


def test_a_terminal_that_never_answers_is_painted_all_the_same(studio: Command) -> None:
    with on_a_line(studio, 24, 80) as (process, ours):
        written = read_until(ours, b"Library", 20)
        assert b"Library" in written
        os.write(ours, b"q")
        written += read_until(ours, b"\x1b[?1049l", 20)
        assert process.wait(20) == 0
        assert b"\x1b[?25h" in written.rpartition(b"\x1b[?1049h")[2]


def test_nothing_that_steers_a_terminal_comes_out_of_generated_text(studio: Command, registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(HOSTILE_LETTERS, loud=0.1), name="hostile")
    with on_a_line(studio, 30, 100) as (process, ours):
        read_until(ours, b"Library", 20)
        os.write(ours, b"4")
        written = read_until(ours, b"hostile", 20)
        os.write(ours, b"\r")
        written += read_until(ours, "␛".encode(), 20)
        written += read_until(ours, b"never", 1.5)
        os.write(ours, b"q")
        process.wait(20)
        text = written.decode(errors="replace")
        assert "␛" in text
        assert not set(text) & set("\x07\x9b\u202e")
        assert "\x1b[2J" not in text


@contextmanager
def on_a_line(studio: Command, rows: int, columns: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The app at the other end of a bare line, and our end of it."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        studio.words(), stdin=theirs, stdout=theirs, stderr=theirs, env=studio.environment(), start_new_session=True
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(line: int, wanted: bytes, seconds: float) -> bytes:
    """What comes over a line until something wanted, its end, or the end of the time."""
    written = b""
    end = time.monotonic() + seconds
    while wanted not in written and (left := end - time.monotonic()) > 0:
        if not select.select([line], [], [], left)[0]:
            break
        try:
            chunk = os.read(line, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    return written
