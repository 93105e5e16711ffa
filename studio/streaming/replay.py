"""A session shown again, character by character: the text and the surprise that were recorded, no model needed."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptFileError
from models.text.sampler import Settings, Span


class Recorded:
    """The text of a saved lane, shown up to `position`. It can be read like a lane, by any thread."""

    def __init__(self, saved: Mapping[str, Any]) -> None:
        """Raises CorruptFileError for data that is not a saved lane."""
        try:
            self.prompt = str(saved["prompt"])
            self.seed = int(saved["seed"])
            self.settings = Settings.from_json(saved["settings"])
            text = str(saved["text"])
            shown = self.prompt if text.startswith(self.prompt) and not saved["start"] else ""
            probabilities = _unpacked(str(saved["probabilities"]))
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, zlib.error) as error:
            raise CorruptFileError(f"corrupt: the recorded lane cannot be read ({error})") from None
        self._characters = np.array([ord(character) for character in text], np.int32)
        if len(probabilities) != len(text):  # words: a probability each, and no way to tell their borders
            probabilities = np.ones(len(text), np.float32)
            probabilities[: len(shown)] = np.nan
        self._probabilities = probabilities
        self.prompt_end = len(shown)
        self.position = self.prompt_end
        self.edits = 0

    @property
    def ended(self) -> Literal["replay"] | None:
        return "replay" if self.position >= len(self._characters) else None

    @property
    def text(self) -> str:
        return "".join(map(chr, self._characters.tolist()))

    def read(self, position: int = 0, edits: int | None = None) -> Span:
        """What `Lane.read` does."""
        end, now = self.position, self.edits
        start = min(position, end) if edits in (None, now) else min(position, end, self.prompt_end)
        return Span(start, end, now, self._characters[start:end], self._probabilities[start:end])

    def symbols(self, span: Span) -> list[str]:
        return list(map(chr, span.ids.tolist()))

    def rewind(self, count: int) -> None:
        """Go back so many characters, not further than to the end of the prompt."""
        self.position = max(self.prompt_end, self.position - count)
        self.edits += 1

    def advance(self, count: int) -> int:
        """Show so many characters more, as far as there are; how many."""
        before = self.position
        self.position = min(before + count, len(self._characters))
        return self.position - before


class Replay:
    """Recorded lanes, stepped as a sampler is."""

    def __init__(self, lanes: Iterable[Mapping[str, Any]]) -> None:
        self.lanes = tuple(Recorded(saved) for saved in lanes)

    def step(self, lanes: Iterable[Recorded], count: int = 1) -> int:
        """So many characters more in each lane; how many were shown together."""
        return sum(lane.advance(count) for lane in lanes)


def _unpacked(packed: str) -> NDArray[np.float32]:
    return np.frombuffer(zlib.decompress(base64.b64decode(packed, validate=True)), "<f4").astype(np.float32)
