"""The line over the lanes: who writes, how far it has learned, at which pace; and the panel while nothing writes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio import figures
from studio.visible import visible
from studio.widgets.status import fit


@dataclass(frozen=True, slots=True)
class Head:
    """What the head line says. `word` is what the weights do: `following`, `replay`, or empty; `pace` counts symbols a
    second in each lane; `reach` says which lanes the keys mean."""

    name: str = ""
    step: int = 0
    loss: float | None = None
    val_loss: float | None = None
    word: str = ""
    pace: float = 20
    unit: str = "char"
    reach: str = ""
    session: str = ""


class TextHead(Widget):
    """One line in which nothing moves when a figure changes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"head--name", "head--dim", "head--word", "head--reach"}
    DEFAULT_CSS = """
    TextHead {
        height: 1; width: 1fr; background: $background; color: $foreground;
        & > .head--name { color: $family-text; text-style: bold; }
        & > .head--dim { color: $text-muted; }
        & > .head--word { color: $text-success; text-style: bold; }
        & > .head--reach { color: $text-warning; text-style: bold; }
    }
    """
    head: reactive[Head] = reactive(Head())

    def render(self) -> Content:
        head, width = self.head, self.size.width
        if not head.name:
            return Content("")
        name_style, dim, word_style, reach_style = (
            self.get_visual_style(f"head--{part}") for part in ("name", "dim", "word", "reach")
        )
        known = f"  step {figures.count(head.step):>9}  val {figures.loss(head.val_loss):>6}"
        if width >= 100:
            known += f"  loss {figures.loss(head.loss):>6}"
        word = fit(f"  ● {head.word}" if head.word else "", 13)
        reach = fit(f"  {head.reach}", 11)
        pace = fit("     max pace" if math.isinf(head.pace) else f"  {head.pace:>4g} {head.unit}/s", 13)
        room = max(0, width - len(known) - len(word) - len(reach) - len(pace) - 2)
        name_room = room if room < 40 else max(24, room // 3)
        session = fit(f"  {visible(head.session)}" if room - name_room >= 30 else "", room - name_room)
        return Content.assemble(
            (f" {fit(visible(head.name), name_room)}", name_style), (known, dim), (session, dim), (word, word_style),
            (reach, reach_style), (pace, dim),
        )  # fmt: skip


class Waiting(Widget):
    """Shown in place of the lanes: what is waited for, or what to press."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"waiting--title", "waiting--key", "waiting--problem"}
    DEFAULT_CSS = """
    Waiting {
        width: 1fr; height: 1fr; padding: 2 4; color: $text-muted;
        & > .waiting--title { color: $foreground; text-style: bold; }
        & > .waiting--key { color: $family-text; text-style: bold; }
        & > .waiting--problem { color: $text-error; text-style: bold; }
    }
    """
    lines: reactive[tuple[tuple[str, str], ...]] = reactive(())
    """Pairs of a tone (`title`, `problem`, `key:NAME`, or nothing) and a line."""

    def render(self) -> Content:
        parts = []
        for tone, text in self.lines:
            line = visible(text)
            if tone.startswith("key:"):
                key = tone.removeprefix("key:")
                parts.append(Content.assemble((f"{key:>6}", self.get_visual_style("waiting--key")), "  ", line))
            else:
                parts.append(Content.assemble((line, self.get_visual_style(f"waiting--{tone}")) if tone else line))
        return Content("\n").join(parts)


def waiting_lines(word: str, text: str, resumable: bool, phase: str, seconds: float) -> tuple[tuple[str, str], ...]:
    """What the panel says in each state of the room."""
    if word == "opening":
        return (("title", "Opening the last session …"),)
    if word == "waiting":
        place = {"queued": 0, "loading TensorFlow": 1, "starting": 2, "running": 3}.get(phase, 3)
        stages = ("in the queue", "loading TensorFlow", "reading the corpus, building the network", "first steps")
        shown = [
            ("", f"  {'✓' if number < place else '●' if number == place else '·'} {stage}")
            for number, stage in enumerate(stages)
        ]
        return (
            ("title", f"Training {text}"),
            ("", ""),
            *shown,
            ("", ""),
            ("", f"The lanes begin to write as soon as there are first weights. {figures.clock(seconds)}"),
            ("", ""),
            ("key:3", "look at the training"),
        )
    if word == "failed":
        return (
            ("problem", text),
            ("", ""),
            ("key:m", "choose another model, or a training to follow"),
            ("key:s", "look at the sessions, and replay one"),
            ("key:Enter", "train a model on python-docs"),
        )
    first = (
        ("key:Enter", "go on with the training that was broken off")
        if resumable
        else ("key:Enter", "train on python-docs, and watch the lanes write while it learns")
    )
    return (
        ("title", "Nothing is trained yet."),
        ("", ""),
        first,
        ("key:2", "choose what to read, and how: the Train page"),
        ("key:m", "choose a model, or a training to follow"),
        ("", ""),
        ("", "python-docs is the language reference that comes with Python, close to"),
        ("", "half a million characters: no download. It takes five minutes, the first"),
        ("", "words a few seconds."),
    )
