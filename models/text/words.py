"""Words in a stream of text: what a word is, cutting a stream where no word is split, and counting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

LONGEST = 32
"""Characters in a word at most; a longer run counts as several words, so that what a stream carries over is bounded."""

WORD = re.compile(rf"\w{{1,{LONGEST}}}")
PIECE = re.compile(rf"\w{{1,{LONGEST}}}|\W+")

MOST_COUNTED = 2**19
"""Different words held while counting: about 90 MB of them."""


def pieces(text: str) -> list[str]:
    """`text` cut into words and what stands between them; joined they are `text` again."""
    return PIECE.findall(text)


def whole(chunks: Iterable[str]) -> Iterator[str]:
    """The stream of `chunks` cut so that the words of its parts, in a row, are the words of the whole.

    The word that a chunk may have left unfinished, less than `LONGEST` characters, waits for the next one.
    """
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        start = len(text)
        while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        end = len(text) - (len(text) - start) % LONGEST
        rest = text[end:]
        if end:
            yield text[:end]
    if rest:
        yield rest


def frequent(chunks: Iterable[str], count: int) -> list[str]:
    """The `count` most frequent words of two characters or more, most frequent first, equal ones in code-point order.

    Memory is bounded by lossy counting (Manku and Motwani, 2002): beyond `MOST_COUNTED` different words the rarest
    are forgotten.
    """
    counts: Counter[str] = Counter()
    for text in whole(chunks):
        counts.update(WORD.findall(text))
        rarest = 1
        while len(counts) > MOST_COUNTED:
            counts = Counter({word: times for word, times in counts.items() if times > rarest})
            rarest += 1
    ranked = sorted((-times, word) for word, times in counts.items() if len(word) > 1)
    return [word for _, word in ranked[:count]]
