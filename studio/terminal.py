"""What this terminal can do: its size, its colours, and how it can show a picture.

Most of it is told by the environment. The rest is asked of the terminal itself: the questions end with one that every
terminal answers, and the wait for it is bounded, so that a terminal that never answers costs a moment and no more.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import struct
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Colours = Literal["none", "16", "256", "truecolor"]
Pictures = Literal["kitty", "sixel", "half-blocks", "none"]

KITTY_ID = 4211
# Whether a 1x1 picture could be shown (Kitty's graphics protocol), the size of a cell (XTWINOPS 16), and last the
# primary device attributes (DA1), which all terminals know: its answer says that no other will come.
KITTY_QUESTION = f"\x1b_Gi={KITTY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
CELL_QUESTION = "\x1b[16t"
LAST_QUESTION = "\x1b[c"

KITTY_ANSWER = re.compile(rb"\x1b_Gi=%d;OK\x1b\\" % KITTY_ID)
CELL_ANSWER = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
LAST_ANSWER = re.compile(rb"\x1b\[\?([\d;]{0,100})c")
SIXEL_ATTRIBUTE = b"4"
PATIENCE = 0.4  # seconds; a line to the other side of the world answers within it


@dataclass(frozen=True, slots=True)
class Answers:
    """What a terminal said of itself. `cell` is (width, height) of a cell in pixels, where it is known."""

    answered: bool = False
    kitty: bool = False
    sixel: bool = False
    cell: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal. `columns` and `rows` count cells; `multiplexer` is `tmux`, `screen` or empty."""

    name: str
    columns: int
    rows: int
    colours: Colours
    pictures: Pictures
    encoding: str
    multiplexer: str = ""
    ssh: bool = False
    answered: bool = False
    cell: tuple[int, int] | None = None

    def advice(self) -> list[str]:
        """What to set so that more would show: a sentence a line."""
        lines = []
        if self.colours in ("16", "256") and self.name not in ("linux", "dumb"):
            lines.append(
                "if your terminal knows 16 million colours, `export COLORTERM=truecolor`, or start the studio with "
                "TEXTUAL_COLOR_SYSTEM=truecolor" + (", on this side: SSH passes neither on" if self.ssh else "")
            )
        if "utf" not in self.encoding.lower():
            lines.append("text is limited to this encoding: set LANG to a UTF-8 locale, such as C.UTF-8")
        if self.multiplexer:
            lines.append(
                f"inside {self.multiplexer} pictures are drawn as half-blocks: run studio outside for sharper ones"
            )
        if min(self.columns, 80) < 80 or min(self.rows, 24) < 24:
            lines.append("the pages are made for 80x24 and more: enlarge the window")
        return lines


