"""How a lane writes: temperature, truncation, repetition, length and stop text."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.text.sampler import sampling
from models.text.sampler.sampling import Floats

LATELY = 512
"""How many symbols back an n-gram is looked for: enough for the loops that low temperatures fall into."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one lane. Raises UsageError for a value out of bounds."""

    temperature: float = 1.0
    """0 to 10; 0 always takes the most probable symbol."""
    top_k: int = 0
    """Draw from the so many most probable symbols; 0 is off."""
    top_p: float = 1.0
    """Draw from the fewest symbols that hold so much of the probability, above 0 to 1; 1 is off."""
    min_p: float = 0.0
    """Draw from symbols at least so many times as probable as the most probable one, 0 to 1; 0 is off."""
    repetition: float = 1.0
    """Penalty for symbols written lately, 0.1 to 10; 1 is off, above 1 makes them rarer."""
    repetition_window: int = 64
    """How many of the last symbols count as lately."""
    length: int | None = None
    """Symbols to write; None goes on for ever."""
    stop: str = ""
    """End after this text has been written; empty is off."""
    no_repeat_ngram: int = 0
    """Never write so many symbols in a row as stand among the last 512 already; 0 is off, else 2 to 256."""

    greedy: bool = field(init=False, repr=False, compare=False)
    """Whether the temperature is 0, as far as float32 can tell."""
    penalises: bool = field(init=False, repr=False, compare=False)
    """Whether the symbols written lately bear on the next one."""
    memory: int = field(init=False, repr=False, compare=False)
    """How many of the last symbols bear on the next one."""
    plain: bool = field(init=False, repr=False, compare=False)
    """Whether temperature is all there is."""
    heat: float = field(init=False, repr=False, compare=False)
    """The temperature, 1 in place of 0."""

    def __post_init__(self) -> None:
        _within("temperature", self.temperature, 0, 10)
        _within("top_p", self.top_p, 0, 1)
        _within("min_p", self.min_p, 0, 1)
        _within("repetition", self.repetition, 0.1, 10)
        if self.top_p == 0:
            raise UsageError("top_p: must be above 0 (got 0)")
        _count("top_k", self.top_k)
        _count("repetition_window", self.repetition_window)
        _count("no_repeat_ngram", self.no_repeat_ngram)
        if self.no_repeat_ngram:
            _within("no_repeat_ngram", self.no_repeat_ngram, 2, 256)
        if self.length is not None:
            _count("length", self.length)
        if not isinstance(self.stop, str):
            raise UsageError(f"stop: must be text (got {self.stop!r})")
        greedy = self.temperature < sampling.COLD
        memory = max(self.repetition_window if self.repetition != 1 else 0, LATELY if self.no_repeat_ngram else 0)
        penalises = memory > 0
        plain = not (self.top_k or self.top_p < 1 or self.min_p > 0 or penalises)
        derived = {"greedy": greedy, "penalises": penalises, "memory": memory, "plain": plain}
        for name, value in (derived | {"heat": 1.0 if greedy else float(self.temperature)}).items():
            object.__setattr__(self, name, value)

    def distribution(self, logits: Floats, recent: NDArray[np.int32]) -> Floats:
        """The probabilities to draw from, (symbols,), given the logits and the ids of the last symbols."""
        logits = self.penalised(logits, recent)
        probabilities = sampling.temperature(logits, self.temperature)
        probabilities = sampling.top_k(probabilities, self.top_k)
        return sampling.min_p(sampling.top_p(probabilities, self.top_p), self.min_p)

    def draw(self, logits: Floats, weights: Floats, recent: NDArray[np.int32], uniform: float) -> int:
        """A symbol out of `distribution(logits, recent)`, given a uniform number in [0, 1).

        `weights` are exp(logits / temperature), which the caller has; both (symbols,).
        """
        if self.penalises and recent.size:
            logits = self.penalised(logits, recent)
            weights = np.exp((logits - logits.max()) * np.float32(1 / self.heat))
        if self.greedy:
            return int(logits.argmax())
        return sampling.pick_truncated(weights, uniform, self.top_k, self.top_p, self.min_p)

    def penalised(self, logits: Floats, recent: NDArray[np.int32]) -> Floats:
        """Logits (symbols,) made lower, or minus infinity, for what `recent`, the last `memory` ids, speaks against."""
        if not recent.size:
            return logits
        if self.repetition != 1 and self.repetition_window:
            logits = sampling.repetition(logits, recent[-self.repetition_window :], self.repetition)
        if self.no_repeat_ngram:
            logits = sampling.no_repeat_ngram(logits, recent[-LATELY:], self.no_repeat_ngram)
        return logits

    def to_json(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises UsageError for a setting that is unknown or out of bounds."""
        unknown = sorted(set(data) - {field.name for field in fields(cls) if field.init})
        if unknown:
            raise UsageError(f"there is no setting {unknown[0]!r}")
        return cls(**data)


def _within(name: str, value: Any, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{name}: must be from {least:g} to {most:g} (got {value!r})")


def _count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"{name}: must be a whole number, 0 or more (got {value!r})")
