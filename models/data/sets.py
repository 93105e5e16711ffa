"""A set of pictures to learn from: all of one size, read by index, with attributes where they are known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]

NAMED = 5
"""Files that were skipped and are told by name."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is known of n pictures: `values` is float32 (n, len(names)); yes and no are 1 and 0."""

    names: tuple[str, ...]
    values: NDArray[np.float32]

    def take(self, indices: Indices) -> Attributes:
        """Those of some of the pictures."""
        return Attributes(self.names, self.values[indices])


class PictureSet(ABC):
    """`count` pictures of `size` (height, width) with `channels` 1 or 3.

    `identity` is a hexadecimal digest that is the same for the same pictures in the same order, read in the same way.
    `skipped` names the files that could not be used, each with the reason.
    """

    name: str
    count: int
    size: tuple[int, int]
    channels: int
    identity: str
    attributes: Attributes | None = None
    skipped: tuple[str, ...] = ()

    @abstractmethod
    def read(self, indices: Indices) -> Pixels:
        """Some of the pictures: uint8 (len(indices), height, width, channels), 0..255. From any thread."""

    def about(self) -> dict[str, Any]:
        """What a checkpoint says of the pictures that a model learns from, as plain JSON."""
        return {
            "name": self.name,
            "identity": self.identity,
            "count": self.count,
            "size": list(self.size),
            "channels": self.channels,
            "attributes": [] if self.attributes is None else list(self.attributes.names),
        }


def used(pictures: PictureSet) -> str:
    """How many pictures there are, and which files are none: `5 used, 3 skipped: 'a.jpg' is an empty file; ...`."""
    told = f"{pictures.count:,} used"
    if not pictures.skipped:
        return told
    more = len(pictures.skipped) - NAMED
    named = "; ".join(pictures.skipped[:NAMED]) + (f"; and {more:,} more" if more > 0 else "")
    return f"{told}, {len(pictures.skipped):,} skipped: {named}"


def split(count: int, validation: float, seed: int) -> tuple[Indices, Indices]:
    """The indices of `count` pictures in two parts, shuffled by the seed: to learn from, and held out.

    What is held out is `validation` of all, rounded, and one at least if `validation` is above 0 and there are two.
    """
    order = np.random.default_rng((seed, 2)).permutation(count).astype(np.int64)
    held = min(count - 1, max(round(count * validation), 1)) if validation else 0
    return np.sort(order[held:]), np.sort(order[:held])
