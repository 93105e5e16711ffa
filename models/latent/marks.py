"""Marked points: letters A to Z, each a place to come back to."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

import numpy as np

from models.errors import UsageError, shown
from models.latent.model import Latents

LETTERS = ascii_uppercase


class Marks:
    """Points by letter, float32 (latent,) each."""

    def __init__(self, points: Mapping[str, Latents] | None = None) -> None:
        self._points: dict[str, Latents] = {}
        for letter, point in (points or {}).items():
            self.put(letter, point)

    def put(self, letter: str, point: Latents) -> None:
        """Mark a point, in place of the one that had the letter. Raises UsageError for what is no letter A to Z."""
        if len(letter) != 1 or letter.upper() not in LETTERS:
            raise UsageError(f"a mark is a letter, A to Z, not '{shown(letter)}'")
        self._points[letter.upper()] = np.array(point, np.float32)

    def point(self, letter: str) -> Latents:
        """The point of a letter. Raises UsageError, with the letters there are, if there is none."""
        if letter.upper() not in self._points:
            raise UsageError(
                f"nothing is marked {shown(letter.upper())}; marked: {', '.join(self.letters) or 'nothing'}"
            )
        return self._points[letter.upper()]

    def take_away(self, letter: str) -> None:
        """Forget a mark, if there is one."""
        self._points.pop(letter.upper(), None)

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that are taken, in order."""
        return tuple(sorted(self._points))

    @property
    def free(self) -> str:
        """The first letter that is not taken; Z if all are."""
        return next((letter for letter in LETTERS if letter not in self._points), LETTERS[-1])

    def all(self) -> Latents:
        """All points in the order of their letters: float32 (n, latent); n may be 0."""
        points = [self._points[letter] for letter in self.letters]
        return np.stack(points) if points else np.zeros((0, 0), np.float32)
