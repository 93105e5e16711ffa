"""Files that are no text, in encodings that are none, as corpora."""

from __future__ import annotations

import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.corpus import encoded, open_corpus
from models.text.vocabulary import Vocabulary
from tests.fuzz.damage import counts, damaged, outcome

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1", "ascii", "utf-7", "cp932",
             "gb18030", "big5", "euc_jp", "iso2022_jp", "shift_jis", "koi8-r", "hz", "idna", "punycode",
             "unicode_escape", "raw_unicode_escape", "mbcs", "undefined", "rot13", "base64", "zlib", "utf-9",
             "\0", "")  # fmt: skip
TEXTS = (
    "Faust\r\nHabe nun, ach!\r\n",
    "日本語の本\n",
    "a\u0301\u202eb\u2028",
    "😀" * 30,
    "\ufeff\ufeffx",
    "İıſK",
    "a\x85b",
)


def learnt(path: Path, encoding: str) -> None:
    """All that a training does with a corpus before it learns."""
    corpus = open_corpus([str(path)], encoding=encoding, folder=path.parent)
    for unit in ("char", "word"):
        vocabulary = Vocabulary.build(corpus.chunks(), unit=unit, words=20, lowercase=unit == "word")  # type: ignore[arg-type]
        ids = encoded(corpus, vocabulary)
        assert ids.size
        assert vocabulary.known(vocabulary.decode(ids)) == vocabulary.decode(ids)


@counts
def test_damaged_texts(tmp_path: Path, count: int) -> None:
    random, path, told = Random(count), tmp_path / "text.txt", Counter[bool]()
    for number in range(count):
        encoding = random.choice(ENCODINGS[:12])
        text = "".join(random.choices(TEXTS, k=random.randint(1, 40)))
        data = text.encode(encoding, "ignore")
        path.write_bytes(damaged(data, random) if random.random() < 0.8 else data)
        as_what = random.choice((encoding, *ENCODINGS))
        what = f"{encoding} as {as_what}, {number} of {count}"
        told[outcome(partial(learnt, path, as_what), what) == "success"] += 1
    assert min(told[True], told[False]) > count / 20, told


@counts
def test_bytes_as_texts(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.txt")

        @settings(max_examples=count, database=None)
        @given(st.binary(max_size=2000) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
               st.sampled_from(ENCODINGS))  # fmt: skip
        def read(data: bytes, encoding: str) -> None:
            path.write_bytes(data)
            outcome(lambda: learnt(path, encoding), f"{data!r} as {encoding}")

        read()


@counts
def test_names_of_encodings_and_of_files(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.txt")
        path.write_text("abc", encoding="ascii")

        @settings(max_examples=count, database=None)
        @given(st.text(max_size=60), st.text(max_size=300))
        def read(encoding: str, name: str) -> None:
            outcome(lambda: open_corpus([str(path)], encoding=encoding, folder=path.parent), repr(encoding))
            outcome(lambda: open_corpus([f"{folder}/{name}"], folder=path.parent), repr(name))

        read()


def test_lines_without_an_end_and_files_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    for data in (b"a" * (3 << 20), b"\0" * (4 << 20), b"\r" * 300_000, b"\xff\xfe" * 100_000, b"\xef\xbb\xbf", b""):
        path.write_bytes(data)
        outcome(lambda: learnt(path, "utf-8"), repr(data[:3]))
