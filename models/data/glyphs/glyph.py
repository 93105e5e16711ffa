"""The attributes of a drawn letter or digit."""

from __future__ import annotations

from dataclasses import dataclass

from models.data.attributes import Described, kind, number
from models.data.glyphs.fonts import FONTS
from models.data.glyphs.letters import CHARACTERS


@dataclass(frozen=True, slots=True)
class Glyph(Described):
    """A letter or digit in a font. `content` is what is read, `style` how it is drawn, `place` where it stands."""

    character: str = kind(CHARACTERS, "content", "the letter or digit")
    font: str = kind(tuple(FONTS), "style", "the pen and the manner it is drawn with")
    weight: float = number(0, 1, "style", "strokes light to bold", default=0.4)
    slant: float = number(-1, 1, "style", "leaning back to leaning forward, up to 17 degrees")
    width: float = number(-1, 1, "style", "condensed to extended")
    ink: float = number(0.55, 1, "style", "grey to white", default=1.0)
    size: float = number(0, 1, "place", "small to large: capitals half to three quarters of the picture high")
    x: float = number(-1, 1, "place", "left to right, up to a tenth of the picture")
    y: float = number(-1, 1, "place", "up to down, up to a tenth of the picture")
    turn: float = number(-1, 1, "place", "turned to the left or to the right, up to 10 degrees")
