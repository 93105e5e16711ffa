"""Ids that machines make, and names that people give. A name is only ever a value: no file is called by it."""

from __future__ import annotations

import os
import time
import unicodedata

from models.errors import UsageError
from studio.visible import visible

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
EPOCH = 1_704_067_200  # 2024-01-01: six digits of seconds last until 2058
WIDEST = 120

BIDI_CONTROLS = frozenset("\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def new_id() -> str:
    """Ten digits in base 32: six of the second, so that ids sort by time, and four at random.

    Two of the same second are the same once in a million; the database refuses the second and asks again.
    """
    seconds = max(0, int(time.time()) - EPOCH) % 32**6
    return digits(seconds, 6) + digits(int.from_bytes(os.urandom(3), "big") % 32**4, 4)


def digits(number: int, width: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (width - 1), -1, -5))


def cells(text: str) -> int:
    """How many terminal cells `text` takes."""
    width = 0
    for character in text:
        if unicodedata.category(character) not in ("Mn", "Me", "Cf"):
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width


def hostile(character: str) -> bool:
    """Whether a character would steer a terminal or turn the text around it: controls, bidi overrides, surrogates."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDI_CONTROLS


def check_name(text: str) -> str:
    """`text` as a name: composed (NFC), without blanks at its ends. Any script, and any punctuation, will do.

    Raises UsageError for a name that is empty or nothing to see, is wider than 120 cells, or holds control
    characters or bidi overrides; they are shown as symbols in the message.
    """
    bad = sorted({character for character in text if hostile(character)})
    if bad:
        listed = ", ".join(f"U+{ord(character):04X}" for character in bad)
        raise UsageError(f"a name cannot hold control characters: {listed} in '{visible(text)[:WIDEST]}'")
    name = unicodedata.normalize("NFC", text).strip()
    if cells(name.replace(" ", "")) == 0:
        raise UsageError("a name needs at least one character that can be seen")
    if cells(name) > WIDEST:
        raise UsageError(f"a name has at most {WIDEST} cells, this one has {cells(name)}")
    return name


def numbered(name: str, number: int) -> str:
    """`name`, or for a number above 1 `name 2`, shortened so that it still fits."""
    if number < 2:
        return name
    tail = f" {number}"
    while cells(name) + len(tail) > WIDEST:
        name = name[:-1]
    return name.rstrip() + tail


def known_as(text: str) -> str:
    """`text` as it would have been kept as a name, to look for it; what cannot be a name is made harmless."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
