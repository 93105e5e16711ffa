"""Animated GIFs, a frame at a time (GIF89a).

Each frame has a palette of its own, dithered: Pillow makes a GIF of one frame, and its parts are put into the film.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from typing import IO, Any

from PIL import Image

from models.vision import about as notes
from models.vision.films.timing import durations
from models.vision.pictures import Pixels, fitted

FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
HEADER = 13
PALETTE_SIDE = 96
HAS_TABLE, SIZE_BITS = 0x80, 0x07


def write(file: IO[bytes], frames: Iterator[Pixels], *, fps: float, about: Mapping[str, Any] | None) -> None:
    """A film of `frames`; see `models.vision.animate.save_animation`."""
    lasts = durations(fps, 100)
    for number, frame in enumerate(frames):
        if number == 0:
            file.write(b"GIF89a" + struct.pack("<HHBBB", frame.shape[1], frame.shape[0], 0x70, 0, 0) + FOR_EVER)
            if about is not None:
                file.write(b"\x21\xfe" + _blocks(notes.text(about).encode("ascii")))
        file.write(b"\x21\xf9\x04\x04" + struct.pack("<H", next(lasts)) + b"\x00\x00" + _image(frame))
    file.write(b"\x3b")


def _image(frame: Pixels) -> bytes:
    """The image descriptor of a frame with its palette as the local one, and its data."""
    picture = Image.fromarray(frame)
    # The best palette takes seconds to find for all pixels, and is hardly another for a part of them.
    few = picture.resize(fitted(*picture.size, PALETTE_SIDE), Image.Resampling.NEAREST)
    palette = few.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=1)
    buffer = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(buffer, "GIF", optimize=False)
    data = buffer.getvalue()
    end = HEADER + 3 * 2 ** ((data[10] & SIZE_BITS) + 1)
    begin = end
    while data[begin] == 0x21:  # extensions stand before the image
        begin += 2
        while data[begin]:
            begin += data[begin] + 1
        begin += 1
    descriptor = bytearray(data[begin : begin + 10])
    descriptor[9] |= HAS_TABLE | (data[10] & SIZE_BITS)
    return bytes(descriptor) + data[HEADER:end] + data[begin + 10 : -1]


def _blocks(text: bytes) -> bytes:
    parts = (text[begin : begin + 255] for begin in range(0, len(text), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
