"""The Dream page: a picture climbs towards what excites a network, in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from studio.pages.easel import EaselPage


class DreamPage(EaselPage):
    """DeepDream."""

    title = "Dream"
    key = "5"
    accent = "$family-dream"
    family = "dream"
    sources = ("content", "guide")
    strength = "step_size"
    tunable = ("layers", "target_class", "guide", "step_size", "total_variation", "jitter", "normalise")
    help = """
A network looks at the picture, and the picture is changed so that the network sees more of what it thinks it sees.
Choose a picture with o, a preset under f, and start with Ctrl+S. While it dreams, [ and ] change the step size;
other knobs are changed in the recipe and taken over with t. Results are kept: , and . go through them.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "guide", "Guide", id="dream.guide", tooltip="Choose a picture that guides the dream"),
    ]

    def action_guide(self) -> None:
        self.pick("guide", "Which picture guides the dream?")
