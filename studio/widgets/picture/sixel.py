"""Pictures as sixels, encoded by textual-image, with all colours defined before the first is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.widgets.picture.half import Pixels

DEFINITION = re.compile(r"#(\d+);2;\d+;\d+;\d+")
HEADER = re.compile(r"\x1bP[\d;]*q\"[\d;]*")


def sixels(pixels: Pixels) -> str:
    """The picture, uint8 (height, width, 3), as one sixel sequence: 256 colours at most, a pixel a pixel.

    xterm paints what it has read so far when a colour is defined half-way, wrongly in the first band: so the
    definitions come first, and only the numbers stay where the encoder had put them.
    """
    import numpy as np
    from PIL import Image
    from textual_image._sixel import image_to_sixels

    encoded = image_to_sixels(Image.fromarray(np.ascontiguousarray(pixels)))
    header = HEADER.match(encoded)
    if header is None:
        return encoded
    body = encoded[header.end() :]
    definitions = "".join(found[0] for found in DEFINITION.finditer(body))
    return header[0] + definitions + DEFINITION.sub(r"#\1", body)
