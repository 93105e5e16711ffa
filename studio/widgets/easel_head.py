"""The line over a picture at work: what is in sight, what the run does, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from studio import figures
from studio.live import figures_of
from studio.visible import visible
from studio.widgets.status import fit

if TYPE_CHECKING:
    from studio.jobs import Slots
    from studio.registry import PictureEntry, Run

WORDS = {"live": "at work", "result": "result", "content": "the picture to work on"}
ROOMY = 100
"""Cells from which there is room for the run's name."""
SIGNS = {"queued": "◌", "running": "●", "paused": "‖", "stopped": "■", "done": "✓", "failed": "✗", "interrupted": "!"}


class EaselHead(Static):
    """The run with its figures, and what is in sight."""

    DEFAULT_CSS = """
    EaselHead { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    EaselHead > .head--dim { color: $text-muted; }
    EaselHead > .head--bad { color: $text-error; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"head--dim", "head--bad"}

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._shown: Content | None = None

    def look(self, run: Run | None, slots: Slots | None, sight: str, entry: PictureEntry | None) -> None:
        """Say where the run stands, if that has changed."""
        content = self.content_for(run, slots, sight, entry)
        if content != self._shown:
            self._shown = content
            self.update(content, layout=False)

    def content_for(self, run: Run | None, slots: Slots | None, sight: str, entry: PictureEntry | None) -> Content:
        """The line: figures keep their width, so that nothing jumps."""
        dim, bad = (self.get_visual_style(f"head--{part}", partial=True) for part in ("dim", "bad"))
        seen = entry.name if sight == "result" and entry is not None else ""
        ended = sight == "live" and run is not None and not run.is_active
        what = f"{'as it ended' if ended else WORDS[sight]}{': ' if seen else ''}{visible(seen)}"
        if run is None:
            return Content.assemble(("○ idle", "bold"), (f"   {what}", dim))
        if run.error:
            return Content.assemble((f"{SIGNS[run.state]} {run.state}: {visible(run.error)}", bad))
        state = f"{SIGNS[run.state]} {run.state}"
        waits = ""
        if slots is not None and run.is_active and slots.phase not in ("", "running"):
            waits = f"{slots.phase}…"
        elif run.request:
            waits = f"asked to {run.request}"
        elif run.state == "queued":
            waits = "waiting for a free device"
        if waits:
            return Content.assemble((f"{state}: {waits}", "bold"), (f"   {visible(run.name)}", dim))
        live = figures_of(run, slots)
        parts = [
            f"step {figures.count(live.done):>5}" + (f" of {figures.count(live.total):>5}" if live.total else ""),
            f"loss {figures.loss(live.metrics.get('loss')):>6}",
            f"{figures.rate(live.rate, live.unit):>11}",
            f"{figures.clock(live.left):>7} left" if run.is_active else f"{figures.clock(live.seconds):>7} worked",
        ]
        roomy = self.size.width >= ROOMY
        name = fit(visible(run.name), 16) + "  " if roomy else ""
        return Content.assemble(
            (fit(state, 13), "bold"), " ", name, "  ".join(parts), (f"   {what}" if roomy else "", dim)
        )
