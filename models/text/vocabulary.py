"""The symbols a text model reads and writes, characters or words, and the way from text to ids and back."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import CorruptFileError, UsageError
from models.text import words as word_unit

Unit = Literal["char", "word"]

CODE_POINTS = 0x110000
MOST_NAMED = 40
"""Characters that a message names; the error itself holds all of them."""


class UnknownSymbolsError(UsageError):
    """Characters that a vocabulary does not have: `characters`, each once, in the order they were met."""

    def __init__(self, characters: Sequence[str]) -> None:
        self.characters = tuple(characters)
        super().__init__(f"unknown to this model: {named(self.characters)}; leave out what it never read")


@dataclass(frozen=True)
class Vocabulary:
    """Symbols by id: the id of `symbols[i]` is `i`.

    `symbols` are sorted by code point, save for those that were added by `extended`. With unit "char" they are single
    characters; with unit "word" they are words and every single character of the corpus, so that whatever is no
    symbol can be spelt. With `lowercase` all text is folded to lower case before anything else.
    """

    unit: Unit
    symbols: tuple[str, ...]
    lowercase: bool = False

    @classmethod
    def build(cls, chunks: Iterable[str], *, unit: Unit = "char", words: int = 0, lowercase: bool = False) -> Self:
        """The vocabulary of a stream of text; with unit "word" the `words` most frequent words are symbols too.

        Raises UsageError if there is no text.
        """
        seen = np.zeros(CODE_POINTS, dtype=np.bool_)
        noted = _noted(_folded(chunks, lowercase), seen)
        found: list[str] = []
        if unit == "word":
            found = word_unit.frequent(noted, words)
        else:
            for _ in noted:
                pass
        symbols = sorted({*map(chr, np.flatnonzero(seen).tolist()), *found})
        if not symbols:
            raise UsageError("there is no text to make a vocabulary from")
        return cls(unit, tuple(symbols), lowercase)

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The ids of `text`, int32 of shape (symbols,).

        Raises UnknownSymbolsError for characters that are no symbols.
        """
        return self._encode(fold(text) if self.lowercase else text)

    def encode_stream(self, chunks: Iterable[str]) -> Iterator[NDArray[np.int32]]:
        """The ids of a stream of text, in parts; wherever it was cut, they are the ids of the whole.

        Raises UnknownSymbolsError for the first chunk with characters that are no symbols.
        """
        folded = _folded(chunks, self.lowercase)
        for text in word_unit.whole(folded) if self.unit == "word" else folded:
            yield self._encode(text)

    def decode(self, ids: ArrayLike) -> str:
        """The text of ids. Raises ValueError for a number that is no id."""
        array = np.asarray(ids, dtype=np.int64).ravel()
        if array.size and not 0 <= array.min() <= array.max() < len(self.symbols):
            raise ValueError(f"ids must be from 0 to {len(self.symbols) - 1}")
        return "".join(map(self.symbols.__getitem__, array.tolist()))

    def known(self, text: str) -> str:
        """`text`, folded where the vocabulary is, without the characters that are no symbols: `encode` takes it."""
        text = fold(text) if self.lowercase else text
        return "".join(character for character in text if character in self._ids)

    def unknown(self, chunks: Iterable[str]) -> tuple[str, ...]:
        """The characters of a stream of text that are no symbols, each once, in the order they are met."""
        found: dict[str, None] = {}
        for text in _folded(chunks, self.lowercase):
            codes = _codes(text)
            found.update(dict.fromkeys(_text(codes[self._look_up(codes) < 0])))
        return tuple(found)

    def extended(self, characters: Iterable[str]) -> Self:
        """This vocabulary with new characters at the end, in the order given; the ids of the old symbols stay."""
        given = [fold(character) if self.lowercase else character for character in characters]
        new = [character for character in dict.fromkeys("".join(given)) if character not in self._ids]
        return type(self)(self.unit, (*self.symbols, *new), self.lowercase)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return {"unit": self.unit, "symbols": list(self.symbols), "lowercase": self.lowercase}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The vocabulary that `to_json` wrote. Raises CorruptFileError for anything else."""
        symbols = data.get("symbols") if isinstance(data, Mapping) else None
        if not isinstance(symbols, list) or not symbols or not all(isinstance(symbol, str) for symbol in symbols):
            raise CorruptFileError("corrupt: the vocabulary has no list of symbols")
        unit: Any = data.get("unit")
        lowercase = data.get("lowercase")
        if unit not in get_args(Unit) or not isinstance(lowercase, bool):
            raise CorruptFileError("corrupt: the vocabulary does not say what its symbols are")
        if len(set(symbols)) != len(symbols) or not all(_is_symbol(symbol, unit) for symbol in symbols):
            raise CorruptFileError("corrupt: the vocabulary holds a symbol twice, or something that is none")
        return cls(unit, tuple(symbols), lowercase)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """Ids by code point, -1 for none; the last entry, which higher code points are clipped to, is -1."""
        single = {ord(symbol): number for symbol, number in self._ids.items() if len(symbol) == 1}
        table = np.full(max(single, default=0) + 2, -1, dtype=np.int32)
        table[list(single)] = list(single.values())
        return table

    def _look_up(self, codes: NDArray[np.uint32]) -> NDArray[np.int32]:
        return self._table.take(codes, mode="clip")

    def _encode(self, text: str) -> NDArray[np.int32]:
        return self._encode_words(text) if self.unit == "word" else self._encode_characters(text)

    def _encode_characters(self, text: str) -> NDArray[np.int32]:
        codes = _codes(text)
        ids = self._look_up(codes)
        if ids.size and ids.min() < 0:
            raise UnknownSymbolsError(tuple(dict.fromkeys(_text(codes[ids < 0]))))
        return ids

    def _encode_words(self, text: str) -> NDArray[np.int32]:
        parts = word_unit.pieces(text)
        ids = np.fromiter(map(self._ids.get, parts, repeat(-1)), dtype=np.int32, count=len(parts))
        rare = np.flatnonzero(ids < 0).tolist()
        lengths = np.ones(len(parts), dtype=np.intp)
        lengths[rare] = [len(parts[number]) for number in rare]
        ids = ids.repeat(lengths)
        ids[ids < 0] = self._encode_characters("".join(parts[number] for number in rare))
        return ids


def fold(text: str) -> str:
    """`text` in lower case, each character for itself, so that folding parts gives the parts of the folded whole.

    `str.lower` is almost that: only what it makes of a capital sigma depends on the characters around it.
    """
    return text.replace("Σ", "σ").lower()


def named(characters: Sequence[str]) -> str:
    """Characters for a message: `'Z', '😀', U+0007`; what has no shape of its own is shown as its code point."""
    shown = [f"'{c}'" if _has_shape(c) else f"U+{ord(c):04X}" for c in characters[:MOST_NAMED]]
    more = len(characters) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _has_shape(character: str) -> bool:
    return character.isprintable() and unicodedata.category(character)[0] != "M"


def _is_symbol(symbol: str, unit: Unit) -> bool:
    if any("\ud800" <= character <= "\udfff" for character in symbol):
        return False
    return len(symbol) == 1 or (unit == "word" and word_unit.WORD.fullmatch(symbol) is not None)


def _folded(chunks: Iterable[str], lowercase: bool) -> Iterator[str]:
    return map(fold, chunks) if lowercase else iter(chunks)


def _noted(chunks: Iterable[str], seen: NDArray[np.bool_]) -> Iterator[str]:
    """Passes `chunks` on and marks their code points in `seen`: one pass serves characters and words."""
    for text in chunks:
        seen[_codes(text)] = True
        yield text


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
