"""What a picture says of itself is kept in each kind of file, and read back as plain JSON or not at all."""

from __future__ import annotations

import io
import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from models.errors import UsageError
from models.vision import about
from models.vision.animate import save_animation
from models.vision.pictures import Kind, encode, load, save
from tests.models.vision.picture_files import saved

PIXELS = np.zeros((16, 18, 3), np.uint8)
ABOUT = {
    "family": "style",
    "version": "0.1.0",
    "recipe": {"content": 'a "b"\\日本.png\x1b[2J', "rate": 0.1, "layers": ["x", None, True], "seed": 7},
    "sources": [{"source": "coffee", "sha256": "00" * 32, "size": [18, 16]}],
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".webp film", ".mp4"])
def test_it_is_read_back(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix.split()[0]}"
    for said in (ABOUT, None):
        if suffix in (".gif", ".mp4", ".webp film"):
            save_animation(path, [PIXELS, PIXELS + 1], fps=5, about=said)
        else:
            save(path, PIXELS, said)
        assert about.read(path) == said
        assert about.found_in(path.read_bytes()) == said


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.sampled_from(["png", "jpeg", "webp"]))
def test_any_plain_json_is_read_back(said: dict[str, Any], kind: Kind) -> None:
    assert about.found_in(encode(PIXELS, kind, said)) == said


def test_other_programs_see_who_made_it() -> None:
    assert Image.open(_file(encode(PIXELS, "png", ABOUT))).info["Software"] == "Latent Studio 0.1.0"
    assert Image.open(_file(encode(PIXELS, "jpeg", ABOUT))).getexif()[about.SOFTWARE] == "Latent Studio 0.1.0"


def test_a_long_recipe() -> None:
    said = {"recipe": {"changes": "x" * 200_000}}
    assert about.found_in(encode(PIXELS, "png", said)) == said
    for kind in ("jpeg", "webp"):
        with pytest.raises(UsageError, match=r"save it as \.png"):
            encode(PIXELS, kind, said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"latent-studio": [1]}',
        '{"latent-studio": {"a": NaN}}',
        '{"latent-studio": {"a": 1',
        '{"latent-studio": ' + "[" * 100_000,
        '{"latent-studio": {"a": ' + "9" * 10_000 + "}}",
        '{"latent-studio": {"a": "' + "x" * about.MAX_BYTES + '"}}',
        "cos\nsystem\n(S'echo'\ntR.",
    ],
)
def test_hostile_notes_say_nothing(text: str) -> None:
    chunks = PngInfo()
    chunks.add_itxt(about.KEY, text)
    assert about.found_in(saved(Image.fromarray(PIXELS), "PNG", pnginfo=chunks)) is None
    assert about.parsed(text) is None


def test_a_compressed_bomb_in_a_note_says_nothing() -> None:
    chunks = PngInfo()
    chunks.add_itxt(about.KEY, json.dumps({about.KEY: {"a": "x" * 8_000_000}}), zip=True)
    assert about.found_in(saved(Image.fromarray(PIXELS), "PNG", pnginfo=chunks)) is None


def test_a_note_without_room_for_its_pixels_is_read_all_the_same() -> None:
    """Only the beginning of the file is needed, so a listing need not decode it."""
    data = encode(PIXELS, "png", ABOUT)
    assert about.found_in(data[: data.index(b"IDAT") + 8]) == ABOUT


@given(st.sampled_from(["png", "jpeg", "webp", "mp4"]), st.data())
def test_damaged_files_say_something_or_nothing(kind: str, data: st.DataObject) -> None:
    whole = bytearray(FILES[kind])
    whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(0, 4))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = about.found_in(bytes(whole))
    assert found is None or isinstance(found, dict)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("nothing")
    (tmp_path / "y.mp4").write_bytes(struct.pack(">I", 16) + b"ftypisom" + bytes(4))
    assert about.read(tmp_path / "x.txt") is None
    assert about.read(tmp_path / "y.mp4") is None
    for path in (tmp_path, tmp_path / "gone.png"):
        with pytest.raises(UsageError, match="cannot be read"):
            about.read(path)


def test_a_saved_picture_has_no_other_notes(tmp_path: Path) -> None:
    save(tmp_path / "x.jpg", PIXELS, ABOUT)
    assert 0x0112 not in Image.open(tmp_path / "x.jpg").getexif()
    assert load(tmp_path / "x.jpg").shape == PIXELS.shape


def _file(data: bytes) -> Any:
    return io.BytesIO(data)


def _files() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.mp4")
        save_animation(path, [PIXELS] * 2, fps=5, about=ABOUT)
        film = path.read_bytes()
    kinds: tuple[Kind, ...] = ("png", "jpeg", "webp")
    return {**{kind: encode(PIXELS, kind, ABOUT) for kind in kinds}, "mp4": film}


FILES = _files()
