"""Reading text from files: which files a folder holds, and their text in chunks, never a whole file at once."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from models.errors import UsageError

BLOCK = 2**16
"""Bytes read at a time: small enough that no step on a block keeps other threads waiting."""

BOM = "\ufeff"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def check_encoding(encoding: str) -> None:
    """Raises UsageError unless `encoding` is the name of a text encoding that Python knows."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # refuses codecs that make no text of bytes
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise UsageError(f"there is no text encoding {encoding!r}; try utf-8, utf-16, cp1252 or latin-1") from None


def files_of(path: Path) -> list[Path]:
    """The file `path`; or, of a folder, all files in it and below, in the order of their names, hidden ones left out.

    Links to folders are not followed. Raises UsageError if there is nothing to read, or no leave to.
    """
    if not path.is_dir():
        return [path]
    found = []
    for folder, subfolders, names in os.walk(path, onerror=_refuse):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    if not found:
        raise UsageError(f"{str(path)!r} holds no files to read (hidden ones are left out)")
    return sorted(found, key=lambda file: file.parts)


def read_file(path: Path, encoding: str) -> Iterator[str]:
    """The text of a file in chunks: a byte order mark is dropped; CRLF and lone CR become LF.

    Raises UsageError, with the file's name, if it cannot be read or is no text of that encoding.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{str(path)!r} is not a file that can be read twice; pipe it in, with - as the corpus")
        with path.open("rb", buffering=0) as file:
            yield from _decoded(file, str(path), encoding)
    except OSError as error:
        _refuse(error, path)


def _decoded(file: io.FileIO, name: str, encoding: str) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    fed, started, block = 0, False, b"\0"
    start = b""
    while block:
        block = file.read(BLOCK)
        start = start or block[:2]
        fed += len(block)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # What a decoder complains about ends where the last block ends, and may begin in an earlier one.
            offset = fed - len(error.object) + error.start
            raise UsageError(_not_text(name, encoding, start, offset, error.object[error.start])) from None
        except UnicodeError as error:
            raise UsageError(f"{name!r} is not {encoding} text; name another one with --encoding") from error
        if "\0" in text:
            raise UsageError(f"{name!r} is binary, not {encoding} text: leave it out, or name another --encoding")
        if text and not started:
            started, text = True, text.removeprefix(BOM)
        if text:
            yield text


def _not_text(name: str, encoding: str, start: bytes, offset: int, byte: int) -> str:
    other = "utf-8" if codecs.lookup(encoding).name == "cp1252" else "cp1252"
    other = "utf-16" if start in UTF_16_MARKS else other
    return (
        f"{name!r} is not {encoding} text: byte {offset} (0x{byte:02x}) does not decode; "
        f"is it binary, or does it need --encoding {other}?"
    )


def _refuse(error: OSError, path: Path | None = None) -> None:
    name = str(path) if path is not None else os.fsdecode(error.filename)
    raise UsageError(f"{name!r} cannot be read: {error.strerror}") from error
