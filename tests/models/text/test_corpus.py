"""Corpora: whatever people read from, in whatever encoding, in chunks, with one clear line for what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptFileError, UnavailableError, UsageError, UserError
from models.text import corpus as corpus_module
from models.text import reading
from models.text.corpus import NAMES, encoded, keep_stdin, open_corpus, split
from models.text.downloads import DOWNLOADS
from models.text.vocabulary import UnknownSymbolsError, Vocabulary

SHARED = Path(__file__).parents[4] / "shared" / "data"
SMALL_BLOCKS = [1, 2, 3, 5, 2**16]


def write(path: Path, data: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def read(*sources: str, encoding: str = "utf-8") -> str:
    return "".join(open_corpus(sources, encoding=encoding, folder=Path("/nowhere")).chunks())


def refusal(*sources: str, encoding: str = "utf-8") -> str:
    with pytest.raises(UsageError) as caught:
        open_corpus(sources, encoding=encoding, folder=Path("/nowhere"))
    message = str(caught.value)
    assert message.isprintable(), "one line, nothing that moves the cursor"
    message.encode()
    return message


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


@pytest.mark.parametrize("block", SMALL_BLOCKS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "shift_jis"])
def test_characters_and_line_ends_survive_block_borders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, encoding: str
) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    text = "ab\r\n日本語\r\r\nж\n\r終\r"
    source = write(tmp_path / "a.txt", text.encode(encoding))
    assert read(source, encoding=encoding) == "ab\n日本語\n\nж\n\n終\n"


@pytest.mark.parametrize("block", SMALL_BLOCKS)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1))
def test_any_text_is_read_as_python_reads_it(tmp_path_factory: pytest.TempPathFactory, block: int, text: str) -> None:
    source = write(tmp_path_factory.mktemp("any") / "a.txt", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        assert read(source) == Path(source).read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_is_dropped_at_the_start_only(tmp_path: Path, encoding: str) -> None:
    source = write(tmp_path / "a.txt", "\ufeffa\ufeffb".encode(encoding))
    assert read(source, source, encoding=encoding) == "a\ufeffb\na\ufeffb"


def test_bom_and_crlf_under_the_c_locale_t7(tmp_path: Path) -> None:
    source = write(tmp_path / "über.txt", b"\xef\xbb\xbfa\r\nb\r\n")
    script = (
        "import json, sys; from pathlib import Path; from models.text.corpus import open_corpus;"
        "from models.text.vocabulary import Vocabulary;"
        "print(json.dumps(Vocabulary.build(open_corpus(sys.argv[1:], folder=Path()).chunks()).symbols))"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", script, source], env=environment, check=True, capture_output=True)
    assert json.loads(done.stdout) == ["\n", "a", "b"]


def test_a_byte_that_does_not_decode_is_named_with_its_offset_t7(tmp_path: Path) -> None:
    source = write(tmp_path / "letter.txt", b"a\x92b")
    assert refusal(source) == (
        f"{source!r} is not utf-8 text: byte 1 (0x92) does not decode; is it binary, or does it need --encoding cp1252?"
    )
    assert read(source, encoding="cp1252") == "a’b"


@pytest.mark.parametrize("block", SMALL_BLOCKS)
@pytest.mark.parametrize(
    ("data", "encoding", "offset"),
    [
        ("日本\n".encode() * 5 + b"\xff", "utf-8", 35),
        ("日本\n".encode() * 5 + "日".encode()[:2], "utf-8", 35),
        ("日本\n".encode() * 5 + "日".encode()[:2] + b"aaaa", "utf-8", 35),
        (b"\xef\xbb\xbfab\x92", "utf-8", 5),
        (b"\xef\xbb\xbfab\x92", "utf-8-sig", 5),
        ("abc".encode("utf-16") + b"\x00\xd8a\x00", "utf-16", 8),
        ("日本".encode("gb18030") + b"a\xff", "gb18030", 5),
    ],
)
def test_the_offset_is_right_wherever_the_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, data: bytes, encoding: str, offset: int
) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    assert f"byte {offset} (0x{data[offset]:02x})" in refusal(write(tmp_path / "a.txt", data), encoding=encoding)


def test_the_hint_is_an_encoding_that_was_not_tried(tmp_path: Path) -> None:
    utf_16 = write(tmp_path / "windows.txt", "añb".encode("utf-16"))
    assert refusal(utf_16).endswith("--encoding utf-16?")
    assert read(utf_16, encoding="utf-16") == "añb"
    assert refusal(write(tmp_path / "a.txt", "”"), encoding="windows-1252").endswith("--encoding utf-8?")


@pytest.mark.parametrize("encoding", ["utf-9", "", "hex", "rot13", "locale", "a\0b", "x\udc92", "../utf_8", "\x1b[2J"])
def test_an_encoding_there_is_not_is_refused(tmp_path: Path, encoding: str) -> None:
    assert "there is no text encoding" in refusal(write(tmp_path / "a.txt", "a"), encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("undefined", b"a"), ("unicode_escape", rb"a\ud800"), ("punycode", b"\xff-\xff"), ("idna", b"xn--\xff")],
)
def test_what_an_odd_codec_cannot_make_text_of_is_refused(tmp_path: Path, encoding: str, data: bytes) -> None:
    assert encoding in refusal(write(tmp_path / "a.txt", data), encoding=encoding)


def test_a_binary_file_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "book" / "a.txt", "text")
    source = write(tmp_path / "book" / "weights.bin", b"ab\0\0cd")
    assert f"{source!r} is binary" in refusal(str(tmp_path / "book"))


def test_several_sources_follow_each_other_on_lines_of_their_own(tmp_path: Path) -> None:
    first, second, empty = (write(tmp_path / name, text) for name, text in [("1", "one"), ("2", "two\n"), ("3", "")])
    corpus = open_corpus([second, first, empty, second, first], folder=tmp_path)
    assert "".join(corpus.chunks()) == "two\none\ntwo\none"
    assert corpus.characters == len("two\none\ntwo\none")
    assert corpus.names == (second, first, empty, second, first)


def test_a_folder_is_read_in_the_order_of_its_names_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b.txt", "a/2.txt", "a/1.md", "a/deep/er/x", "c", ".hidden", ".git/config", "a/.swp"):
        write(tmp_path / name, f"{name}\n")
    (tmp_path / "void").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert read(str(tmp_path)).split() == ["a/1.md", "a/2.txt", "a/deep/er/x", "b.txt", "c"]
    assert read(str(tmp_path / ".git")) == ".git/config\n"


def test_a_link_to_a_file_in_a_folder_is_followed_and_a_dangling_one_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "elsewhere.txt", "text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(source)
    assert read(str(tmp_path / "folder")) == "text"
    (tmp_path / "folder" / "broken").symlink_to(tmp_path / "gone")
    assert "broken' cannot be read: No such file" in refusal(str(tmp_path / "folder"))


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


@pytest.mark.parametrize(
    "name", ["two\nlines", "\x1b[2J\x07", "\u202egpj", "[/] [red]", os.fsdecode(b"caf\xe9"), "日本語"]
)
def test_odd_file_names_are_read_and_quoted_safely(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / name, b"a\x92b")
    assert ascii(name)[1:-1].replace("\\u65e5\\u672c\\u8a9e", "日本語") in refusal(source)
    corpus = open_corpus([source], encoding="cp1252", folder=tmp_path)
    assert "".join(corpus.chunks()) == "a’b"
    assert corpus.names[0].isprintable()
    assert "cannot be read" in refusal(str(tmp_path / name / "below"))


def test_a_folder_without_permission_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "book" / "locked"
    write(locked / "a.txt", "text")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert refusal(str(tmp_path / "book")) == f"{str(locked)!r} cannot be read: Permission denied"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_clear_line(tmp_path: Path) -> None:
    source = Path(write(tmp_path / "a.txt", "text"))
    source.chmod(0)
    assert refusal(str(source)) == f"{str(source)!r} cannot be read: Permission denied"


def test_pipes_and_sockets_are_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file that can be read twice" in refusal(str(tmp_path / "pipe"))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        assert "is not a file that can be read twice" in refusal(str(tmp_path / "socket"))


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
    if sys.version_info[:2] == (3, 11):
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


def test_chunks_stay_small(tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", "x" * 500_000)
    sizes: Iterator[int] = map(len, open_corpus([source], folder=tmp_path).chunks())
    assert max(sizes) <= reading.BLOCK
    assert corpus_module.BLOCK == reading.BLOCK
