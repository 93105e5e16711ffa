"""While the screen is up, native output goes to the log file and Textual keeps the terminal."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from studio.stderr import BIGGEST, open_log
from tests.studio.command import ROOT

CODE = """
import os, sys, threading
from pathlib import Path
from studio.stderr import stderr_to
with stderr_to(Path(sys.argv[1])):
    thread = threading.Thread(target=os.write, args=(2, b"native noise\\n"))
    thread.start(); thread.join()
    print("python noise", file=sys.stderr)
    sys.__stderr__.write("drawn \\u65e5\\u672c\\u8a9e\\n")
    sys.__stderr__.flush()
    assert sys.__stderr__.fileno() != 2
os.write(2, b"after\\n")
print("python after", file=sys.stderr)
"""


def written(log: Path, **environment: str) -> bytes:
    """What comes out of file descriptor 2 of a process that sends it to `log` for a while."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(log)], cwd=ROOT, capture_output=True, timeout=60,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0
    return done.stderr


def test_noise_goes_to_the_log_and_what_is_drawn_to_the_terminal_u7(tmp_path: Path) -> None:
    log = tmp_path / "studio.log"
    assert written(log).decode() == "drawn 日本語\nafter\npython after\n"
    assert log.read_text() == "native noise\npython noise\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_names_are_drawn_in_utf8_whatever_the_locale_says(tmp_path: Path) -> None:
    drawn = written(tmp_path / "log", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="latin-1")
    assert drawn.startswith("drawn 日本語\n".encode())


def test_a_log_that_cannot_be_written_loses_the_noise_and_nothing_else(tmp_path: Path) -> None:
    assert written(tmp_path).decode() == "drawn 日本語\nafter\npython after\n"


def test_a_log_that_has_grown_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "studio.log"
    with log.open("wb") as file:
        file.truncate(BIGGEST + 1)
    os.close(open_log(log))
    assert log.stat().st_size == 0
    assert (tmp_path / "studio.log.1").stat().st_size == BIGGEST + 1
