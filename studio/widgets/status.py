"""The status line: device, running job, rate and memory, each in its own place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio.visible import visible


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line says. `word` is the state in a word; `job` the name of what runs; the rest are figures."""

    device: str = ""
    word: str = "idle"
    job: str = ""
    progress: str = ""
    rate: str = ""
    memory: str = ""


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells; what is cut ends in an ellipsis."""
    if cell_len(text) > width:
        return set_cell_size(set_cell_size(text, max(0, width - 1)).rstrip() + "…", width) if width > 0 else ""
    return set_cell_size(text, width)


class StatusLine(Widget):
    """One line in which nothing moves when a figure changes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--running", "status--dim"}
    DEFAULT_CSS = """
    StatusLine {
        height: 1; width: 1fr; background: $surface; color: $foreground; padding: 0 1;
        & > .status--running { color: $text-success; text-style: bold; }
        & > .status--dim { color: $text-muted; }
    }
    """
    status: reactive[Status] = reactive(Status())

    def render(self) -> Content:
        dim, running = (self.get_visual_style(f"status--{part}", partial=True) for part in ("dim", "running"))
        status = self.status
        busy = status.word != "idle"
        device = fit(status.device, 12)
        progress, rate, memory = status.progress.rjust(5), status.rate.rjust(13), status.memory.rjust(17)
        word = f"{'●' if busy else '○'} {status.word:<9}"
        room = self.size.width - sum(len(part) for part in (device, progress, rate, memory, word)) - 5
        job = fit(visible(status.job), max(0, room))
        return Content.assemble(
            (device, dim), " ", (word, running if busy else dim), " ", job, " ", progress, " ", rate, " ", (memory, dim)
        )
