"""The two lines over a lane: its settings and figures, each in its own place, and its state in a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio.figures import NONE, count

if TYPE_CHECKING:
    from models.text.sampler import Settings


@dataclass(frozen=True, slots=True)
class Heading:
    """What the header says. `rate` counts `unit`s a second, `surprise` nats a character; `extras` are settings that
    are not as they always are: `k 40`."""

    number: int
    temperature: float = 1.0
    state: str = ""
    seed: int = 0
    rate: float = 0.0
    unit: str = "char"
    surprise: float | None = None
    extras: tuple[str, ...] = ()


class LaneHeader(Widget):
    """Two lines in which nothing moves when a figure changes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--dim", "heading--heat", "heading--writing", "heading--ended"}
    DEFAULT_CSS = """
    LaneHeader {
        height: 2; width: 1fr; background: $panel; color: $foreground;
        & > .heading--dim { color: $text-muted; }
        & > .heading--heat { text-style: bold; }
        & > .heading--writing { color: $text-success; }
        & > .heading--ended { color: $text-warning; }
        &:nocolor { text-style: underline; }
        &.-chosen { background: $block-cursor-background; color: $block-cursor-foreground; }
        &.-chosen > .heading--dim, &.-chosen > .heading--heat { color: $block-cursor-foreground; }
        &.-chosen > .heading--writing, &.-chosen > .heading--ended { color: $block-cursor-foreground; }
        &.-chosen:ansi, &.-chosen:nocolor { text-style: reverse; }
    }
    """
    heading: reactive[Heading | None] = reactive(None)

    def render(self) -> Content:
        heading = self.heading
        if heading is None:
            return Content("")
        width = self.size.width
        return Content("\n").join([self._first(heading, width), self._second(heading, width)])

    def _first(self, heading: Heading, width: int) -> Content:
        """Number, temperature and seed at the left, the state at the right; the seed goes first if room is short."""
        dim, heat = self.get_visual_style("heading--dim"), self.get_visual_style("heading--heat")
        tight = width < 26
        number, degrees = f"{heading.number} " if tight else f" {heading.number} ", f"T{heading.temperature:5.2f}"
        state = heading.state if tight else f"{heading.state} "
        seed = f"  seed {heading.seed:<6}"
        room = width - len(number) - len(degrees) - len(state)
        if room <= len(seed):
            seed = f" #{heading.seed:<6}"
        if room <= len(seed):
            seed = ""
        gap = " " * max(0, room - len(seed))
        tone = {"writing": "heading--writing", "paused": "heading--dim"}.get(heading.state, "heading--ended")
        return Content.assemble((number, dim), (degrees, heat), (seed, dim), gap, (state, self.get_visual_style(tone)))

    def _second(self, heading: Heading, width: int) -> Content:
        """Rate and surprise, then as many of the other settings as fit."""
        dim = self.get_visual_style("heading--dim")
        surprise = NONE if heading.surprise is None else f"{heading.surprise:.2f}"
        wide = width >= 44
        rate = f" {count(heading.rate):>7}{f' {heading.unit}' if wide else ''}/s "
        text = f"{rate} {surprise:>5} {'nats/char' if wide or width - len(rate) >= 16 else 'nats'} "
        return Content.assemble((text + fitting(heading.extras, width - len(text)), dim))


def fitting(parts: Sequence[str], room: int) -> str:
    """As many of `parts` as fit into `room` cells, an ellipsis for the rest."""
    text = ""
    for place, part in enumerate(parts):
        left = room - cell_len(text) - 1
        if cell_len(part) + (2 if place + 1 < len(parts) else 0) > left:
            return text + (" …" if left >= 1 else "")
        text += f" {part}"
    return text


def shown_settings(settings: Settings) -> tuple[str, ...]:
    """The settings that are not as they always are, as the header says them."""
    parts = []
    if settings.top_k:
        parts.append(f"k{settings.top_k}")
    if settings.top_p < 1:
        parts.append(f"p{settings.top_p:g}".replace("0.", "."))
    if settings.min_p > 0:
        parts.append(f"min{settings.min_p:g}".replace("0.", "."))
    if settings.repetition != 1:
        parts.append(f"rep{settings.repetition:g}")
    if settings.no_repeat_ngram:
        parts.append(f"nr{settings.no_repeat_ngram}")
    if settings.length is not None:
        parts.append(f"len{settings.length}")
    if settings.stop:
        parts.append("stop")
    return tuple(parts)


def padded(text: str, width: int) -> str:
    """`text` in exactly `width` cells."""
    return set_cell_size(text, width)
