"""The layers of a dream as text: `LAYER`, `LAYER=WEIGHT`, `LAYER:CHANNEL`, `LAYER:CHANNEL=WEIGHT`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.errors import shown


@dataclass(frozen=True, slots=True)
class Term:
    """One part of what a dream makes strong: a layer, or one channel of it (counted from 0), with a weight.

    A negative weight makes it weak instead.
    """

    layer: str
    channel: int | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        channel = "" if self.channel is None else f":{self.channel}"
        weight = "" if self.weight == 1 else f"={self.weight:g}"
        return f"{self.layer}{channel}{weight}"


def parsed(text: str) -> Term:
    """The term that `text` writes. Raises ValueError with one line that says what is wrong."""
    name, has_weight, weight_text = text.strip().partition("=")
    layer, has_channel, channel_text = name.strip().partition(":")
    layer, channel_text = layer.strip(), channel_text.strip()
    if not layer:
        raise ValueError(f"layers: {shown(text)!r} names no layer; write LAYER, LAYER=WEIGHT or LAYER:CHANNEL=WEIGHT")
    if has_channel and not (channel_text.isascii() and channel_text.isdecimal()):
        raise ValueError(f"layers: a channel is a number from 0 on, not {shown(channel_text)!r}")
    try:
        weight = float(weight_text) if has_weight else 1.0
    except ValueError:
        weight = math.nan
    if not abs(weight) <= 1e6:
        raise ValueError(f"layers: a weight is a number up to a million, not {shown(weight_text.strip())!r}")
    return Term(layer, int(channel_text) if has_channel else None, weight)
