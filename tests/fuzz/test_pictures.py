"""Damaged pictures of every kind that is read, and ones that would take all memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from models.data.opening import open_set
from models.vision import about, pictures
from tests.fuzz.damage import counts, damaged, outcome

MODES = {
    "PNG": ("RGB", "RGBA", "L", "P", "1", "I;16"),
    "JPEG": ("RGB", "L", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("P", "L"),
    "TIFF": ("RGB", "L", "CMYK", "1", "F", "I;16"),
    "BMP": ("RGB", "P", "1"),
    "DIB": ("RGB",),
    "PPM": ("RGB", "L", "1"),
    "JPEG2000": ("RGB", "L"),
    "AVIF": ("RGB", "RGBA"),
    "QOI": ("RGB", "RGBA"),
}
OPTIONS = {("TIFF", "RGB"): {"compression": "tiff_lzw"}, ("TIFF", "L"): {"compression": "tiff_adobe_deflate"}}


def psd() -> bytes:
    """A PSD, which Pillow reads and does not write: 8 x 6 pixels in three channels, packed by runs."""
    head = b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 6, 8, 8, 3)
    rows = b"\x07abcdefgh"[:9] * 18
    return head + b"\0" * 12 + b"\0\1" + struct.pack(">H", 9) * 18 + rows


def whole() -> dict[str, bytes]:
    """A small picture of each kind and mode, most with notes and a profile."""
    random, found = np.random.default_rng(0), {"PSD": psd()}
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x0131] = "a program"
    for kind, modes in MODES.items():
        if kind not in Image.SAVE and kind not in Image.registered_extensions().values():
            continue
        for mode in modes:
            pixels = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).convert("RGB")
            picture = pixels.convert("L").convert(mode) if mode in ("I;16", "F") else pixels.convert(mode)
            buffer, options = io.BytesIO(), OPTIONS.get((kind, mode), {})
            notes = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP", "AVIF") else {}
            picture.save(buffer, kind, **options, **notes)
            found[f"{kind} {mode}"] = buffer.getvalue()
    return found


WHOLE = whole()


def test_the_whole_ones_are_read() -> None:
    for name, data in WHOLE.items():
        pixels = pictures.decode(data, name)
        assert (pixels.dtype, pixels.ndim, pixels.shape[2]) == (np.uint8, 3, 3), name
    assert {name.split()[0] for name in WHOLE} == set(pictures.FORMATS)


@counts
def test_damaged_pictures(tmp_path: Path, count: int) -> None:
    random, path, told = Random(count), tmp_path / "a.png", Counter[bool]()
    for number in range(count):
        kind = random.choice(list(WHOLE))
        data = damaged(WHOLE[kind], random)
        path.write_bytes(data)
        what = f"{kind}, {number} of {count}"
        found = outcome(lambda: pictures.load(path, side=random.choice((0, 5, 64))), what)
        outcome(lambda: pictures.measure(path), what)
        outcome(lambda: about.read(path), what)
        told[found == "success"] += 1
    assert min(told[True], told[False]) > count / 20, told


@counts
def test_a_folder_of_damaged_pictures(tmp_path: Path, count: int) -> None:
    random = Random(count)
    for number in range(count):
        kind = random.choice(list(WHOLE))
        end = random.choice(("png", "jpg", "gif", "webp", "tif"))
        (tmp_path / f"{number}.{end}").write_bytes(damaged(WHOLE[kind], random))
    (tmp_path / "good.png").write_bytes(WHOLE["PNG RGB"])
    found = open_set(str(tmp_path), size=16, folder=tmp_path)
    assert found.count + len(found.skipped) == count + 1
    assert found.skipped
    assert all(told.isprintable() for told in found.skipped)
    assert found.read(np.arange(found.count)).shape == (found.count, 16, 16, found.channels)


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


ZEROS = zlib.compress(b"\0" * (64 << 20), 9)
BOMBS = {
    "as wide as can be": png(2**31 - 1, 2**31 - 1, b""),
    "100,000 a side": png(100_000, 100_000, ZEROS),
    "more than its size": png(4, 4, ZEROS),
    "a text of zeros": WHOLE["PNG RGB"][:33]
    + struct.pack(">I", len(ZEROS) + 4)
    + b"zTXta\0\0"
    + ZEROS[:-1]
    + b"\0" * 5,
    "a wide GIF": WHOLE["GIF L"][:6] + b"\xff\xff\xff\xff" + WHOLE["GIF L"][10:],
    "a wide BMP": WHOLE["BMP RGB"][:18] + b"\xff\xff\xff\x7f\xff\xff\xff\x7f" + WHOLE["BMP RGB"][26:],
    "a wide PPM": b"P6 2000000000 2000000000 255\n" + b"\0" * 100,
    "a wide QOI": b"qoif" + struct.pack(">II", 2**32 - 1, 2**32 - 1) + b"\3\0",
    "a wide PSD": b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3) + b"\0" * 14,
}


@pytest.mark.parametrize("name", list(BOMBS))
def test_bombs_take_no_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(BOMBS[name])
    tracemalloc.start()
    try:
        outcome(lambda: pictures.load(path), name)
        outcome(lambda: pictures.measure(path), name)
        outcome(lambda: about.read(path), name)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 300 << 20
