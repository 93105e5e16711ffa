"""What a text model reads: files, folders, standard input, and texts that have a name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from models import downloads
from models.errors import UnavailableError, UsageError, shown
from models.text.downloads import DOWNLOADS
from models.text.reading import BLOCK, check_encoding, files_of, read_file
from models.text.vocabulary import UnknownSymbolsError, Vocabulary

NAMES = ("python-docs", *DOWNLOADS)
"""Texts that are at hand by name; a file of that name is `./NAME`."""

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text that can be read again and again, in chunks, without ever being in memory as a whole.

    `names` are the sources, fit to be shown; `characters` counts code points; `sha256` (hexadecimal) is that of the
    text in UTF-8 as `chunks` gives it, so it tells whether two corpora are the same text, however they are stored.
    """

    names: tuple[str, ...]
    characters: int
    sha256: str
    texts: tuple[Callable[[], Iterator[str]], ...]

    def chunks(self) -> Iterator[str]:
        """The text from its beginning: no byte order marks, line ends as LF, one line end at least between two files.

        Raises UsageError if a file is gone, or its text is no longer the one that was counted.
        """
        count = 0
        for chunk in _joined(self.texts):
            count += len(chunk)
            yield chunk
        if count != self.characters:
            raise UsageError(f"{', '.join(self.names)} changed while it was in use; start again")


def open_corpus(
    sources: Sequence[str],
    *,
    encoding: str = "utf-8",
    folder: Path,
    progress: downloads.Progress | None = None,
) -> Corpus:
    """The corpus made of `sources`, one after the other: a name of `NAMES`, a file, or a folder.

    All of it is read once, in chunks, to check and count it. `folder` is the data folder, where downloaded texts are
    kept; `progress` is told of downloads. Raises UsageError for what cannot be read (a byte that does not decode is
    named with its offset), UnavailableError or CorruptFileError for a text that cannot be fetched.
    """
    if not sources or not all(sources):
        raise UsageError(f"name a corpus: a file, a folder, or one of {', '.join(NAMES)}")
    check_encoding(encoding)
    texts = tuple(text for source in sources for text in _texts(source, encoding, folder, progress))
    names = tuple(map(shown, sources))
    digest, count = hashlib.sha256(), 0
    for chunk in _joined(texts):
        try:
            digest.update(chunk.encode())
        except UnicodeEncodeError:
            raise UsageError(f"{', '.join(names)}: what {encoding} makes of it is no text") from None
        count += len(chunk)
    if not count:
        raise UsageError(f"{', '.join(names)}: there is no text in it")
    return Corpus(names, count, digest.hexdigest(), texts)


def keep_stdin(stream: BinaryIO, folder: Path) -> Path:
    """Keep all of `stream` as `corpora/SHA-256.txt` in the data folder: a run that reads it can be resumed.

    Raises UsageError if nothing comes, UserError if it cannot be kept.
    """
    part, sha256, size = downloads.spool(_blocks(stream), folder / "corpora")
    if not size:
        part.unlink()
        raise UsageError("nothing came from standard input")
    place = part.with_name(f"{sha256}.txt")
    downloads.keep(part, place)
    return place


def encoded(corpus: Corpus, vocabulary: Vocabulary) -> NDArray[Any]:
    """The ids of a corpus, shape (symbols,), of the smallest dtype that holds them: uint8, uint16 or int32.

    Memory: the result and a few chunks. Raises UnknownSymbolsError with every character that is no symbol.
    """
    ids = np.empty(corpus.characters, dtype=_smallest(len(vocabulary)))
    count = 0
    try:
        for part in vocabulary.encode_stream(corpus.chunks()):
            if count + part.size > ids.size:  # a character may fold to two
                ids.resize(ids.size + ids.size // 8 + part.size, refcheck=False)
            ids[count : count + part.size] = part
            count += part.size
    except UnknownSymbolsError:
        raise UnknownSymbolsError(vocabulary.unknown(corpus.chunks())) from None
    ids.resize(count, refcheck=False)
    return ids


def split(ids: NDArray[Any], validation: float, window: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The part to learn from and the last part, held out: views of `ids`; `validation` is a fraction, 0 to 0.5.

    Each can hold a window and the symbol after it, the second only if anything is held out. Raises UsageError if
    there are not enough symbols for that.
    """
    least = window + 1
    needed = 2 * least if validation else least
    if ids.size < needed:
        held = f", and as many to hold out (or set validation to 0, which needs {least:,})" if validation else ""
        raise UsageError(
            f"the corpus is too short: {ids.size:,} symbols, {needed:,} needed: "
            f"a window of {window:,} and the symbol after it{held}; shorten the window or add text"
        )
    held_out = max(int(ids.size * validation), least) if validation else 0
    return ids[: ids.size - held_out], ids[ids.size - held_out :]


def _texts(
    source: str, encoding: str, folder: Path, progress: downloads.Progress | None
) -> list[Callable[[], Iterator[str]]]:
    if source == "python-docs":
        return [_python_docs]
    if source in DOWNLOADS:
        return [partial(read_file, downloads.fetch(DOWNLOADS[source], folder, progress), "utf-8")]
    if source == STDIN:
        raise UsageError("standard input (-) is read by the command line only; name a file instead")
    path = Path(source).expanduser() if source.startswith("~/") else Path(source)
    try:
        path.lstat()
    except (FileNotFoundError, ValueError):
        raise UsageError(f"{source!r} is no file, no folder, and none of {', '.join(NAMES)}") from None
    except OSError as error:
        raise UsageError(f"{source!r} cannot be read: {error.strerror}") from None
    return [partial(read_file, file, encoding) for file in files_of(path)]


def _python_docs() -> Iterator[str]:
    """The language reference that `help()` shows, topic after topic in the order of their names."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise UnavailableError("this Python was installed without pydoc_data: name a text file instead") from None
    yield "\n\n".join(topics[name] for name in sorted(topics))


def _joined(texts: Iterable[Callable[[], Iterator[str]]]) -> Iterator[str]:
    last = "\n"
    for text in texts:
        first = True
        for chunk in text():
            if first and last != "\n":
                yield "\n"
            first, last = False, chunk[-1]
            yield chunk


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        try:
            block = stream.read(BLOCK)
        except OSError as error:
            raise UsageError(f"standard input cannot be read: {error.strerror}") from error
        if not block:
            return
        yield block


def _smallest(symbols: int) -> type[np.generic]:
    if symbols <= 2**8:
        return np.uint8
    return np.uint16 if symbols <= 2**16 else np.int32