def begin(environment: Mapping[str, str] = os.environ) -> Inquiry | None:
    """Ask the terminal that this program writes to, without waiting; None where there is none, or none that answers."""
    name = environment.get("TERM", "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or name in ("", "dumb", "linux") or name.startswith("vt"):
        return None
    return Inquiry(sys.stdin.fileno(), sys.stdout.fileno())


def look(environment: Mapping[str, str] = os.environ, *, patience: float = PATIENCE) -> Terminal:
    """The terminal that this program writes to. Asks it, for `patience` seconds at most, if it is one."""
    inquiry = begin(environment)
    return described(environment, Answers() if inquiry is None else inquiry.answers(patience))


def described(environment: Mapping[str, str], answers: Answers) -> Terminal:
    """The terminal by its environment and by what it said of itself."""
    name = environment.get("TERM", "")
    multiplexer = multiplexer_of(environment)
    size = shutil.get_terminal_size()
    return Terminal(
        name=name,
        columns=size.columns,
        rows=size.lines,
        colours=colours_of(environment),
        pictures=pictures_of(name, multiplexer, answers),
        encoding=getattr(sys.stdout, "encoding", "") or "ascii",  # Textual's stand-in has none
        multiplexer=multiplexer,
        ssh=any(environment.get(variable) for variable in ("SSH_CONNECTION", "SSH_TTY")),
        answered=answers.answered,
        cell=answers.cell or cell_told(),
    )


def cell_told() -> tuple[int, int] | None:
    """(width, height) of a cell in pixels by what the terminal told its line, if it did: many do, at each resize."""
    import fcntl
    import termios

    with contextlib.suppress(OSError, ValueError, AttributeError):
        told = fcntl.ioctl(sys.__stdin__.fileno(), termios.TIOCGWINSZ, b"\0" * 8)  # type: ignore[union-attr]
        rows, columns, width, height = struct.unpack("HHHH", told)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return None


def colours_of(environment: Mapping[str, str]) -> Colours:
    """How many colours the environment promises; `NO_COLOR` (https://no-color.org) asks for none."""
    if environment.get("NO_COLOR"):
        return "none"
    forced = environment.get("TEXTUAL_COLOR_SYSTEM", "")
    if forced in ("truecolor", "256"):
        return "truecolor" if forced == "truecolor" else "256"
    name = environment.get("TERM", "")
    if name in ("", "dumb") or name.startswith("vt"):
        return "none"
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or name.endswith("-direct"):
        return "truecolor"
    return "256" if "256" in name or "kitty" in name else "16"


def multiplexer_of(environment: Mapping[str, str]) -> str:
    """The multiplexer that stands between this program and the terminal: `tmux`, `screen`, or empty."""
    name = environment.get("TERM", "")
    if environment.get("TMUX") or name.startswith("tmux"):
        return "tmux"
    return "screen" if environment.get("STY") or name.startswith("screen") else ""


def pictures_of(name: str, multiplexer: str, answers: Answers) -> Pictures:
    """The best way to show a picture. A multiplexer may answer for a terminal that it then keeps pictures from."""
    if name in ("", "dumb"):
        return "none"
    if multiplexer or not answers.answered:
        return "half-blocks"
    if answers.kitty and any(own in name for own in ("kitty", "ghostty")):
        return "kitty"  # others that speak the protocol do not know the placeholders by which pictures are placed
    return "sixel" if answers.sixel else "half-blocks"


def ask(keyboard: int, screen: int, patience: float) -> Answers:
    """Ask the terminal behind two file descriptors; whatever comes, it is left as it was."""
    return Inquiry(keyboard, screen).answers(patience)


class Inquiry:
    """The questions, on their way to the terminal behind two file descriptors: other work goes on until `answers`.

    Nothing of the answers is echoed, and what is left of them is thrown away rather than read as keys.
    """

    def __init__(self, keyboard: int, screen: int) -> None:
        import termios
        import tty

        self.keyboard = keyboard
        self.heard = b""
        self._before: list[Any] | None = None
        self._asked = time.monotonic()
        with contextlib.suppress(termios.error, OSError):
            before = termios.tcgetattr(keyboard)
            tty.setcbreak(keyboard, termios.TCSANOW)
            self._before = before
            os.write(screen, (KITTY_QUESTION + CELL_QUESTION + LAST_QUESTION).encode("ascii"))

    def answers(self, patience: float, *, heeded: bool = False) -> Answers:
        """What was answered within `patience` seconds from the questions on. The terminal is then as it was.

        With `heeded`, answers that are late will be read by somebody else: none are thrown away then, and what was
        heard so far is in `heard`.
        """
        import termios

        if self._before is None:
            return Answers()
        try:
            self.heard += listen(self.keyboard, self._asked + patience - time.monotonic())
        except OSError:
            return Answers()
        finally:
            found = read_answers(self.heard)
            with contextlib.suppress(termios.error):
                when = termios.TCSANOW if heeded and not found.answered else termios.TCSAFLUSH
                termios.tcsetattr(self.keyboard, when, self._before)
        return found


def listen(keyboard: int, patience: float) -> bytes:
    """What the terminal says until its last answer is there, 4 KB have come, or `patience` seconds are over."""
    said = b""
    end = time.monotonic() + patience
    while len(said) < 4096 and not LAST_ANSWER.search(said):
        if not select.select([keyboard], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        chunk = os.read(keyboard, 1024)
        if not chunk:
            break
        said += chunk
    return said


def read_answers(said: bytes) -> Answers:
    """The answers in the bytes that a terminal sent; anything else in them is ignored."""
    last = LAST_ANSWER.search(said)
    cell = CELL_ANSWER.search(said)
    width, height = (int(cell[2]), int(cell[1])) if cell else (0, 0)
    return Answers(
        answered=last is not None,
        kitty=KITTY_ANSWER.search(said) is not None,
        sixel=last is not None and SIXEL_ATTRIBUTE in last[1].split(b";")[1:],
        cell=(width, height) if width and height else None,
    )
