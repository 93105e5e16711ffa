"""Writing a text of a certain length at several temperatures, as a run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from models.errors import UsageError
from models.events import Run, Stop, Text
from models.text.model import TextModel
from models.text.sampler.lane import checked_seed
from models.text.sampler.sampler import Sampler
from models.text.sampler.settings import Settings

CHUNK_SECONDS = 0.05
CHECK_EVERY = 16


def label(temperature: float, number: int = 1) -> str:
    """`T=0.5`, or `T=0.5 (2)` for the second text at the same temperature."""
    return f"T={temperature:g}" if number == 1 else f"T={temperature:g} ({number})"


def write(
    model: TextModel,
    *,
    temperatures: Sequence[float] = (1.0,),
    length: int = 400,
    prompt: str = "",
    seed: int | None = None,
    settings: Settings | None = None,
    drop_unknown: bool = False,
) -> Run:
    """Write `length` symbols at each of `temperatures`; yields `Text` events labelled `T=0.5`, in chunks.

    The events hold what was written after the prompt (an empty one: `TextModel.default_prompt`), all lanes in turn;
    `settings` gives all but temperature and length. Every temperature starts from the same `seed` (None: a random
    one), so that its text does not depend on the others; a second text at the same temperature takes the next seed.
    A `Stop` sent in ends it after the chunk under way. Raises, at once, UsageError for a bad setting, and
    UnknownSymbolsError for a prompt the model cannot read unless `drop_unknown` leaves those characters out; while
    writing, UserError if the weights are damaged.
    """
    if not temperatures:
        raise UsageError("temperatures: name at least one")
    seed = checked_seed(seed)
    sampler = Sampler(model)
    counts: Counter[float] = Counter()
    labels = []
    for temperature in temperatures:
        counts[temperature] += 1
        chosen = replace(settings or Settings(), temperature=temperature, length=length)
        sampler.add(prompt, chosen, seed + counts[temperature] - 1, drop_unknown=drop_unknown)
        labels.append(label(temperature, counts[temperature]))
    return _written(sampler, labels)


def _written(sampler: Sampler, labels: list[str]) -> Run:
    shown = [lane.prompt_end for lane in sampler.lanes]
    while any(lane.ended is None for lane in sampler.lanes):
        until = time.monotonic() + CHUNK_SECONDS
        while sampler.step(count=CHECK_EVERY) and time.monotonic() < until:
            pass
        for number, lane in enumerate(sampler.lanes):
            text = lane.text_since(shown[number])
            shown[number] = lane.position
            if text and isinstance((yield Text(text, labels[number])), Stop):
                return
