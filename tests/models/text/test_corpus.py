"""Corpora: whatever people read from, in whatever encoding, in chunks, with one clear line for what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptFileError, UnavailableError, UsageError, UserError
from models.text import reading
from models.text.corpus import NAMES, encoded, keep_stdin, open_corpus, split
from models.text.downloads import DOWNLOADS
from models.text.vocabulary import UnknownSymbolsError, Vocabulary
from tests.models.text.corpora import SMALL_BLOCKS, read, refusal, write

SHARED = Path(__file__).parents[4] / "shared" / "data"


def test_a_file_is_read_counted_and_identified(tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", "naïve 日本\r\nend\n")
    corpus = open_corpus([source], folder=tmp_path)
    assert corpus.names == (source,)
    assert "".join(corpus.chunks()) == "".join(corpus.chunks()) == "naïve 日本\nend\n"
    assert corpus.characters == len("naïve 日本\nend\n")
    assert corpus.sha256 == hashlib.sha256("naïve 日本\nend\n".encode()).hexdigest()


def test_the_same_text_has_the_same_checksum_however_it_is_stored(tmp_path: Path) -> None:
    plain = open_corpus([write(tmp_path / "a", "é\nb")], folder=tmp_path)
    other = open_corpus([write(tmp_path / "b", "é\r\nb".encode("utf-16"))], encoding="utf-16", folder=tmp_path)
    assert plain.sha256 == other.sha256


def test_several_sources_follow_each_other_on_lines_of_their_own(tmp_path: Path) -> None:
    first, second, empty = (write(tmp_path / name, text) for name, text in [("1", "one"), ("2", "two\n"), ("3", "")])
    corpus = open_corpus([second, first, empty, second, first], folder=tmp_path)
    assert "".join(corpus.chunks()) == "two\none\ntwo\none"
    assert corpus.characters == len("two\none\ntwo\none")
    assert corpus.names == (second, first, empty, second, first)


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "hidden" / ".a", "text")
    for folder in ("empty", "hidden"):
        assert f"{folder}' holds no files to read" in refusal(str(tmp_path / folder))
    for name, data in [("nothing", b""), ("mark", b"\xef\xbb\xbf")]:
        assert f"{name}: there is no text in it" in refusal(write(tmp_path / name, data))
    for sources in ([], [""]):
        assert "name a corpus" in refusal(*sources)


def test_what_is_missing_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    message = refusal(str(tmp_path / "shakespear"))
    assert "is no file, no folder" in message
    assert all(name in message for name in NAMES)
    for odd in ("a\0b", "~nobody-of-that-name"):
        assert "is no file, no folder" in refusal(odd)
    assert "cannot be read" in refusal("x" * 5000)


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "a.txt", "text")
    assert read("~/a.txt") == "text"


def test_a_file_that_changes_while_in_use_is_noticed(tmp_path: Path) -> None:
    source = Path(write(tmp_path / "log.txt", "one\n"))
    corpus = open_corpus([str(source)], folder=tmp_path)
    source.write_text("one\ntwo\n")
    with pytest.raises(UsageError, match=r"log\.txt changed while it was in use"):
        list(corpus.chunks())
    source.unlink()
    with pytest.raises(UsageError, match=r"log\.txt' cannot be read"):
        list(corpus.chunks())


def test_python_docs_is_the_language_reference(tmp_path: Path) -> None:
    corpus = open_corpus(["python-docs"], folder=tmp_path)
    text = "".join(corpus.chunks())
    assert text.startswith('The "assert" statement\n**********')
    assert text.index('The "assert" statement') < text.index("Lambdas\n*") < text.index('The "yield" statement')
    assert 300_000 < len(text) == corpus.characters
    assert list(tmp_path.iterdir()) == []
    if sys.version_info[:3] == (3, 11, 7):  # the text grows with the patch releases
        assert len(text) == 465_126


def test_python_docs_left_out_of_an_installation_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(UnavailableError, match="name a text file instead"):
        open_corpus(["python-docs"], folder=tmp_path)


@pytest.mark.parametrize("name", ["nietzsche", "shakespeare"])
def test_a_name_is_read_from_its_kept_copy(tmp_path: Path, name: str) -> None:
    copy = SHARED / ("nietzsche.txt" if name == "nietzsche" else "tinyshakespeare.txt")
    if not copy.exists():
        pytest.skip("no local copy of the text to read")
    (tmp_path / "corpora").mkdir()
    shutil.copyfile(copy, tmp_path / "corpora" / f"{name}.txt")
    corpus = open_corpus([name], encoding="cp1252", folder=tmp_path)  # the encoding is of the person's own files
    lower = Vocabulary.build(corpus.chunks(), lowercase=True)
    assert (corpus.characters, len(lower)) == ((600_893, 57) if name == "nietzsche" else (1_115_394, 39))


def test_another_file_in_the_place_of_a_name_is_refused(tmp_path: Path) -> None:
    write(DOWNLOADS["nietzsche"].place(tmp_path), "not him")
    with pytest.raises(CorruptFileError, match="nietzsche"):
        open_corpus(["nietzsche"], folder=tmp_path)


def test_standard_input_is_kept_so_that_it_can_be_read_again(tmp_path: Path) -> None:
    data = "naïve\r\n日本".encode()
    path = keep_stdin(io.BytesIO(data), tmp_path)
    assert path == tmp_path / "corpora" / f"{hashlib.sha256(data).hexdigest()}.txt"
    assert path.read_bytes() == data
    assert keep_stdin(io.BytesIO(data), tmp_path) == path
    assert list((tmp_path / "corpora").iterdir()) == [path]
    assert read(str(path)) == "naïve\n日本"


def test_standard_input_that_is_empty_breaks_or_has_no_place_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(UsageError, match="nothing came from standard input"):
        keep_stdin(io.BytesIO(b""), tmp_path)
    with pytest.raises(UsageError, match="standard input cannot be read: Input/output error"):
        keep_stdin(Broken(), tmp_path)
    assert list((tmp_path / "corpora").iterdir()) == []
    blocked = write(tmp_path / "file", "")
    with pytest.raises(UserError, match="cannot be written to"):
        keep_stdin(io.BytesIO(b"a"), Path(blocked))


def test_a_dash_is_for_the_command_line_only() -> None:
    assert "standard input" in refusal("-")


@pytest.mark.parametrize(
    ("symbols", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65_536, np.uint16), (65_537, np.int32)]
)
def test_ids_take_the_smallest_dtype_that_holds_them(tmp_path: Path, symbols: int, dtype: type) -> None:
    characters = [chr(number) for number in range(1, 0x20000) if number != 0x0D and not 0xD800 <= number <= 0xDFFF]
    text = "".join(characters[:symbols])
    corpus = open_corpus([write(tmp_path / "a.txt", text)], folder=tmp_path)
    ids = encoded(corpus, Vocabulary.build(corpus.chunks()))
    assert ids.dtype == dtype
    assert ids.tolist() == list(range(symbols))


@pytest.mark.parametrize("block", SMALL_BLOCKS)
@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("unit", ["char", "word"])
def test_ids_do_not_depend_on_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, lowercase: bool, unit: str
) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    text = "İİİ ΟΔΟΣ the_longest_word_of_them_all_is_longer_than_that The the cat's\r\nhat日本語" * 3
    corpus = open_corpus([write(tmp_path / "a.txt", text)], folder=tmp_path)
    vocabulary = Vocabulary.build(corpus.chunks(), unit=unit, words=5, lowercase=lowercase)
    whole = text.replace("\r\n", "\n")
    assert vocabulary == Vocabulary.build([whole], unit=unit, words=5, lowercase=lowercase)
    assert encoded(corpus, vocabulary).tolist() == vocabulary.encode(whole).tolist()


def test_a_text_that_grows_when_folded_is_encoded_whole(tmp_path: Path) -> None:
    corpus = open_corpus([write(tmp_path / "a.txt", "İ" * 100_000)], folder=tmp_path)
    ids = encoded(corpus, Vocabulary.build(corpus.chunks(), lowercase=True))
    assert ids.tolist() == [0, 1] * 100_000


@pytest.mark.parametrize("unit", ["char", "word"])
def test_all_unknown_characters_of_a_corpus_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 4)
    corpus = open_corpus([write(tmp_path / "a.txt", "abcabcZabcabc😀abcZ")], folder=tmp_path)
    with pytest.raises(UnknownSymbolsError) as caught:
        encoded(corpus, Vocabulary.build(["abc"], unit=unit, words=1))
    assert caught.value.characters == ("Z", "😀")


def test_a_million_characters_cost_little_more_than_their_ids_t6(tmp_path: Path) -> None:
    text = "".join(chr(33 + (number * 31 + number // 97) % 100) for number in range(1_000_000))
    source = write(tmp_path / "a.txt", text.encode("utf-8"))
    del text
    tracemalloc.start()
    corpus = open_corpus([source], folder=tmp_path)
    ids = encoded(corpus, Vocabulary.build(corpus.chunks()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (ids.size, ids.dtype, int(ids.max())) == (1_000_000, np.uint8, 99)
    assert peak < 12_000_000


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize(("unit", "kind"), [("char", "ascii"), ("char", "cjk"), ("word", "ascii"), ("word", "cjk")])
def test_a_corpus_of_a_hundred_megabytes_is_encoded_within_its_memory(unit: str, kind: str) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.corpus_memory", "--unit", unit, "--kind", kind]
    done = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[3])
    result = json.loads(done.stdout)
    assert result["megabytes"] >= 100
    assert result["peak_growth_megabytes"] < 250


def test_the_last_part_is_held_out() -> None:
    ids = np.arange(1000, dtype=np.uint16)
    train, held_out = split(ids, 0.05, 10)
    assert (train.size, held_out.size) == (950, 50)
    assert held_out[0] == 950
    assert np.shares_memory(train, ids)
    assert np.shares_memory(held_out, ids)


def test_nothing_is_held_out_when_nothing_is_asked_for() -> None:
    train, held_out = split(np.arange(11, dtype=np.uint8), 0, 10)
    assert (train.size, held_out.size) == (11, 0)


def test_each_part_holds_a_window_and_the_symbol_after_it() -> None:
    train, held_out = split(np.arange(100, dtype=np.uint8), 0.05, 40)
    assert (train.size, held_out.size) == (59, 41)


@given(st.integers(0, 400), st.floats(0, 0.5), st.integers(1, 100))
def test_what_is_split_is_whole_and_long_enough_or_refused(size: int, validation: float, window: int) -> None:
    ids = np.arange(size, dtype=np.uint16)
    needed = (2 if validation else 1) * (window + 1)
    if size < needed:
        with pytest.raises(UsageError, match=rf"{size:,} symbols, {needed:,} needed"):
            split(ids, validation, window)
        return
    train, held_out = split(ids, validation, window)
    assert np.concatenate([train, held_out]).tolist() == ids.tolist()
    assert train.size > window
    assert held_out.size > window if validation else held_out.size == 0


def test_reading_a_corpus_imports_no_tensorflow() -> None:
    script = (
        "import sys, models.text.corpus; assert not {'tensorflow', 'keras', 'textual', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
