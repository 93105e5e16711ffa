"""Films of pictures: GIF, animated WebP, MP4. Frames are written as they come; no more than a few are in memory."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from models.errors import UsageError
from models.vision.pictures import Pixels
from models.vision.writing import beside


class Write(Protocol):
    """Writes a whole film; the first frame tells its size."""

    def __call__(
        self, file: IO[bytes], frames: Iterator[Pixels], *, fps: float, about: Mapping[str, Any] | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of film: the module that writes it, the longest side in pixels, the most frames a second."""

    module: str
    longest: int
    fps: float


KINDS = {
    ".gif": Kind("gif", 65_535, 50),  # a frame lasts whole hundredths, and programs slow down those of one
    ".webp": Kind("webp", 16_383, 100),
    ".mp4": Kind("mp4", 8_192, 120),
}
"""By the end of the file's name."""


def save_animation(path: Path, frames: Iterable[Pixels], *, fps: float, about: Mapping[str, Any] | None = None) -> int:
    """Write `frames`, uint8 (height, width, 3) of one size, as a film of the kind that the name of `path` ends with.

    GIF and WebP films begin anew for ever. An MP4 is H.264 where the library has it, else MPEG-4; its sides are even,
    so that one with an odd side gets its last line twice. `about` is kept inside, see `models.vision.about`.

    It is written beside `path` and renamed; if `frames` raises, or is closed, nothing is left of it. Returns how many
    frames there were. Raises UsageError for an unknown kind, a size or speed that the kind does not have, or no
    frames; UserError for a full disk or a folder that cannot be written to; ValueError for frames of several sizes.
    """
    kind = check(path, fps)
    count = itertools.count()
    with beside(path) as part, part.open("xb") as file:
        write: Write = importlib.import_module(f"models.vision.films.{kind.module}").write
        write(file, _alike(frames, kind, count), fps=fps, about=about)
    return next(count)


def check(path: Path, fps: float) -> Kind:
    """The kind of film that a file's name ends with. Raises UsageError for another, or for a speed it cannot have."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{str(path)!r} does not end as a film that can be written: {', '.join(KINDS)}")
    if not 0.1 <= fps <= kind.fps:
        raise UsageError(f"{fps:g} frames a second: a {path.suffix.lower()} film has 0.1 to {kind.fps:g}")
    return kind


def _alike(frames: Iterable[Pixels], kind: Kind, count: Iterator[int]) -> Iterator[Pixels]:
    """The frames, each of the first one's size, counted."""
    shape: tuple[int, ...] = ()
    for frame in frames:
        if not shape:
            shape = frame.shape
            if max(shape[:2]) > kind.longest:
                raise UsageError(f"a film of this kind has at most {kind.longest:,} pixels a side")
        if frame.shape != shape:
            raise ValueError(f"a frame of shape {frame.shape} in a film of {shape}")
        next(count)
        yield frame
    if not shape:
        raise UsageError("there are no frames to make a film of")
