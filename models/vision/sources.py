"""Where a picture comes from: a text that names an embedded sample, a style drawn here, or a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.errors import UsageError
from models.vision import drawn, pictures
from models.vision.modes import colour
from models.vision.pictures import Pixels
from models.vision.samples import SAMPLES

DRAWN_SIDE = (512, 768)
"""The least and the most that a style is drawn at, in pixels; smaller ones are scaled down from it, so that a style
has the same strokes at each size.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that was opened.

    `pixels` is uint8 (height, width, 3), sRGB, for the caller to keep; `source` is the text it was opened by;
    `sha256` (hexadecimal) is that of the pixels' bytes; `size` is (width, height).
    """

    pixels: Pixels
    source: str
    sha256: str
    size: tuple[int, int]


def names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names there are: embedded samples, and drawn styles. A file of such a name is `./NAME`."""
    return tuple(SAMPLES), tuple(drawn.STYLES)


def title(source: str) -> str:
    """What people call a source: the title of a sample or style, the name of a file."""
    known = SAMPLES.get(source) or drawn.STYLES.get(source)
    return known.title if known is not None else Path(source).name


def open_source(source: str, *, side: int = 0, background: str = "white") -> Source:
    """The picture that `source` names, its long side limited to `side` pixels (0: as it is, drawn styles at 512).

    `background` shows where a file is transparent. Raises UsageError, with the names there are, if there is no such
    picture; UsageError or CorruptFileError for a file that cannot be read, see `models.vision.pictures.load`.
    """
    colour(background)
    if source in drawn.STYLES:
        least, most = DRAWN_SIDE
        pixels = pictures.fit(drawn.draw(source, (min(max(side, least), most),) * 2), side)
    elif source in SAMPLES:
        pixels = pictures.load(SAMPLES[source].path(), side=side, background=background)
    else:
        pixels = pictures.load(file_of(source), side=side, background=background)
    height, width = pixels.shape[:2]
    return Source(pixels, source, hashlib.sha256(pixels.tobytes()).hexdigest(), (width, height))


def size_of(source: str) -> tuple[int, int]:
    """(width, height) in pixels of the picture that `source` names, as it is. Raises as `open_source` does."""
    if source in drawn.STYLES:
        return drawn.SIZE[1], drawn.SIZE[0]
    return pictures.measure(SAMPLES[source].path() if source in SAMPLES else file_of(source))


def file_of(source: str) -> Path:
    """The file that `source` names; `~/` is the home folder. Raises UsageError if there is none."""
    samples, styles = names()
    known = f"a picture at hand ({', '.join(samples)}), a drawn style ({', '.join(styles)})"
    if not source:
        raise UsageError(f"name a picture: {known}, or a file")
    path = Path(source).expanduser() if source.startswith("~/") else Path(source)
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise UsageError(f"{source!r} is no file, and none of the names for {known}") from None
    except OSError as error:
        raise UsageError(f"{source!r} cannot be read: {error.strerror}") from error
    return path
