"""The 1000 classes of ImageNet (ILSVRC 2012) by name, in the order that all networks of the catalogue know them."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources

from models.errors import UsageError

SUGGESTED = 6
DIGITS = 9


@cache
def classes() -> tuple[str, ...]:
    """A short name for each class, in lower case; all differ."""
    text = resources.files(__package__ or "").joinpath("classes.txt").read_text("utf-8")
    return tuple(text.splitlines())


def find(text: str) -> int:
    """The number of a class by its name, by a part of it that only one has, or by the number itself.

    Case, hyphens and underscores do not matter. Raises UsageError with names that come near.
    """
    names = classes()
    wanted = _plain(text)
    if wanted.isdecimal():
        if len(wanted) <= DIGITS and int(wanted) < len(names):
            return int(wanted)
        raise UsageError(f"there is no class {text}: they are numbered from 0 to {len(names) - 1}")
    plain = [_plain(name) for name in names]
    if wanted in plain:
        return plain.index(wanted)
    near = [index for index, name in enumerate(plain) if wanted and wanted in name]
    if len(near) == 1:
        return near[0]
    near.sort(key=lambda index: wanted not in plain[index].split())  # whole words first
    offers = [names[index] for index in near] or difflib.get_close_matches(wanted, plain, SUGGESTED)
    which = f"; do you mean {', '.join(offers[:SUGGESTED])}?" if offers else ", such as espresso"
    raise UsageError(f"there is no class {text!r}: name one of ImageNet's or its number{which}")


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())
