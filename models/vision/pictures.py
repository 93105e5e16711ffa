"""Pictures in and out of files. In memory a picture is uint8 of shape (height, width, 3), sRGB, 0..255."""

from __future__ import annotations

import contextlib
import io
import stat
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from models.errors import CorruptFileError, UsageError, UserError
from models.vision import about as notes
from models.vision.modes import Colour, colour, on_background, plain, set_clear
from models.vision.writing import beside

Pixels = NDArray[np.uint8]
Kind = Literal["png", "jpeg", "webp"]

FORMATS = (
    "PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "PPM", "JPEG2000", "AVIF", "QOI", "PSD",
)  # fmt: skip
"""What is read: formats that begin with a mark of theirs, and that no other program is started for (as EPS)."""

READABLE = "PNG, JPEG, WebP, GIF, TIFF, BMP, PPM, JPEG 2000, AVIF, QOI and PSD"

KINDS: Mapping[str, Kind] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
"""What is written, by the end of the file's name."""

MAX_PIXELS = 150_000_000
"""Larger pictures are refused before they are decoded; four bytes a pixel make 600 MB."""

LONGEST: Mapping[Kind, int] = {"png": 2**31 - 1, "jpeg": 65_500, "webp": 16_383}
"""The longest side that each kind can hold, in pixels."""

QUALITY = 95

ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
QUARTERS = (5, 6, 7, 8)
"""Orientations that exchange width and height."""

# Pillow warns of large pictures, which have a limit of their own here, and of damaged notes, which nobody asked for.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")


def load(path: Path, *, side: int = 0, background: str = "white") -> Pixels:
    """The picture in a file, the right way up, in sRGB; the first one of an animation.

    `side` limits the long side, in pixels (0: as it is); nothing is scaled up. What is transparent shows `background`
    (a CSS name or #rrggbb). See `models.vision.modes.plain` for pictures of more than eight bits a channel.
    Raises UsageError, with the file's name, if it cannot be read or is no picture, CorruptFileError if it is damaged.
    """
    with _opened(path) as file:
        return _decoded(file, str(path), side, background)


def decode(data: bytes, name: str, *, side: int = 0, background: str = "white") -> Pixels:
    """The picture in the bytes of a file, as `load` gives it; `name` is what errors call it."""
    return _decoded(io.BytesIO(data), name, side, background)


def measure(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of the picture in a file, the right way up, without decoding it. Raises as `load`."""
    with _opened(path) as file, _named(str(path), file):
        picture = Image.open(file, formats=FORMATS)
        # A PNG's notes may come after its pixels, where Pillow would look for them.
        is_said = picture.format != "PNG" or "exif" in picture.info
        return picture.size[::-1] if is_said and _orientation(picture) in QUARTERS else picture.size


def fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """The width and height of a picture whose long side is limited to `side` pixels (0: no limit); at least 1 each."""
    longest = max(width, height)
    if not side or longest <= side:
        return width, height
    return max(1, round(width * side / longest)), max(1, round(height * side / longest))


def fit(pixels: Pixels, side: int) -> Pixels:
    """`pixels` with the long side limited to `side` pixels (0: no limit), by Lanczos' filter; never scaled up."""
    height, width = pixels.shape[:2]
    size = fitted(width, height, side)
    if size == (width, height):
        return pixels
    return np.array(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.LANCZOS))


