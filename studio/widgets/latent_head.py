"""The line over the picture of a latent space: which model, what goes on, how fast."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio.visible import visible
from studio.widgets.status import fit


class LatentHead(Widget):
    """One line in which nothing moves when a figure changes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"head--name", "head--dim", "head--word"}
    DEFAULT_CSS = """
    LatentHead {
        height: 1; width: 1fr; background: $background; color: $foreground;
        & > .head--name { color: $family-vae; text-style: bold; }
        & > .head--dim { color: $text-muted; }
        & > .head--word { color: $text-success; text-style: bold; }
    }
    """
    said: reactive[tuple[str, str, str, str]] = reactive(("", "", "", ""))

    def say(self, name: str, facts: str, word: str, figures: str) -> None:
        """The model's name and facts, what goes on in a word, and figures at the right."""
        self.said = name, facts, word, figures

    def render(self) -> Content:
        name, facts, word, figures = (visible(part) for part in self.said)
        width = self.size.width
        name_style, dim, word_style = (self.get_visual_style(f"head--{part}") for part in ("name", "dim", "word"))
        right = f"  {figures} " if width >= 100 else ""
        after = f"  {facts}" if width >= 60 else ""
        state = f"  ● {word}" if word else ""
        name = fit(name, max(1, min(cell_len(name), width - len(right) - len(after) - cell_len(state) - 1)))
        rest = max(0, width - 1 - cell_len(name) - len(after) - len(right))
        return Content.assemble(
            (f" {name}", name_style), (after, dim), (fit(state, rest), word_style), (right, dim)
        )  # fmt: skip
