"""What a picture says of itself: plain JSON inside the file, so that it can be made again.

It lies in a text chunk of a PNG, in the EXIF user comment of a JPEG or WebP, in the comment of a GIF or MP4. Files
come from anywhere: what is read is parsed as JSON and nothing more, and whoever uses it checks it like any input.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from models.errors import UsageError

KEY = "latent-studio"
"""The PNG chunk's keyword, and the one key of the JSON object around all the rest."""

MAX_BYTES = 2**20
"""Longer texts are not read: a recipe takes a few thousand."""

MAX_EXIF = 65_000
"""What a JPEG can hold in one segment, with room for the tags themselves."""

SOFTWARE, EXIF_IFD, USER_COMMENT = 0x0131, 0x8769, 0x9286
ASCII = b"ASCII\0\0\0"
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def text(about: Mapping[str, Any]) -> str:
    """`about` as JSON in ASCII, fit for any file. Raises ValueError or TypeError if it is no plain JSON."""
    return json.dumps({KEY: dict(about)}, allow_nan=False, separators=(",", ":"))


def png_info(about: Mapping[str, Any] | None) -> PngInfo | None:
    """The chunks of a PNG that hold `about`; none for None."""
    if about is None:
        return None
    chunks = PngInfo()
    chunks.add_itxt("Software", software(about))
    chunks.add_itxt(KEY, text(about))
    return chunks


def exif(about: Mapping[str, Any] | None) -> bytes:
    """The EXIF block of a JPEG or WebP that holds `about`; empty for None. Raises UsageError if it is too long."""
    if about is None:
        return b""
    block = Image.Exif()
    block[SOFTWARE] = software(about)
    block.get_ifd(EXIF_IFD)[USER_COMMENT] = ASCII + text(about).encode("ascii")
    found = block.tobytes()
    if len(found) > MAX_EXIF:
        raise UsageError(f"the picture's recipe, {len(found):,} bytes, fits into no JPEG or WebP; save it as .png")
    return found


def software(about: Mapping[str, Any]) -> str:
    """The program's name and version, as other programs show it."""
    return f"Latent Studio {about.get('version', '')}".strip()


def read(path: Path) -> dict[str, Any] | None:
    """What the picture or film at `path` says of itself; None if it says nothing, or nothing that can be understood.

    It is plain JSON from outside: an object, with whatever in it. Raises UsageError if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error


def found_in(data: bytes) -> dict[str, Any] | None:
    """What `read` gives, for the bytes of a file."""
    return _read(io.BytesIO(data))


def parsed(found: object) -> dict[str, Any] | None:
    """The object that a text in a file stands for; None for any other text."""
    if isinstance(found, bytes):
        found = found.decode("utf-8", "replace")
    if not isinstance(found, str) or len(found) > MAX_BYTES or KEY not in found[: len(KEY) + 8]:
        return None
    try:
        value = json.loads(found, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    inner = value.get(KEY) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else None


def _read(file: IO[bytes]) -> dict[str, Any] | None:
    start = file.read(12)
    file.seek(0)
    if start[4:8] == b"ftyp":
        return parsed(_film_comment(file))
    try:
        return parsed(_comment(Image.open(file, formats=FORMATS)))
    except Exception:  # a damaged picture says nothing; decoders raise all there is
        return None


def _comment(picture: Image.Image) -> object:
    if picture.format in ("PNG", "GIF"):
        return picture.info.get(KEY if picture.format == "PNG" else "comment")
    found = picture.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT)
    return found.removeprefix(ASCII) if isinstance(found, bytes) else None


def _film_comment(file: IO[bytes]) -> object:
    import av  # a large library, and most pictures are no films

    try:
        with av.open(file, "r", format="mp4", metadata_errors="replace") as film:
            return film.metadata.get("comment")
    except (av.FFmpegError, OSError, ValueError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
