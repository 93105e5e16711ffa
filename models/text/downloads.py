"""Texts that are fetched once, checked against their SHA-256, and kept; and bytes that are kept whole or not at all."""

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

Progress = Callable[[int, int | None], None]
"""Called with the bytes that have come so far and, where it is known, how many there are."""

BLOCK = 2**16
PATIENCE = 30.0
"""Seconds to wait for a server that says nothing."""


@dataclass(frozen=True, slots=True)
class Download:
    """A text with a public address: `size` in bytes, `sha256` in hexadecimal."""

    name: str
    url: str
    size: int
    sha256: str

    def place(self, folder: Path) -> Path:
        """Where its copy lies under the data folder."""
        return folder / "corpora" / f"{self.name}.txt"


DOWNLOADS = {
    "nietzsche": Download(
        "nietzsche",
        "https://s3.amazonaws.com/text-datasets/nietzsche.txt",
        600_901,
        "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647",
    ),
    "shakespeare": Download(
        "shakespeare",
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
}


def fetch(download: Download, folder: Path, progress: Progress | None = None) -> Path:
    """The local copy of `download` under the data folder, fetched if it is not there.

    Proxies are taken from the environment as urllib does. Raises UnavailableError if it cannot be fetched whole,
    CorruptFileError if what came, or what lies there, is another text; both say which file belongs where.
    """
    place = download.place(folder)
    if _is_there(download, place):
        return place
    way_out = f"put a copy of {download.url} at {str(place)!r}"
    try:
        with contextlib.closing(_received(download.url)) as blocks:
            part, sha256, size = spool(_counted(blocks, download.size, progress), place.parent)
    except _BrokenOff as error:
        raise UnavailableError(f"{download.name} cannot be downloaded ({shown(str(error))}): {way_out}") from error
    if sha256 == download.sha256:
        keep(part, place)
        return place
    part.unlink()
    if size < download.size:
        raise UnavailableError(
            f"{download.name} cannot be downloaded ({size:,} of {download.size:,} bytes came): {way_out}"
        )
    raise CorruptFileError(f"{download.name}: another text came than the one expected; try again later, or {way_out}")


def spool(blocks: Iterable[bytes], folder: Path) -> tuple[Path, str, int]:
    """Write a stream to a new file in `folder`, flushed to the disk: the file, its SHA-256, its size in bytes.

    The file has a name of its own, for the caller to `keep` or unlink; nothing is left of a stream that fails.
    Raises UserError if the folder cannot be written to.
    """
    digest, size = hashlib.sha256(), 0
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with _writing(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = part.open("xb")
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


def _is_there(download: Download, place: Path) -> bool:
    try:
        with place.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UserError(f"{str(place)!r} cannot be read: {error.strerror}") from error
    if sha256 != download.sha256:
        raise CorruptFileError(
            f"{str(place)!r} is not the text of that name: delete it, or put a copy of {download.url} there"
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
