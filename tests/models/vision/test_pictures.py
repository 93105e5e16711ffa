"""Pictures in and out: all of Pillow's modes, orientation, transparency, depth, profiles, and what is refused."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from models.errors import CorruptFileError, UsageError, UserError
from models.vision import pictures
from models.vision.pictures import decode, encode, fit, fitted, load, measure, save
from tests.models.vision.picture_files import png, saved

RED, WHITE = (255, 0, 0), (255, 255, 255)
TINY = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
KINDS = {
    "1": "PNG", "L": "PNG", "LA": "PNG", "P": "PNG", "PA": "TIFF", "RGB": "PNG", "RGBA": "PNG", "CMYK": "TIFF",
    "YCbCr": "TIFF", "LAB": "TIFF", "I;16": "PNG", "I;16B": "TIFF", "I": "TIFF", "F": "TIFF",
}  # fmt: skip
"""Each of Pillow's modes that a file can hold, and a kind of file that holds it."""


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 7), st.integers(1, 7), st.integers(0, 4), st.integers(0, 9))
def test_each_mode_loads_as_rgb(mode: str, width: int, height: int, side: int, seed: int) -> None:
    """Case D2, and every mode besides."""
    bands = {"LA": 2, "PA": 2, "RGB": 3, "YCbCr": 3, "LAB": 3, "RGBA": 4, "CMYK": 4}.get(mode, 1)
    item = {"I;16": 2, "I;16B": 2, "I": 4, "F": 4}.get(mode, bands)
    random = np.random.default_rng(seed)
    data = random.random(width * height).astype("<f4").tobytes() if mode == "F" else random.bytes(width * height * item)
    picture = Image.frombytes(mode, (width, height), data[: height * ((width + 7) // 8)] if mode == "1" else data)
    if mode in ("P", "PA"):
        picture.putpalette(random.bytes(768))
    pixels = decode(saved(picture, KINDS[mode]), "x", side=side)
    assert pixels.shape == (*fitted(width, height, side)[::-1], 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous


def test_modes_keep_their_colours() -> None:
    for picture in (
        Image.new("RGB", (3, 2), RED),
        Image.new("RGBA", (3, 2), RED),
        Image.new("CMYK", (3, 2), (0, 255, 255, 0)),
    ):
        assert decode(saved(picture, "TIFF"), "x").tolist() == [[list(RED)] * 3] * 2
    palette = Image.new("P", (3, 2), 7)
    palette.putpalette([0, 0, 0] * 7 + [*RED])
    assert decode(saved(palette, "PNG"), "x").tolist() == [[list(RED)] * 3] * 2
    assert decode(saved(Image.new("1", (3, 2), 1), "PNG"), "x").min() == 255
    lab = decode(saved(Image.new("RGB", (1, 1), (200, 40, 90)).convert("LAB"), "TIFF"), "x")
    assert np.abs(lab.astype(int) - (200, 40, 90)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("side", [0, 2])
def test_orientation_turns_once(kind: str, side: int, tmp_path: Path) -> None:
    """Case D4: 4 wide, 2 high, the left column white, orientation 6 (to be turned right by a quarter)."""
    stored = np.zeros((20, 40, 3), np.uint8)
    stored[:, :10] = 255
    block = Image.Exif()
    block[pictures.ORIENTATION] = 6
    path = tmp_path / "turned"
    path.write_bytes(saved(Image.fromarray(stored), kind, exif=block.tobytes()))
    pixels = load(path, side=20 * side)
    assert pixels.shape == (40, 20, 3)
    assert pixels[:8].mean() > 240
    assert pixels[13:].mean() < 15
    for suffix in pictures.KINDS:
        again = tmp_path / f"again{suffix}"
        save(again, pixels, {"family": "dream"})
        assert load(again).shape == (40, 20, 3)
        assert load(again)[:8].mean() > 240


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation(turn: int) -> None:
    upright = np.arange(6, dtype=np.uint8).reshape(2, 3)
    undo = {6: 1, 8: -1, 3: 2}
    stored = {
        1: upright, 2: upright[:, ::-1], 4: upright[::-1], 5: upright.T, 7: upright[::-1, ::-1].T,
        **{key: np.rot90(upright, quarter) for key, quarter in undo.items()},
    }[turn]  # fmt: skip
    block = Image.Exif()
    block[pictures.ORIENTATION] = turn
    for kind in ("PNG", "TIFF"):
        data = saved(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=block.tobytes())
        assert decode(data, "x")[..., 0].tolist() == upright.tolist()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_notes_that_cannot_be_read_do_not_hurt_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    for notes in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"MM\0*\0\0\0\x08\0\1\x01\x12\0\2\0\0\0\2a\0\0\0"):
        path.write_bytes(png(8, 0, 3, 1, [b"\1\2\3"], (b"eXIf", notes)))
        assert load(path)[0, :, 0].tolist() == [1, 2, 3]
        assert measure(path) == (3, 1)


def test_a_picture_is_measured_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    whole = encode(np.zeros((50, 70, 3), np.uint8), "png")
    path.write_bytes(whole[: whole.index(b"IDAT") + 8])
    assert measure(path) == (70, 50)


def test_what_is_transparent_shows_the_background() -> None:
    """Case S3: a bare convert("RGB") lets the hidden red through."""
    hidden, half = Image.new("RGBA", (2, 1), (255, 0, 0, 0)), Image.new("RGBA", (2, 1), (255, 0, 0, 128))
    keyed = saved(Image.new("RGB", (2, 1), RED), "PNG", transparency=RED)
    assert decode(saved(hidden, "PNG"), "x")[0, 0].tolist() == [255, 255, 255]
    assert decode(saved(half, "PNG"), "x")[0, 0].tolist() == [255, 127, 127]
    assert decode(keyed, "x")[0, 0].tolist() == [255, 255, 255]
    assert decode(saved(hidden, "PNG"), "x", background="#102030")[0, 0].tolist() == [16, 32, 48]
    assert decode(saved(hidden, "WEBP", lossless=True, exact=True), "x", background="black")[0, 0].tolist() == [0, 0, 0]
    with pytest.raises(UsageError, match="there is no colour 'whitish'"):
        decode(keyed, "x", background="whitish")


@pytest.mark.parametrize(
    ("depth", "kind", "row", "clear"),
    [
        (1, 0, b"\x80", b"\0\1"),
        (2, 0, b"\xc0", b"\0\3"),
        (4, 0, b"\xf0", b"\0\x0f"),
        (8, 0, b"\xff\x00", b"\0\xff"),
        (16, 0, b"\xab\xcd\x00\x00", b"\xab\xcd"),
        (8, 2, b"\xff\x01\x02\x00\x00\x00", b"\0\xff\0\1\0\2"),
        (16, 2, b"\xff\xff\x12\x34\x56\x78" + bytes(6), b"\xff\xff\x12\x34\x56\x78"),
    ],
)
def test_a_png_with_a_transparent_colour(depth: int, kind: int, row: bytes, clear: bytes) -> None:
    """Of two pixels the left one is of that colour, the right one black, at each depth."""
    pixels = decode(png(depth, kind, 2, 1, [row], (b"tRNS", clear)), "x", background="#204060")
    assert pixels[0].tolist() == [[32, 64, 96], [0, 0, 0]]


@given(arrays(np.uint16, (2, 3)))
def test_sixteen_bits_stay_in_proportion(levels: np.ndarray) -> None:
    wanted = np.rint(levels / 257)
    for kind in ("PNG", "TIFF"):
        assert np.array_equal(decode(saved(Image.fromarray(levels), kind), "x")[..., 1], wanted)
    colour = np.repeat(levels[..., None], 3, 2).astype(">u2")
    pixels = decode(png(16, 2, 3, 2, [line.tobytes() for line in colour]), "x")
    assert np.abs(pixels[..., 1] - levels / 257).max() <= 1


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (np.float32([[0, 0.5, 1]]), [0, 128, 255]),
        (np.float32([[0, 100, 255]]), [0, 100, 255]),
        (np.float32([[-1, 0, 1]]), [0, 128, 255]),
        (np.float32([[0, 500, 1000]]), [0, 128, 255]),
        (np.float32([[np.nan, np.inf, 0.2]]), [0, 255, 51]),
        (np.float32([[np.nan, np.nan, np.nan]]), [0, 0, 0]),
        (np.int32([[0, 257, 65535]]), [0, 1, 255]),
        (np.int32([[-100, 0, 100]]), [0, 128, 255]),
        (np.int32([[70000, 70000, 70000]]), [0, 0, 0]),
    ],
)
def test_numbers_that_are_no_levels(values: np.ndarray, levels: list[int]) -> None:
    assert decode(saved(Image.fromarray(values), "TIFF"), "x")[0, :, 0].tolist() == levels


def test_a_profile_is_brought_to_srgb(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.new("RGB", (2, 2), (200, 100, 50))
    swapped = _profile_with_red_and_blue_swapped()
    for kind in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        pixels = decode(saved(picture, kind, icc_profile=swapped, **options), "x")
        assert np.abs(pixels[0, 0].astype(int) - (50, 100, 200)).max() <= 3
    clear = picture.convert("RGBA")
    clear.putalpha(0)
    assert decode(saved(clear, "PNG", icc_profile=swapped), "x", background="red")[0, 0].tolist() == list(RED)
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (same, b"not a profile", swapped[:200]):
        assert decode(saved(picture, "PNG", icc_profile=profile), "x")[0, 0].tolist() == [200, 100, 50]
    assert decode(saved(picture.convert("L"), "PNG", icc_profile=swapped), "x").shape == (2, 2, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in (RED, (0, 255, 0), (0, 0, 255))]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(decode(data, "x").astype(int) - RED).max() <= 2


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(0, 600))
def test_the_long_side_is_limited(width: int, height: int, side: int) -> None:
    got = fitted(width, height, side)
    assert min(got) >= 1
    if not side or max(width, height) <= side:
        assert got == (width, height)
    else:
        assert max(got) == side
        assert abs(got[0] / side - width / max(width, height)) <= 0.5 / side + 1e-9 or got[0] == 1


def test_a_long_thin_picture() -> None:
    """Case U6."""
    thin = np.tile(np.arange(3012, dtype=np.uint16)[None, :, None] % 256, (5, 1, 3)).astype(np.uint8)
    assert fit(thin, 512).shape == (1, 512, 3)
    assert decode(encode(thin, "png"), "x", side=300).shape == (1, 300, 3)
    assert np.array_equal(decode(encode(thin, "png"), "x"), thin)


def test_a_large_jpeg_is_decoded_small() -> None:
    """The result is near what the whole picture would have been scaled to, of exactly its size."""
    ramp = np.linspace(0, 255, 1501 * 1003).reshape(1003, 1501)
    picture = Image.fromarray(np.stack([ramp, ramp.max() - ramp, ramp * 0 + 90], 2).astype(np.uint8))
    pixels = decode(saved(picture, "JPEG", quality=95), "x", side=200)
    wanted = np.asarray(picture.resize((200, 134), Image.Resampling.LANCZOS))
    assert pixels.shape == wanted.shape
    assert np.abs(pixels.astype(int) - wanted).mean() < 2


@given(TINY)
def test_what_is_saved_is_read_back(pixels: np.ndarray) -> None:
    about = {"family": "dream", "recipe": {"side": 3}}
    for data in (encode(pixels, "png", about), encode(pixels, "webp", about, quality=100)):
        assert np.array_equal(decode(data, "x"), pixels)
    assert encode(pixels, "png", about) == encode(pixels, "png", about)
    assert decode(encode(pixels, "jpeg", about), "x").shape == pixels.shape


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF"]), st.data())
def test_damaged_bytes_are_refused_by_name_or_read(kind: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[kind])
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    for _ in range(data.draw(st.integers(0, 3))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(whole), "holiday\x1b.png", side=64)
    except UserError as error:
        line = str(error)
    else:
        line = r"'holiday\x1b.png'" if pixels.dtype == np.uint8 and pixels.shape[2] == 3 else ""
    assert r"'holiday\x1b.png'" in line
    assert "\n" not in line


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    good = encode(np.zeros((40, 40, 3), np.uint8) + np.arange(40, dtype=np.uint8)[:, None], "png")
    for name, content, kind, line in (
        ("empty.png", b"", CorruptFileError, "is an empty file"),
        ("notes.jpg", b"no picture", UsageError, "is no picture"),
        ("cut.png", good[: len(good) // 2], CorruptFileError, "damaged or truncated"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", UsageError, "is no picture"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(kind, match=line) as raised:
            load(path)
        assert name in str(raised.value)
        assert "\n" not in str(raised.value)
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png", tmp_path / "gone.png", tmp_path / "empty.png" / "x", Path("a\0b")):
        for read in (load, measure):
            with pytest.raises(UsageError):
                read(path)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [12_300, 60_000])
def test_bombs_are_refused_before_they_are_decoded(side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = png(8, 2, 1, 1, [bytes(3)]).replace(struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), header)
    bomb = bomb[:29] + struct.pack(">I", zlib.crc32(bomb[12:29])) + bomb[33:]
    with pytest.raises(UsageError, match=r"'bomb\.png' is too large: at most 150,000,000 pixels"):
        decode(bomb, "bomb.png")


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "art.png"
    old, new = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 3), np.uint8)
    save(path, old)

    def full(self: Path, data: bytes) -> int:
        with self.open("xb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(UserError, match="cannot be written: No space left on device"):
            save(path, new)
    assert [each.name for each in tmp_path.iterdir()] == ["art.png"]
    assert np.array_equal(load(path), old)
    save(path, new)
    assert np.array_equal(load(path), new)


def test_where_a_picture_cannot_be_saved(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(UserError, match="cannot be written: No such file or directory"):
        save(tmp_path / "nowhere" / "x.png", pixels)
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "null.png").symlink_to("/dev/null")
    for name in ("folder.png", "null.png"):
        with pytest.raises(UsageError, match="is not a file that can be replaced"):
            save(tmp_path / name, pixels)
    with pytest.raises(UsageError, match=r"\.png, \.jpg, \.jpeg, \.webp"):
        save(tmp_path / "x.bmp", pixels)
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    save(tmp_path / "link.png", pixels)
    assert (tmp_path / "link.png").is_symlink()
    assert load(tmp_path / "real.png").shape == (4, 4, 3)
    with pytest.raises(UsageError, match="at most 16,383 pixels a side"):
        encode(np.zeros((1, 17_000, 3), np.uint8), "webp")


def _whole() -> dict[str, bytes]:
    random = np.random.default_rng(1)
    picture = Image.fromarray(random.integers(0, 255, (24, 30, 3), np.uint8))
    return {
        kind: saved(picture, kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF")
    }


def _profile_with_red_and_blue_swapped() -> bytes:
    """sRGB, but its first channel is blue: the tags of the two colorants are exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return (
        bytes(data)
        .replace("sRGB".encode("utf-16-be"), "BGRs".encode("utf-16-be"))
        .replace(b"sRGB built-in", b"BGRs built-in")
    )


WHOLE = _whole()
