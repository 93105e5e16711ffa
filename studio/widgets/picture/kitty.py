"""Pictures by Kitty's graphics protocol, placed by Unicode placeholders, so that they move and go with the text.

https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

import base64
import io
import itertools
import secrets
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from studio.widgets.picture.half import Line, Pixels

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
MOST_ROWS = 128
"""Rows of cells that a picture can have: each needs a mark of its own."""
ROW_MARKS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357"
    "\u035b\u0363\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484"
    "\u0485\u0486\u0487\u0592\u0593\u0594\u0595\u0597\u0598\u0599\u059c\u059d\u059e\u059f\u05a0\u05a1"
    "\u05a8\u05a9\u05ab\u05ac\u05af\u05c4\u0610\u0611\u0612\u0613\u0614\u0615\u0616\u0617\u0657\u0658"
    "\u0659\u065a\u065b\u065d\u065e\u06d6\u06d7\u06d8\u06d9\u06da\u06db\u06dc\u06df\u06e0\u06e1\u06e2"
    "\u06e4\u06e7\u06e8\u06eb\u06ec\u0730\u0732\u0733\u0735\u0736\u073a\u073d\u073f\u0740\u0741\u0743"
    "\u0745\u0747\u0749\u074a\u07eb\u07ec\u07ed\u07ee\u07ef\u07f0\u07f1\u07f3\u0816\u0817\u0818\u0819"
    "\u081b\u081c\u081d\u081e\u081f\u0820\u0821\u0822\u0823\u0825\u0826\u0827\u0829\u082a\u082b\u082c"
)
"""The protocol's marks for rows 0, 1, 2, ...: combining characters that nothing composes with."""
_numbers = itertools.count(secrets.randbelow(1 << 23) + 1)


def next_number() -> int:
    """A number for a picture, 1 to 2^24 - 1: it has to fit into a colour."""
    return next(_numbers) % ((1 << 24) - 1) + 1


def sent(pixels: Pixels, number: int, columns: int, rows: int) -> list[str]:
    """What sends the picture, uint8 (height, width, 3), and says that it covers so many cells, in messages of a few
    kilobytes. It shows nothing yet.

    The terminal scales: nothing is enlarged before it travels. No answer is asked for (q=2).
    """
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=1)
    data = base64.standard_b64encode(file.getvalue()).decode("ascii")
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    messages = []
    for place, chunk in enumerate(chunks):
        more = int(place + 1 < len(chunks))
        head = f"a=T,U=1,i={number},f=100,c={columns},r={rows},q=2,m={more}" if place == 0 else f"q=2,m={more}"
        messages.append(f"\x1b_G{head};{chunk}\x1b\\")
    return messages


def broken_off(number: int) -> str:
    """What ends a sending half-way, and frees what has come of it."""
    return f"\x1b_Gq=2,m=0;\x1b\\{freed(number)}"


def freed(number: int) -> str:
    """What takes the picture away and frees its memory in the terminal."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def placeholders(number: int, columns: int, rows: int) -> list[Line]:
    """The cells that the picture shows in; the first of a row names the row, the others follow it."""
    style = Style(color=Color.from_rgb(number >> 16, number >> 8 & 255, number & 255))
    return [
        [Segment(PLACEHOLDER + mark + ROW_MARKS[0] + PLACEHOLDER * (columns - 1), style)] for mark in ROW_MARKS[:rows]
    ]
