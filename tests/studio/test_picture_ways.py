"""Pictures as half-blocks, sixels and Kitty's messages, to the byte, and where on the screen they go."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from textual.strip import Strip

from models.vision.sources import open_source
from studio.pictures import WAYS, Means
from studio.widgets.picture import kitty
from studio.widgets.picture.half import Line, half_blocks, scaled
from studio.widgets.picture.layout import laid_out
from studio.widgets.picture.looking import Look, captioned, same_shape
from studio.widgets.picture.painting import painted
from studio.widgets.picture.sixel import sixels

Pixels = NDArray[np.uint8]
SIZES = st.integers(1, 5000)


def noise(width: int, height: int, colours: int = 256) -> Pixels:
    generator = np.random.default_rng(width * 7919 + height)
    palette = generator.integers(0, 256, (colours, 3), dtype=np.uint8)
    return palette[generator.integers(0, colours, (height, width))]


def cells(lines: list[Line]) -> Pixels:
    """The pixels that rows of half-blocks show."""
    rows: list[list[Any]] = []
    for line in lines:
        looks = [segment.style for segment in line for _ in segment.text]
        rows.append([style.color.triplet for style in looks])  # type: ignore[union-attr]
        rows.append([style.bgcolor.triplet for style in looks])  # type: ignore[union-attr]
    return np.array(rows, np.uint8)


def from_sixels(data: str) -> Pixels:
    """The picture that a terminal makes of a sixel sequence."""
    found = re.fullmatch(r'\x1bP[\d;]*q"1;1;(\d+);(\d+)(.*)\x1b\\', data, re.DOTALL)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    picture = np.zeros((height + 5, width, 3), np.uint8)
    registers: dict[int, tuple[int, ...]] = {}
    x = y = 0
    colour: tuple[int, ...] = ()
    for define, select, count, bits, move in re.findall(
        r"#(\d+;2;\d+;\d+;\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])", found[3]
    ):
        if define:
            number, _, *parts = (int(part) for part in define.split(";"))
            colour = registers[number] = tuple(round(part * 255 / 100) for part in parts)
        elif select:
            colour = registers[int(select)]  # a KeyError is a colour that was not defined first
        elif bits:
            run = int(count or 1)
            for row in range(6):
                if ord(bits) - 63 >> row & 1:
                    picture[y + row, x : x + run] = colour
            x += run
        else:
            x, y = 0, y + 6 * (move == "-")
    return picture[:height]


@given(SIZES, SIZES, st.integers(1, 300), st.integers(1, 130), st.floats(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_a_picture_stays_in_its_room_and_in_itself(
    width: int, height: int, columns: int, rows: int, zoom: float, across: float, down: float
) -> None:
    found = laid_out((width, height), (columns, rows), (9, 18), zoom, (across, down))
    assert 1 <= found.columns <= columns
    assert 1 <= found.rows <= rows
    assert 0 <= found.left < found.left + found.width <= width
    assert 0 <= found.top < found.top + found.height <= height
    if zoom == 1:
        assert (found.width, found.height) == (width, height)


@given(st.integers(50, 3000), st.integers(50, 3000), st.integers(20, 60))
def test_a_picture_keeps_its_shape_whatever_the_shape_of_a_cell(width: int, height: int, cell_width: int) -> None:
    found = laid_out((width, height), (200, 100), (cell_width, 40))
    scale = min(200 * cell_width / width, 100 * 40 / height)
    assert abs(found.columns - max(1, width * scale / cell_width)) <= 0.5 + 1e-9
    assert abs(found.rows - max(1, height * scale / 40)) <= 0.5 + 1e-9
    assert found.columns == 200 or found.rows == 100


def test_a_look_goes_nearer_and_to_the_side_as_far_as_there_is_something() -> None:
    near = Look().nearer(2)
    assert near.zoom == 2.25
    for _ in range(50):
        near = near.moved(-1, 1)
    assert near.centre == pytest.approx((0.5 / 2.25, 1 - 0.5 / 2.25))
    assert near.nearer(-1).nearer(-1) == Look()
    assert Look().nearer(100).zoom == 32


def test_octaves_of_a_dream_have_one_shape() -> None:
    assert same_shape(noise(451, 300), noise(322, 214))
    assert not same_shape(noise(300, 451), noise(451, 300))
    assert not same_shape(None, noise(3, 3))


def test_half_blocks_show_two_pixels_a_cell() -> None:
    pixels = noise(7, 6)
    assert (cells(half_blocks(pixels, 7, 3)) == pixels).all()


def test_a_small_picture_is_shown_large_with_its_edges() -> None:
    pixels = noise(4, 4)
    assert (cells(half_blocks(pixels, 16, 8)) == pixels.repeat(4, 0).repeat(4, 1)).all()


def test_cells_of_one_look_are_one_piece() -> None:
    flat = np.full((20, 80, 3), (10, 20, 30), np.uint8)
    flat[:, 40:] = (1, 2, 3)
    assert [len(line) for line in half_blocks(flat, 80, 10)] == [2] * 10


def test_a_half_block_frame_takes_less_than_25_kilobytes() -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    pixels = open_source("chelsea").pixels
    sizes = [sum(len(Strip(line).render(console).encode()) for line in half_blocks(part, 32, 16))
             for part in (pixels, noise(32, 32))]  # fmt: skip
    assert max(sizes) < 25_000


@pytest.mark.parametrize("size", [(1, 1), (5, 13), (64, 6), (37, 19)])
def test_sixels_are_the_picture(size: tuple[int, int]) -> None:
    pixels = noise(*size, colours=24)
    assert np.abs(from_sixels(sixels(pixels)).astype(int) - pixels).max() <= 6  # percents, and the palette's own steps


def test_colours_are_defined_before_the_first_pixel() -> None:
    data = sixels(scaled(open_source("chelsea").pixels, 200, 133))
    defined = [found.end() for found in re.finditer(r"#\d+;2;\d+;\d+;\d+", data)]
    header = re.match(r'\x1bP[\d;]*q"[\d;]*', data)
    assert header is not None
    assert re.fullmatch(r"(#\d+;2;\d+;\d+;\d+)+", data[header.end() : defined[-1]])
    assert 16 < len(defined) <= 256


def test_sixels_cover_their_cells_and_no_more() -> None:
    found = painted(noise(64, 64), (60, 30), Means("sixel", (8, 16)))
    assert (found.columns, found.rows) == (60, 30)
    assert from_sixels(found.sent).shape == (480, 480, 3)


MESSAGE = re.compile(r"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\")


@pytest.mark.parametrize(("size", "sends"), [((64, 64), (64, 64)), ((900, 900), (480, 480)), ((3012, 5), (3012, 5))])
def test_kitty_is_sent_no_more_than_it_can_show(size: tuple[int, int], sends: tuple[int, int]) -> None:
    found = painted(noise(*size), (60, 30), Means("kitty", (8, 16)))
    messages = MESSAGE.findall(found.sent)
    assert "".join(f"\x1b_G{head};{data}\x1b\\" for head, data in messages) == found.sent
    heads = [dict(pair.split("=") for pair in head.split(",")) for head, _ in messages]
    assert heads[0] | {"m": "0"} == {
        "a": "T", "U": "1", "i": str(found.number), "f": "100", "c": str(found.columns), "r": str(found.rows),
        "q": "2", "m": "0",
    }  # fmt: skip
    assert [head["m"] for head in heads] == ["1"] * (len(heads) - 1) + ["0"]
    assert all(len(data) <= 4096 for _, data in messages)
    picture = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in messages))))
    assert picture.size == sends  # the last is lower than its row of cells: the terminal scales


def test_kitty_placeholders_name_the_picture_and_the_row() -> None:
    lines = kitty.placeholders(0x123456, 3, 2)
    assert [line[0].text for line in lines] == [
        "\U0010eeee\u0305\u0305\U0010eeee\U0010eeee",
        "\U0010eeee\u030d\u0305\U0010eeee\U0010eeee",
    ]
    assert all(line[0].style is not None and line[0].style.color is not None for line in lines)
    assert lines[0][0].style.color.triplet == (0x12, 0x34, 0x56)  # type: ignore[union-attr]
    assert lines[0][0].cell_length == 3


def test_kitty_pictures_are_freed_by_their_number() -> None:
    assert kitty.freed(77) == "\x1b_Ga=d,d=I,i=77,q=2\x1b\\"
    assert len({kitty.next_number() for _ in range(100)}) == 100


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("room", [(1, 1), (3, 2), (80, 1), (1, 300), (120, 60)])
@pytest.mark.parametrize("size", [(3012, 5), (1, 1), (1, 3012)])
def test_any_picture_goes_into_any_room(way: Any, room: tuple[int, int], size: tuple[int, int]) -> None:
    for look in (Look(), Look(32.0, (0.1, 0.9))):
        found = painted(noise(*size), room, Means(way, (8, 16)), look)
        assert 1 <= found.columns <= room[0]
        assert 1 <= found.rows <= room[1]
        assert all(sum(segment.cell_length for segment in line) == found.columns for line in found.lines)


@pytest.mark.parametrize(
    ("name", "width", "caption"),
    [
        ("coffee", 40, " coffee  600x400"),
        ("/home/a/very/long/way/to/coffee.png", 30, " coffee.png  600x400"),
        ("日本語の長い名前", 20, " 日本語の…   600x400"),
        ("coffee", 9, " 600x400"),
        ("", 40, " 600x400"),
    ],
)
def test_a_caption_keeps_the_size_in_sight(name: str, width: int, caption: str) -> None:
    assert captioned(name, "600x400", width) == caption
