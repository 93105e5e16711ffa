"""Files that are fetched once, checked against their checksum, and kept; bytes that are kept whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from models.checkpoint import sync_folder
from models.errors import CorruptFileError, UnavailableError, UserError, shown
from models.private import make_private, private

Progress = Callable[[int, int | None], None]
"""Called with the bytes that have come so far and, where it is known, how many there are."""

BLOCK = 2**16
MD5_LENGTH = 32

PATIENCE = 30.0
"""Seconds to wait for a server that says nothing."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file with a public address.

    `name` is what people call it, `size` its bytes, `checksum` its SHA-256 or, where its makers tell no other, its
    MD5, in hexadecimal; empty where they tell none, and the size alone must do. `file` is the path of its copy in the
    data folder.
    """

    name: str
    url: str
    size: int
    checksum: str
    file: str

    def place(self, folder: Path) -> Path:
        """Where its copy lies under the data folder."""
        return folder / self.file

    def is_here(self, folder: Path) -> bool:
        """Whether a copy of its size lies there. It is not read: `fetch` checks it."""
        try:
            return self.place(folder).stat().st_size == self.size
        except OSError:
            return False


def fetch(download: Download, folder: Path, progress: Progress | None = None) -> Path:
    """The local copy of `download` under the data folder, fetched if it is not there.

    Proxies are taken from the environment as urllib does. Raises UnavailableError if it cannot be fetched whole,
    CorruptFileError if what came, or what lies there, is another file; both say which file belongs where.
    """
    place = download.place(folder)
    if _is_there(download, place):
        return place
    kind = _kind(download)
    way_out = f"put a copy of {download.url} at {str(place)!r}"
    try:
        with contextlib.closing(_received(download.url)) as blocks:
            part, checksum, size = spool(_counted(blocks, download.size, progress), place.parent, kind)
    except _BrokenOff as error:
        raise UnavailableError(f"{download.name} cannot be downloaded ({shown(str(error))}): {way_out}") from error
    if size == download.size and download.checksum in ("", checksum):
        keep(part, place)
        return place
    part.unlink()
    if size < download.size:
        raise UnavailableError(
            f"{download.name} cannot be downloaded ({size:,} of {download.size:,} bytes came): {way_out}"
        )
    raise CorruptFileError(f"{download.name}: another file came than the one expected; try again later, or {way_out}")


def spool(blocks: Iterable[bytes], folder: Path, kind: str = "sha256") -> tuple[Path, str, int]:
    """Write a stream to a new file in `folder`, flushed to the disk: the file, its checksum, its size in bytes.

    The file has a name of its own, for the caller to `keep` or unlink; nothing is left of a stream that fails.
    Raises UserError if the folder cannot be written to.
    """
    digest, size = hashlib.new(kind, usedforsecurity=False), 0
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with _writing(folder):
            make_private(folder)
            file = open(part, "xb", opener=private)  # noqa: SIM115
        with file:
            for block in blocks:
                digest.update(block)
                size += len(block)
                with _writing(folder):
                    file.write(block)
            with _writing(folder):
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return part, digest.hexdigest(), size


def keep(part: Path, place: Path) -> None:
    """Give a spooled file its name. Raises UserError if that is not allowed."""
    with _writing(place.parent):
        part.replace(place)
        sync_folder(place.parent)


class _BrokenOff(Exception):
    """The network did not bring what was asked for; the text says why."""


def _kind(download: Download) -> str:
    """The kind of its checksum, which the length tells."""
    return "md5" if len(download.checksum) == MD5_LENGTH else "sha256"


def _is_there(download: Download, place: Path) -> bool:
    try:
        with place.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            is_right = size == download.size and (
                not download.checksum or hashlib.file_digest(file, _kind(download)).hexdigest() == download.checksum
            )
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"{str(place)!r} cannot be read: {error.strerror}") from error
    if not is_right:
        raise CorruptFileError(
            f"{str(place)!r} is not the file of that name: delete it, or put a copy of {download.url} there"
        )
    return True


def _received(url: str) -> Generator[bytes, None, None]:
    """What the server sends, block by block."""
    try:
        with urlopen(url, timeout=PATIENCE) as response:
            while block := response.read(BLOCK):
                yield block
    except HTTPError as error:
        error.close()
        raise _BrokenOff(f"HTTP {error.code} {error.reason}") from error
    except URLError as error:
        raise _BrokenOff(getattr(error.reason, "strerror", None) or str(error.reason)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _BrokenOff(str(error) or type(error).__name__) from error


def _counted(blocks: Iterator[bytes], expected: int, progress: Progress | None) -> Iterator[bytes]:
    """Passes blocks on, tells how far they are, and stops soon after `expected` bytes: a wrong server has no end."""
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        if progress is not None:
            progress(min(done, expected), expected)
        if done > expected:
            return


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{str(folder)!r} cannot be written to: {error.strerror}") from error
