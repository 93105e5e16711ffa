"""Text laid out in lines of a width, one piece after the other: what stands above the last line never moves.

No screen and no NumPy here. A character is drawn as what every terminal gives the same number of cells: control
characters and bidi overrides as symbols, emoji joiners and variation selectors as nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rich.cells import get_character_cell_size

from studio.visible import visible

TAB = "    "
PLAIN_RUN = re.compile("[ -~]*")
UNJOINED = frozenset("\u200b\u200d\u2060\ufe0e\ufe0f\ufeff\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
BASE = "\u25cc"
"""The dotted circle: the base of a combining mark that has none."""


@cache
def glyph(character: str) -> str:
    """What is drawn for a character; an empty text for what only joins its neighbours."""
    if character == "\t":
        return TAB
    if character == "\u00ad":
        return "-"
    if character in UNJOINED:
        return ""
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    return visible(character)


@cache
def cells(character: str) -> int:
    """How many cells `glyph(character)` takes: 0 for combining marks and joiners, 2 for wide characters."""
    return sum(map(get_character_cell_size, glyph(character)))


@dataclass(frozen=True, slots=True)
class Line:
    """One line: it shows the characters `start` to `end`, and the line below starts at `next`.

    `next` is None for the last line, which still grows.
    """

    start: int
    end: int
    next: int | None


class Flow:
    """The last `keep` characters or more of a growing text, wrapped to `width` cells.

    Lines break after a blank or a wide character, and inside a word that is longer than half the width. Every
    character has a level, a small number that the view turns into a style. Places in the text are absolute: they
    count from the very first character, also when the oldest are gone. So are line numbers, as long as the width
    stays.
    """

    def __init__(self, width: int, keep: int = 20_000) -> None:
        self.width = max(2, width)
        self.keep = keep
        self.clear()

    def clear(self, start: int = 0) -> None:
        """Drop everything; the next text stands at `start`."""
        self.text = ""
        self.levels = bytearray()
        self.base = start
        self.first = 0
        self.lines = [Line(0, 0, None)]

    @property
    def end(self) -> int:
        """The absolute place after the last character."""
        return self.base + len(self.text)

    @property
    def last(self) -> int:
        """The absolute number of the last line; the oldest one kept is number `first`."""
        return self.first + len(self.lines) - 1

    def append(self, text: str, levels: bytes) -> int:
        """Add text with one level a character; the first line that changed, as an absolute number."""
        changed = self.last
        self.text += text
        self.levels += levels
        self._lay_out()
        if len(self.text) > 2 * self.keep:
            self._forget()
        return max(changed, self.first)

    def cut(self, place: int) -> int:
        """Take back everything from the absolute `place` on; the first line that changed."""
        length = max(0, place - self.base)
        if length >= len(self.text):
            return self.last
        self.text = self.text[:length]
        del self.levels[length:]
        while len(self.lines) > 1 and self.lines[-1].start >= length:
            self.lines.pop()
        # The line above may have been closed by a character that is now gone: it is laid out anew too.
        if len(self.lines) > 1:
            self.lines.pop()
        start = self.lines[-1].start
        self.lines[-1] = Line(start, start, None)
        changed = self.last
        self._lay_out()
        return changed

    def resize(self, width: int) -> None:
        """Wrap all that is kept to another width; line numbers start anew."""
        self.width = max(2, width)
        self.first = 0
        self.lines = [Line(0, 0, None)]
        self._lay_out()

    def line(self, number: int) -> tuple[str, bytes]:
        """The characters of line `number` and their levels; nothing for a line that is not there."""
        if not self.first <= number <= self.last:
            return "", b""
        line = self.lines[number - self.first]
        return self.text[line.start : line.end], bytes(self.levels[line.start : line.end])

    def gap_after(self, number: int) -> str:
        """What is not drawn between a line and the next: a newline, the blank it was broken at, or nothing."""
        line = self.lines[number - self.first]
        return self.text[line.end : line.next] if line.next is not None else ""

    def line_at(self, place: int) -> int:
        """The number of the line that holds the absolute `place`."""
        wanted = place - self.base
        low, high = 0, len(self.lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.lines[middle].start <= wanted else (low, middle - 1)
        return self.first + low

    def start_of(self, number: int) -> int:
        """The absolute place at which line `number` starts."""
        return self.base + self.lines[min(max(number, self.first), self.last) - self.first].start

    def _lay_out(self) -> None:
        start = self.lines.pop().start
        while True:
            line = break_line(self.text, start, self.width)
            self.lines.append(line)
            if line.next is None:
                return
            start = line.next

    def _forget(self) -> None:
        """Drop whole lines from the top, so that nothing below has to be wrapped again."""
        number = self.line_at(self.base + len(self.text) - self.keep) - self.first
        cut = self.lines[number].start
        self.text = self.text[cut:]
        del self.levels[:cut]
        self.base += cut
        self.first += number
        self.lines = [
            Line(line.start - cut, line.end - cut, None if line.next is None else line.next - cut)
            for line in self.lines[number:]
        ]


def break_line(text: str, start: int, width: int) -> Line:
    """The line of `text` that starts at `start`. What is decided depends on this line and one character more."""
    run = PLAIN_RUN.match(text, start, start + width + 1)
    reached = run.end() if run else start
    if reached == start + width + 1:
        return _broken(text, start, start + width, text.rfind(" ", start, start + width) + 1, width)
    if reached == len(text):
        return Line(start, reached, None)
    if text[reached] == "\n":
        return Line(start, reached, reached + 1)
    return _break_mixed(text, start, width)


def _break_mixed(text: str, start: int, width: int) -> Line:
    used, can_break = 0, start
    for place in range(start, len(text)):
        character = text[place]
        if character == "\n":
            return Line(start, place, place + 1)
        size = cells(character)
        if not used and not size and glyph(character):
            size = 1  # a mark without a base gets one
        if used + size > width and place > start:
            return _broken(text, start, place, can_break, width)
        used += size
        if character == " " or size == 2:
            can_break = place + 1
    return Line(start, len(text), None)


def _broken(text: str, start: int, overflow: int, can_break: int, width: int) -> Line:
    """A line that is full: the character at `overflow` does not fit; it may break at `can_break`."""
    if text[overflow] == " ":
        return Line(start, overflow, overflow + 1)
    if cells(text[overflow]) == 2 or can_break <= start or overflow - can_break > width // 2:
        return Line(start, overflow, overflow)
    return Line(start, can_break, can_break)


def drawn(text: str) -> str:
    """What is drawn for a piece of one line."""
    if PLAIN_RUN.fullmatch(text):
        return text
    shown = "".join(map(glyph, text))
    return BASE + shown if shown and not get_character_cell_size(shown[0]) else shown
