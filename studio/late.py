"""Answers of the terminal that come when the app has it already: taken for what they are, never for keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

from studio.terminal import CELL_ANSWER, KITTY_ANSWER, LAST_ANSWER, Answers, read_answers

if TYPE_CHECKING:
    from textual.message import Message

ANSWER = re.compile("|".join(one.pattern.decode("ascii") for one in (KITTY_ANSWER, CELL_ANSWER, LAST_ANSWER)))
REFUSAL = re.compile(r"\x1b_G[^\x1b]{0,200}\x1b\\")
BEGUN = re.compile(r"\x1b(?:_G[^\x1b]{0,200}\x1b?|\[\?[\d;]{0,100}|\[6;[\d;]{0,9})$")
"""The beginning of an answer at the end of what has come: the rest of it comes next."""


class Ear:
    """Picks answers out of what is typed, until the last one has come."""

    def __init__(self, heard: bytes, told: Callable[[Answers], None]) -> None:
        self._heard = heard.decode("latin-1")
        begun = BEGUN.search(self._heard)
        self._held = begun[0] if begun else ""
        self._told = told
        self.listening = True

    def keys(self, data: str) -> str:
        """`data` without the answers in it. Tells of them once the last one is there."""
        if not self.listening:
            return data
        data = self._held + data
        self._held = ""
        self._heard = (self._heard + "".join(found[0] for found in ANSWER.finditer(data)))[-4096:]
        data = REFUSAL.sub("", ANSWER.sub("", data))
        answers = read_answers(self._heard.encode("latin-1", "replace"))
        if answers.answered:
            self.listening = False
            self._told(answers)
        elif begun := BEGUN.search(data):
            data, self._held = data[: begun.start()], begun[0]
        return data


def heed(heard: bytes, told: Callable[[Answers], None]) -> None:
    """From now on, have apps of this process hear late answers. `told` is called on the thread that reads the keys.

    `heard` is what had come of the answers before. Textual hands what is typed to a parser that takes all it does not
    know for keys, and has no place for another: so it is given one that listens first.
    """
    ear = Ear(heard, told)

    class Listening(XTermParser):
        def feed(self, data: str) -> Iterable[Message]:
            keys = ear.keys(data)
            return super().feed(keys) if keys or not data else ()  # an empty text ends a parser

    vars(linux_driver)["XTermParser"] = Listening
