"""Downloads: whole and right, or not at all, with the way out said. The server is a local one."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models import downloads
from models.downloads import Download, fetch
from models.errors import CorruptFileError, UnavailableError, UserError

BODY = "Zarathustra: æther, naïveté.\n".encode() * 20_000


class Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = b"<html>Please log in</html>" if self.path == "/wrong" else BODY
        if self.path == "/missing":
            self.send_error(404, "No\x1b[2Jsuch text")
            return
        self.send_response(200)
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/truncated":
            body = body[:100_000]
        if self.path == "/altered":
            body = b"X" + body[1:]
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(Handler, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def download(url: str, checksum: str | None = None) -> Download:
    right = hashlib.sha256(BODY).hexdigest()
    return Download("aurora", url, len(BODY), right if checksum is None else checksum, "corpora/aurora.txt")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("page", ["/good", "/unsized"])
def test_a_text_is_fetched_once_with_progress(server: str, tmp_path: Path, page: str) -> None:
    told: list[tuple[int, int | None]] = []
    path = fetch(download(server + page), tmp_path, lambda done, total: told.append((done, total)))
    assert path == tmp_path / "corpora" / "aurora.txt"
    assert path.read_bytes() == BODY
    assert files(tmp_path) == ["aurora.txt"]
    assert told[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert fetch(download(server + page), tmp_path) == path
    assert Handler.asked == [page]


def test_an_md5_will_do_where_the_makers_tell_no_other(server: str, tmp_path: Path) -> None:
    right = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    with pytest.raises(CorruptFileError, match="another file"):
        fetch(download(server + "/altered", right), tmp_path)
    path = fetch(download(server + "/good", right), tmp_path)
    assert fetch(download(server + "/good", right), tmp_path) == path
    path.write_bytes(b"X" + BODY[1:])
    with pytest.raises(CorruptFileError, match="delete it"):
        fetch(download(server + "/good", right), tmp_path)


def test_without_a_checksum_the_size_must_be_right(server: str, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"26 of 640,000 bytes"):
        fetch(download(server + "/wrong", ""), tmp_path)
    path = fetch(download(server + "/good", ""), tmp_path)
    assert fetch(download(server + "/good", ""), tmp_path) == path
    path.write_bytes(BODY[1:])
    with pytest.raises(CorruptFileError, match="delete it"):
        fetch(download(server + "/good", ""), tmp_path)


def test_whether_a_file_is_here_is_told_without_reading_it(server: str, tmp_path: Path) -> None:
    wanted = download(server + "/good")
    assert not wanted.is_here(tmp_path)
    fetch(wanted, tmp_path)
    assert wanted.is_here(tmp_path)
    wanted.place(tmp_path).write_bytes(b"cut off")
    assert not wanted.is_here(tmp_path)


@pytest.mark.parametrize("page", ["/wrong", "/altered", "/truncated", "/missing"])
def test_nothing_is_kept_of_what_is_wrong(server: str, tmp_path: Path, page: str) -> None:
    with pytest.raises(UserError) as caught:
        fetch(download(server + page), tmp_path)
    message = str(caught.value)
    assert files(tmp_path) == []
    assert message.isprintable()
    assert server + page in message
    assert str(tmp_path / "corpora" / "aurora.txt") in message
    assert isinstance(caught.value, CorruptFileError if page == "/altered" else UnavailableError)


def test_a_server_that_sends_too_much_is_cut_off(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "BLOCK", 1000)
    told: list[int] = []
    small = Download("aurora", server + "/good", 2500, "0" * 64, "aurora.txt")
    with pytest.raises(CorruptFileError):
        fetch(small, tmp_path, lambda done, total: told.append(done))
    assert told == [1000, 2000, 2500]
    assert files(tmp_path) == []


def test_offline_says_which_file_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/aurora.txt"
        with pytest.raises(UnavailableError) as caught:
            fetch(download(url), tmp_path)
    place = tmp_path / "corpora" / "aurora.txt"
    assert str(caught.value) == (
        f"aurora cannot be downloaded (Connection refused): put a copy of {url} at {str(place)!r}"
    )
    place.write_bytes(BODY)
    assert fetch(download(url), tmp_path) == place


def test_a_proxy_that_is_none_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:not-a-port")
    with pytest.raises(UnavailableError, match="cannot be downloaded"):
        fetch(download("http://corpus.invalid/aurora.txt"), tmp_path)


def test_another_text_in_its_place_is_left_alone_and_said(server: str, tmp_path: Path) -> None:
    place = tmp_path / "corpora" / "aurora.txt"
    place.parent.mkdir()
    place.write_text("my own notes")
    with pytest.raises(CorruptFileError, match=r"aurora\.txt.*delete it"):
        fetch(download(server + "/good"), tmp_path)
    assert place.read_text() == "my own notes"
    assert Handler.asked == []


def test_what_is_being_fetched_is_dropped_when_interrupted(server: str, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(download(server + "/good"), tmp_path, interrupt)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_clear_line(server: str, tmp_path: Path) -> None:
    (tmp_path / "corpora").write_text("a file, not a folder")
    with pytest.raises(UserError, match=r"corpora.*(File exists|Not a directory)"):
        fetch(download(server + "/good"), tmp_path)


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        fetch(download(server + "/good"), tmp_path)
    assert files(tmp_path) == []
