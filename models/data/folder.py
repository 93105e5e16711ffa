"""A folder of pictures of any sizes and kinds as a set. Every file is decoded once, when the set is opened: what is
broken is known, and named, before anything is learnt.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.data import table
from models.data.kept import KeptSet, budget
from models.data.sets import Attributes, Indices, Pixels
from models.data.shape import Channels, Fit, coloured, fitted, is_grey
from models.data.stored import CLASSES, SIDES, by_class, check_size
from models.downloads import Progress
from models.errors import UsageError, UserError, shown
from models.vision import pictures

USUAL = 64
"""Pixels a side for pictures of several sizes, or of one that is too large."""

ENDS = frozenset(
    f".{end}"
    for end in (
        "png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "tif", "tiff", "bmp", "dib", "ppm", "pgm", "pbm", "pnm",
        "jp2", "j2k", "jpx", "avif", "qoi", "psd",
    )
)  # fmt: skip
"""What names of pictures end with; other files of a folder are left alone."""

ASKED = 1000
"""Files that are asked for their size."""

AT_ONCE = 64
"""Files that are opened together."""

MOST = 5_000_000
"""Files in a folder, at most."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How each picture is brought to one shape."""

    size: tuple[int, int]
    fit: Fit

    def seen(self, file: Path) -> tuple[Pixels, str]:
        """A file's picture, (height, width, 3), and the digest of its bytes."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise UsageError(f"{str(file)!r} cannot be read: {error.strerror or error}") from error
        # Twice the size keeps the filter's work intact where a decoder can leave out detail.
        width, height = pictures.measure(file)
        side = math.ceil(2 * max(self.size) * max(width, height) / min(width, height))
        picture = pictures.decode(data, str(file), side=side if side < max(width, height) else 0)
        return fitted(picture, self.size, self.fit), hashlib.sha256(data).hexdigest()


class FolderSet(KeptSet):
    """Pictures of files, by their paths in order. Raises UsageError for one that has changed since it was opened."""

    def __init__(self, name: str, files: Sequence[Path], look: _Look, channels: int, identity: str,
                 attributes: Attributes | None, skipped: tuple[str, ...]) -> None:  # fmt: skip
        self._files, self._look, self._colours = files, look, channels
        super().__init__(name, len(files), look.size, channels, identity, attributes=attributes, skipped=skipped)

    def _make(self, indices: Indices) -> Pixels:
        found = np.empty((len(indices), *self._look.size, self._colours), np.uint8)
        for number, index in enumerate(indices.tolist()):
            file = self._files[index]
            found[number] = coloured(self._look.seen(file)[0], self._colours)
        return found


def open_folder(
    name: str,
    place: Path,
    *,
    size: int | None,
    channels: Channels,
    count: int | None,
    fit: Fit,
    attributes: str,
    seed: int,
    progress: Progress | None = None,
) -> FolderSet:
    """The pictures in a folder and those inside it.

    Without `size` they keep theirs if it is the same for all and can be learnt from, else they come to 64x64. They
    are grey if none shows a colour. `count` draws so many by the seed. `attributes` names a table (see
    `models.data.table`): pictures that it does not name are left out; without one, two to a hundred folders inside
    are classes. Files that are broken are left out, with the reason, in `skipped`. `progress` is told of the files
    that are looked at. Raises UsageError if no picture is left.
    """
    known = table.load(Path(attributes).expanduser()) if attributes else None
    files = files_in(place)
    relative = {file: file.relative_to(place).as_posix() for file in files}
    skipped = []
    if known is not None:
        skipped = [f"{shown(relative[file])}: not in the table" for file in files if known.row(relative[file]) is None]
        files = [file for file in files if known.row(relative[file]) is not None]
        if not files:
            raise UsageError(f"{attributes!r} names none of the {len(relative):,} pictures in {str(place)!r}")
    look = _Look((size, size) if size is not None else _size(files), fit)
    check_size(name, look.size)
    order = np.arange(len(files)) if count is None else np.random.default_rng((seed, 4)).permutation(len(files))
    digests: dict[int, str] = {}
    decoded: dict[int, Pixels] = {}
    are_grey, room = True, budget()
    for index, outcome in _decoded([files[index] for index in order], look, progress):
        if isinstance(outcome, str):
            skipped.append(outcome)
            continue
        pixels, digests[int(order[index])] = outcome
        are_grey = are_grey and channels == "auto" and is_grey(pixels)
        if room >= pixels.nbytes:
            decoded[int(order[index])] = pixels
            room -= pixels.nbytes
        if count is not None and len(digests) == count:
            break
    if not digests:
        raise UsageError(f"{str(place)!r}: none of {len(files):,} files is a whole picture: {skipped[0]}")
    kept = sorted(digests)
    chosen = [files[index] for index in kept]
    colours = 1 if channels == "grey" or (channels == "auto" and are_grey) else 3
    digest = hashlib.sha256(f"{look.size} {fit} {colours}".encode())
    for index in kept:
        digest.update(digests[index].encode())
    if known is not None:
        rows = [known.row(relative[file]) for file in chosen]
        on_them: Attributes | None = Attributes(known.names, known.values[np.array(rows)])
    else:
        on_them = _by_folder([relative[file] for file in chosen])
    opened = FolderSet(name, chosen, look, colours, digest.hexdigest(), on_them, tuple(skipped))
    for new, index in enumerate(kept):
        if index in decoded:
            opened.put(np.array([new]), coloured(decoded.pop(index), colours)[None])
    return opened


def files_in(place: Path) -> list[Path]:
    """All files under a folder that are called as pictures are, in the order of their paths.

    Raises UsageError if there is none, or a folder cannot be read.
    """
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise UsageError(f"{os.fsdecode(error.filename)!r} cannot be read: {error.strerror}") from error

    for here, folders, names in os.walk(place, onerror=refuse):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found.extend(Path(here, each) for each in names if Path(each).suffix.lower() in ENDS and each[0] != ".")
        if len(found) > MOST:
            raise UsageError(f"{str(place)!r} holds more than {MOST:,} pictures; name a folder inside it")
    if not found:
        raise UsageError(f"{str(place)!r} holds no pictures; those that can be read: {pictures.READABLE}")
    return sorted(found)


def _size(files: Sequence[Path]) -> tuple[int, int]:
    """The size that all pictures have, if networks can learn from it; 64x64 if there is none."""
    found: set[tuple[int, int]] = set()
    for file in files[:: max(1, len(files) // ASKED)]:
        with contextlib.suppress(UserError):
            width, height = pictures.measure(file)
            found.add((height, width))
    size = found.pop() if len(found) == 1 else (0, 0)
    return size if SIDES[0] <= min(size) and max(size) <= SIDES[1] else (USUAL, USUAL)


def _decoded(
    files: Sequence[Path], look: _Look, progress: Progress | None
) -> Iterator[tuple[int, tuple[Pixels, str] | str]]:
    """Every file's picture and digest, or why there is none, with its place in `files`."""

    def one(file: Path) -> tuple[Pixels, str] | str:
        try:
            return look.seen(file)
        except UserError as error:
            return str(error)

    with ThreadPoolExecutor(min(32, os.cpu_count() or 1), "pictures") as threads:
        for first in range(0, len(files), AT_ONCE):
            if progress is not None:
                progress(first, len(files))
            yield from enumerate(threads.map(one, files[first : first + AT_ONCE]), first)


def _by_folder(files: Sequence[str]) -> Attributes | None:
    """An attribute for each folder inside, if all pictures lie in one and there are few enough to be classes."""
    tops = [file.partition("/")[0] if "/" in file else "" for file in files]
    names = tuple(sorted(set(tops)))
    if "" in names or len(names) > CLASSES:
        return None
    return by_class(np.array([names.index(each) for each in tops]), names)
