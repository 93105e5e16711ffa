"""How pictures are shown in this terminal: which of its ways, and how large a cell is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from studio.terminal import Answers, Inquiry, Terminal

Way = Literal["kitty", "sixel", "half", "off"]
WAYS: tuple[Way, ...] = get_args(Way)
WORDS: Mapping[Way, str] = {
    "kitty": "Kitty's graphics protocol",
    "sixel": "sixel",
    "half": "half-blocks",
    "off": "no pictures",
}
CELL = (10, 20)
"""Pixels of a cell, width and height, where the terminal does not tell: those of a VT340."""


@dataclass(frozen=True, slots=True)
class Means:
    """The way in use, (width, height) of a cell in pixels, and the ways there are to choose from."""

    way: Way = "half"
    cell: tuple[int, int] = CELL
    ways: tuple[Way, ...] = ("half", "off")

    def next(self) -> Means:
        """The same with the next of its ways."""
        place = self.ways.index(self.way) if self.way in self.ways else -1
        return replace(self, way=self.ways[(place + 1) % len(self.ways)])


def begin(wanted: str, environment: Mapping[str, str] = os.environ) -> Inquiry | None:
    """Ask the terminal what `means` will want to know of it; None if nothing. No import of weight, no wait."""
    if wanted in ("half", "off") or in_browser(environment) or (wanted not in WAYS and plain(environment)):
        return None
    from studio import terminal

    return terminal.begin(environment)


def means(wanted: str, answers: Answers | None = None, environment: Mapping[str, str] = os.environ) -> Means:
    """The means for a setting: a way, or `auto` for the best that the terminal has by its `answers`."""
    from studio import terminal

    found = terminal.described(environment, answers or terminal.Answers())
    forced: Way | None = wanted if wanted in WAYS else None
    if forced in ("half", "off") or in_browser(environment) or (forced is None and plain(environment)):
        return Means("off" if forced == "off" else "half", found.cell or CELL)
    way = forced or best(found)
    if way == "kitty" and found.colours != "truecolor":
        way = (
            "half"  # the picture's number travels as a colour, which a terminal of fewer colours would be sent changed
        )
    return Means(way, found.cell or CELL, ways_with(way))


def ways_with(way: Way) -> tuple[Way, ...]:
    """A way, and those that every terminal has."""
    return (way, "half", "off") if way in ("kitty", "sixel") else ("half", "off")


def best(found: Terminal) -> Way:
    """The best way of a terminal that was asked."""
    return found.pictures if found.pictures in ("kitty", "sixel") else "half"


def plain(environment: Mapping[str, str]) -> bool:
    """Whether half-blocks alone are sure, whatever the terminal would answer: inside a multiplexer."""
    from studio.terminal import multiplexer_of

    return bool(multiplexer_of(environment))


def in_browser(environment: Mapping[str, str]) -> bool:
    """Whether the app is served to a browser, where no terminal can be asked."""
    return bool(environment.get("TEXTUAL_DRIVER"))
