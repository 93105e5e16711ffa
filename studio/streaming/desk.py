"""The lanes on show and what can be done to them. No thread and no screen: whoever holds a desk steps it."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.errors import UsageError
from models.text.model import TextModel
from models.text.sampler import Candidate, Lane, Sampler, Settings
from studio.streaming.replay import Recorded, Replay

MOST_LANES = 6
FIRST_TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
NO_REPEAT = 24
"""The n-gram a first lane never repeats: at low temperatures a young model would fill its lane with spaces."""
TOP_K = (0, 40, 20, 10, 5, 2)
TOP_P = (1.0, 0.98, 0.95, 0.9, 0.8, 0.6)
CANDIDATES = 10
MARKS = 9
LONG = 500
"""Symbols that the mean surprise is taken over."""
SEEDS = 1_000_000
"""Seeds that the studio draws have six digits at most: short enough to read and to type again."""
KEEP = 100_000
"""Symbols of its text that a lane keeps."""


class Channel:
    """A lane on show, and what the studio adds to it."""

    def __init__(self, lane: Lane | Recorded, *, paused: bool = False) -> None:
        self.lane = lane
        self.paused = paused
        self.watched = False
        """Whether someone looks at the candidates."""
        self.candidates: tuple[Candidate, ...] = ()
        self._marks: deque[tuple[float, int]] = deque(maxlen=MARKS)

    def measure(self, now: float) -> None:
        """Note where the lane stands at the time `now`, in seconds."""
        position = self.lane.position
        if self.paused or self.lane.ended or (self._marks and position < self._marks[-1][1]):
            self._marks.clear()
        self._marks.append((now, position))

    @property
    def rate(self) -> float:
        """Symbols a second over the last three seconds."""
        marks = self._marks
        if self.paused or self.lane.ended or len(marks) < 2:
            return 0.0
        (first, start), (last, end) = marks[0], marks[-1]
        return (end - start) / max(1e-3, last - first)

    @property
    def state(self) -> str:
        """What the lane does, in a word: writing, paused, or `ended: length`."""
        ended = self.lane.ended
        return f"ended: {ended}" if ended else "paused" if self.paused else "writing"

    @property
    def surprise(self) -> float | None:
        """Mean surprise of the last 500 symbols in nats a character; None before the first one."""
        span = self.lane.read(max(self.lane.prompt_end, self.lane.position - LONG))
        known = span.probabilities[np.isfinite(span.probabilities)]
        if not known.size:
            return None
        characters = sum(map(len, self.lane.symbols(span)))
        return float(-np.log(np.maximum(known, 1e-12)).sum() / max(1, characters))


class Desk:
    """Up to six lanes of one sampler, or of one replay.

    `pause`, `change`, `warm` and `cycle` may be called by any thread, and so may what only looks; all else belongs to
    the thread that steps. Methods raise UsageError where they make no sense.
    """

    def __init__(self, writer: Sampler | Replay) -> None:
        self.writer = writer
        self.channels = tuple(Channel(lane) for lane in writer.lanes)

    @property
    def sampler(self) -> Sampler:
        if not isinstance(self.writer, Sampler):
            raise UsageError("this is a replay, it only shows what was written: Escape goes back")
        return self.writer

    # Writing

    def writing(self) -> list[Lane | Recorded]:
        """The lanes that write."""
        return [channel.lane for channel in self.channels if not channel.paused and channel.lane.ended is None]

    def step(self, lanes: Sequence[Lane | Recorded], count: int = 1) -> int:
        """So many symbols in each of these lanes; how many were written together."""
        return self.writer.step(lanes, count)  # type: ignore[arg-type]

    def one(self, channels: Iterable[Channel]) -> None:
        """One symbol in each of these lanes, which are paused then."""
        chosen = list(channels)
        self.pause(chosen, True)
        self.step([channel.lane for channel in chosen])

    def pause(self, channels: Iterable[Channel], paused: bool) -> None:
        for channel in channels:
            channel.paused = paused

    def take_back(self, channels: Iterable[Channel], count: int = 1) -> None:
        """Take back symbols, and pause: who goes on then sees other ones."""
        for channel in channels:
            channel.paused = True
            if isinstance(channel.lane, Recorded):
                channel.lane.rewind(count)
            else:
                self.sampler.take_back(channel.lane, count, redraw=True)

    def restart(self, channels: Iterable[Channel]) -> None:
        """Begin again after the prompt: with a new seed, or in a replay from the first character."""
        for channel in channels:
            if isinstance(channel.lane, Recorded):
                channel.lane.rewind(channel.lane.position)
            else:
                self.sampler.restart(channel.lane, new_seed())

    # Lanes come and go

    def add(self, settings: Settings, prompt: str = "", *, paused: bool = False) -> Channel:
        """A lane more, at the right; what its prompt holds that the model does not know is left out."""
        self._check_room()
        lane = self.sampler.add(prompt, settings, new_seed(), drop_unknown=True)
        channel = Channel(lane, paused=paused)
        self.channels = (*self.channels, channel)
        return channel

    def branch(self, channel: Channel) -> Channel:
        """A copy of a lane where it stands, beside it, which goes on with a seed of its own."""
        self._check_room()
        lane = self.sampler.branch(self._lane(channel), new_seed())
        branched = Channel(lane, paused=channel.paused)
        place = self.channels.index(channel) + 1
        self.channels = (*self.channels[:place], branched, *self.channels[place:])
        return branched

    def remove(self, channel: Channel) -> None:
        if len(self.channels) == 1:
            raise UsageError("this is the last lane: restart it or give it another prompt")
        self.sampler.remove(self._lane(channel))
        self.channels = tuple(other for other in self.channels if other is not channel)

    def _check_room(self) -> None:
        if len(self.channels) >= MOST_LANES:
            raise UsageError(f"there is room for {MOST_LANES} lanes: take one away first")

    # What a lane writes

    def edit(self, channels: Iterable[Channel], prompt: str) -> None:
        """Begin again with another prompt; characters that the model does not know are left out."""
        for channel in channels:
            self.sampler.edit(self._lane(channel), prompt, drop_unknown=True)

    def change(self, channels: Iterable[Channel], **settings: Any) -> None:
        """Change some settings, from the next symbol on."""
        for channel in channels:
            lane = self._lane(channel)
            lane.settings = replace(lane.settings, **settings)

    def warm(self, channels: Iterable[Channel], steps: int) -> None:
        """Hotter by so many steps, cooler if it is negative: 0.1 each, 0.5 each above 2."""
        for channel in channels:
            lane = self._lane(channel)
            heat = lane.settings.temperature
            for _ in range(abs(steps)):
                width = 0.5 if heat > 2 or (heat == 2 and steps > 0) else 0.1
                heat = min(10.0, max(0.0, round(heat + (width if steps > 0 else -width), 2)))
            lane.settings = replace(lane.settings, temperature=heat)

    def cycle(self, channels: Iterable[Channel], name: str, values: Sequence[float], by: int) -> None:
        """Set one setting to the value after its own among `values`: that of the first lane decides for all."""
        chosen = list(channels)
        now = getattr(self._lane(chosen[0]).settings, name)
        place = min(range(len(values)), key=lambda index: abs(values[index] - now))
        self.change(chosen, **{name: values[(place + by) % len(values)]})

    def choose(self, channel: Channel, symbol: str) -> None:
        """Write this symbol next; the lane is paused."""
        channel.paused = True
        self.sampler.choose(self._lane(channel), symbol)

    def look(self) -> None:
        """Work out the candidates of the lanes that someone watches."""
        for channel in self.channels:
            if channel.watched and isinstance(channel.lane, Lane):
                channel.candidates = tuple(self.sampler.candidates(channel.lane, CANDIDATES))

    def swap(self, model: TextModel) -> None:
        """Go on with other weights. Raises UsageError for another vocabulary."""
        self.sampler.swap(model)

    def _lane(self, channel: Channel) -> Lane:
        if not isinstance(channel.lane, Lane) or channel not in self.channels:
            raise UsageError("this lane cannot be changed")
        return channel.lane

    # Sessions

    def save(self) -> list[dict[str, Any]]:
        """The lanes as plain JSON: what the sampler saves of each, and whether it is paused."""
        return [{"state": self.sampler.save(self._lane(each)), "paused": each.paused} for each in self.channels]

    def load(self, lanes: Sequence[Mapping[str, Any]]) -> None:
        """Lanes as they were saved. Raises CorruptFileError, or UsageError for another vocabulary."""
        loaded = [Channel(self.sampler.load(item["state"]), paused=bool(item["paused"])) for item in lanes[:MOST_LANES]]
        self.channels = (*self.channels, *loaded)


def new_seed() -> int:
    return secrets.randbelow(SEEDS)


def fresh(model: TextModel, like: Sequence[tuple[str, Settings]] = ()) -> Desk:
    """A desk for a model: lanes with these prompts and settings, or the four that a first start shows.

    The four keep out of loops, unless the model writes as the classic recipe does, which knows no such thing.
    """
    desk = Desk(Sampler(model, keep=KEEP))
    no_repeat = 0 if model.recipe.target == "last" else NO_REPEAT
    first = [("", Settings(heat, no_repeat_ngram=no_repeat)) for heat in FIRST_TEMPERATURES]
    for prompt, settings in like or first:
        desk.add(settings, prompt)
    return desk