def kind_of(path: Path) -> Kind:
    """The kind of picture that a file's name ends with. Raises UsageError, with the ends there are, for another."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{str(path)!r} does not end as a picture that can be written: {', '.join(KINDS)}")
    return kind


def encode(pixels: Pixels, kind: Kind, about: Mapping[str, Any] | None = None, *, quality: int = QUALITY) -> bytes:
    """The bytes of a picture's file, with `about` (plain JSON, see `models.vision.about`) inside.

    `quality` is 1..100 for JPEG and WebP, whose 100 is without loss. The same pixels give the same bytes. Raises
    UsageError if the kind cannot hold a picture of that size, or so long an `about`.
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels, np.uint8))
    if max(picture.size) > LONGEST[kind]:
        raise UsageError(f"a {kind} picture has at most {LONGEST[kind]:,} pixels a side; save it as .png")
    options: dict[str, Any] = {}
    if kind == "png":
        options = {"compress_level": 4, "pnginfo": notes.png_info(about)}
    elif kind == "jpeg":
        options = {"quality": quality, "subsampling": 0, "optimize": True, "exif": notes.exif(about)}
    else:
        options = {"quality": quality, "lossless": quality == 100, "method": 4, "exif": notes.exif(about)}
    buffer = io.BytesIO()
    picture.save(buffer, kind.upper(), **options)
    return buffer.getvalue()


def save(path: Path, pixels: Pixels, about: Mapping[str, Any] | None = None, *, quality: int = QUALITY) -> None:
    """Write a picture as `encode` does, of the kind that the file's name ends with.

    It is written beside `path` and renamed: the file that stood there before is whole until then. Raises UsageError
    for an unknown kind, UserError for a full disk or a folder that cannot be written to.
    """
    data = encode(pixels, kind_of(path), about, quality=quality)
    with beside(path) as part:
        part.write_bytes(data)


def _decoded(file: IO[bytes], name: str, side: int, background: str) -> Pixels:
    below = colour(background)
    with _named(name, file):
        picture = Image.open(file, formats=FORMATS)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise Image.DecompressionBombError
        return _pixels(picture, fitted(width, height, side), below)


def _pixels(picture: ImageFile.ImageFile, size: tuple[int, int], background: Colour) -> Pixels:
    """What a picture shows, scaled to `size` (before it is turned)."""
    profile, stored = picture.info.get("icc_profile"), _rawmode(picture)
    # The JPEG decoder can leave out detail that is lost anyway; twice the size keeps the filter's work intact.
    picture.draft(picture.mode, (2 * size[0], 2 * size[1]))
    before = picture.size
    picture.load()
    if picture.size != before:  # a TIFF is turned as it is loaded
        size = size[::-1]
    set_clear(picture, stored)
    turn = TURNS.get(_orientation(picture))
    shown = plain(picture)
    if shown.size != size:
        shown = shown.resize(size, Image.Resampling.LANCZOS)
    shown = on_background(shown, background, profile if isinstance(profile, bytes) else None)
    return np.array(shown if turn is None else shown.transpose(turn))


def _orientation(picture: Image.Image) -> int:
    """How the picture is to be turned, 1..8; 1 where that is not said, or not clear."""
    try:
        found = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # damaged notes, of which Pillow raises all there is; the picture may be whole
        return 1
    return found if isinstance(found, int) else 1


def _rawmode(picture: ImageFile.ImageFile) -> str:
    """How the file stores a pixel, as `RGB;16B`."""
    arguments = picture.tile[0].args if picture.tile else None
    found = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return found if isinstance(found, str) else ""


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A file that can be read from its beginning; what keeps it from that as one line with its name."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{str(path)!r} is no file that holds a picture")
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    except ValueError:
        raise UsageError(f"{str(path)!r} is no name of a file") from None


@contextlib.contextmanager
def _named(name: str, file: IO[bytes]) -> Iterator[None]:
    """Whatever a decoder raises for the file's content, as one line with the file's name."""
    try:
        yield
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UsageError(
            f"{name!r} is too large: at most {MAX_PIXELS:,} pixels are read; make it smaller first"
        ) from None
    except UnidentifiedImageError:
        if not file.seek(0, io.SEEK_END):
            raise CorruptFileError(f"{name!r} is an empty file") from None
        raise UsageError(f"{name!r} is no picture, or a broken one; those that can be read: {READABLE}") from None
    except MemoryError:
        raise UserError(f"{name!r} does not fit into memory; make it smaller first") from None
    except Exception as error:  # decoders raise all there is for hostile bytes: struct.error, KeyError, SyntaxError...
        raise CorruptFileError(f"corrupt: {name!r} is a damaged or truncated picture") from error
