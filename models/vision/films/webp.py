"""Animated WebPs, a frame at a time (WebP Container Specification).

Pillow makes a WebP of each frame, and its data is put into the film; Pillow's own way keeps all frames in memory.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from typing import IO, Any

from PIL import Image

from models.vision import about as notes
from models.vision.films.timing import durations
from models.vision.pictures import Pixels

QUALITY = 90
ANIMATION, EXIF = 0x02, 0x08
NO_BLEND = 0x02


def write(file: IO[bytes], frames: Iterator[Pixels], *, fps: float, about: Mapping[str, Any] | None) -> None:
    """A film of `frames`; see `models.vision.animate.save_animation`."""
    lasts = durations(fps, 1000)
    file.write(b"RIFF\0\0\0\0WEBP")
    for number, frame in enumerate(frames):
        height, width = frame.shape[:2]
        if number == 0:
            flags = ANIMATION | (EXIF if about is not None else 0)
            file.write(_chunk(b"VP8X", struct.pack("<I", flags) + _three(width - 1) + _three(height - 1)))
            file.write(_chunk(b"ANIM", b"\xff\xff\xff\xff" + struct.pack("<H", 0)))
        head = bytes(6) + _three(width - 1) + _three(height - 1) + _three(next(lasts)) + bytes([NO_BLEND])
        file.write(_chunk(b"ANMF", head + _data(frame)))
    if about is not None:
        file.write(_chunk(b"EXIF", notes.exif(about)))
    size = file.tell() - 8
    file.seek(4)
    file.write(struct.pack("<I", size))


def _data(frame: Pixels) -> bytes:
    """The chunk that holds a frame's pixels."""
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()[12:]


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
