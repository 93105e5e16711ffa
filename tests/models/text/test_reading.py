"""Reading files: encodings, line ends, folders, and names, whatever they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import reading
from models.text.corpus import open_corpus
from tests.models.text.corpora import SMALL_BLOCKS, read, refusal, write


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


def test_a_file_without_permission_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    source = write(tmp_path / "a.txt", "text")
    monkeypatch.setattr(Path, "open", locked)
    assert refusal(source) == f"{source!r} cannot be read: Permission denied"


def test_pipes_and_devices_are_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (str(tmp_path / "pipe"), "/dev/zero"):
        assert "is not a file that can be read twice" in refusal(source)


def test_chunks_stay_small(tmp_path: Path) -> None:
    source = write(tmp_path / "a.txt", "x" * 500_000)
    corpus = open_corpus([source], folder=tmp_path)
    assert max(map(len, corpus.chunks())) <= reading.BLOCK
