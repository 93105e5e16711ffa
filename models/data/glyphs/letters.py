"""The skeletons of A to Z and 0 to 9: lines and arcs, that a pen follows. The capital height is 1, y points down."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHARACTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

Points = NDArray[np.float32]
"""Shape (n, 2): x and y."""

STEPS = 18
"""Degrees between the points of an arc."""

# Strokes are parted by `;`. A stroke is a run of points `x,y`, and of arcs `(x,y,wide,high,from,to)` in degrees: 0 is
# to the right, 90 is down.
DRAWN = {
    "A": "0,1 .37,0 .74,1; .13,.65 .61,.65",
    "B": "0,.48 0,0 .34,0 (.34,.24,.25,.24,-90,90) 0,.48 0,1 .36,1 (.36,.74,.30,.26,90,-90)",
    "C": "(.39,.5,.39,.5,-48,-312)",
    "D": "0,0 0,1 .26,1 (.26,.5,.44,.5,90,-90) 0,0",
    "E": ".58,0 0,0 0,1 .58,1; 0,.48 .48,.48",
    "F": ".58,0 0,0 0,1; 0,.48 .48,.48",
    "G": "(.39,.5,.39,.5,-48,-330) .74,.56 .44,.56",
    "H": "0,0 0,1; .68,0 .68,1; 0,.48 .68,.48",
    "I": "0,0 0,1",
    "J": ".46,0 .46,.7 (.23,.72,.23,.28,0,165)",
    "K": "0,0 0,1; .62,0 0,.62; .22,.42 .66,1",
    "L": "0,0 0,1 .54,1",
    "M": "0,1 0,0 .40,.66 .80,0 .80,1",
    "N": "0,1 0,0 .68,1 .68,0",
    "O": "(.42,.5,.42,.5,-90,270)",
    "P": "0,1 0,0 .34,0 (.34,.27,.27,.27,-90,90) 0,.54",
    "Q": "(.42,.5,.42,.5,-90,270); .50,.70 .84,1.06",
    "R": "0,1 0,0 .34,0 (.34,.26,.26,.26,-90,90) 0,.52; .30,.52 .64,1",
    "S": "(.32,.25,.28,.25,-32,-270) (.32,.75,.31,.25,-90,148)",
    "T": "0,0 .70,0; .35,0 .35,1",
    "U": "0,0 0,.66 (.34,.66,.34,.34,180,0) .68,0",
    "V": "0,0 .36,1 .72,0",
    "W": "0,0 .25,1 .50,.20 .75,1 1.0,0",
    "X": "0,0 .66,1; .66,0 0,1",
    "Y": "0,0 .34,.50 .68,0; .34,.50 .34,1",
    "Z": ".03,0 .62,0 0,1 .64,1",
    "0": "(.31,.5,.31,.5,-90,270); .17,.72 .45,.28",
    "1": ".04,.22 .30,0 .30,1",
    "2": "(.31,.29,.29,.29,-165,32) 0,1 .62,1",
    "3": "(.29,.25,.26,.25,-155,90) (.29,.74,.31,.26,-90,152)",
    "4": ".48,1 .48,0 0,.70 .66,.70",
    "5": ".55,0 .10,0 .07,.44 (.29,.67,.31,.33,-132,148)",
    "6": "(.64,.66,.64,.66,-108,-180) (.31,.69,.31,.31,180,-180)",
    "7": "0,0 .62,0 .22,1",
    "8": "(.31,.24,.25,.24,90,-270) (.31,.74,.31,.26,-90,270)",
    "9": "(.31,.31,.31,.31,0,-360) (-.02,.34,.64,.66,0,72)",
}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A character as segments, shape (n, 2, 2), and the serifs that end its straight strokes, shape (m, 2, 2).

    x is 0 in its middle, y -0.5 at its top and 0.5 at its foot. `width` is its own, without the pen's.
    """

    segments: NDArray[np.float32]
    serifs: NDArray[np.float32]
    width: float


@functools.cache
def skeleton(character: str) -> Skeleton:
    """The skeleton of one of CHARACTERS."""
    strokes = [_stroke(part) for part in DRAWN[character].split(";")]
    everything = np.concatenate(strokes)
    low, high = everything[:, 0].min(), everything[:, 0].max()
    offset = np.array([(low + high) / 2, 0.5], np.float32)
    segments = np.concatenate([np.stack([each[:-1], each[1:]], 1) for each in strokes]) - offset
    return Skeleton(segments, _serifs(segments), float(high - low))


def _stroke(text: str) -> Points:
    found: list[tuple[float, float]] = []
    for part in text.split():
        if part.startswith("("):
            x, y, wide, high, first, last = (float(each) for each in part[1:-1].split(","))
            angles = np.radians(np.linspace(first, last, max(2, round(abs(last - first) / STEPS) + 1)))
            found += [(x + wide * np.cos(angle), y + high * np.sin(angle)) for angle in angles]
        else:
            across, down = part.split(",")
            found.append((float(across), float(down)))
    return np.array(found, np.float32)


def _serifs(segments: NDArray[np.float32]) -> NDArray[np.float32]:
    """A short line across each end of a steep straight stroke at the top or the foot, where nothing goes on level."""
    ways = segments[:, 1] - segments[:, 0]
    steep = (np.abs(ways[:, 1]) > 0.3) & (np.abs(ways[:, 0]) < 0.9 * np.abs(ways[:, 1]))
    ends = segments[steep].reshape(-1, 2)
    ends = np.unique(np.round(ends[np.abs(np.abs(ends[:, 1]) - 0.5) < 0.01], 4), axis=0)
    half = np.array([0.5, 0.0], np.float32)
    return np.stack([ends - half, ends + half], 1).astype(np.float32)
