"""Tiles: a picture is covered once, and each window reaches far enough."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.vision.tiles import Tile, add, canvas, cut, mirrored, spans, tiles


@given(
    st.integers(1, 120),
    st.integers(1, 800),
    st.integers(0, 90),
    st.sampled_from([1, 2, 8, 16, 32]),
)
def test_cores_cover_an_axis_once_and_windows_reach_beyond_them(
    count: int, window: int, halo: int, stride: int
) -> None:
    length = count * stride
    found = spans(length, window, halo, stride)
    assert [span.first for span in found] == [0, *(span.last for span in found[:-1])]
    assert found[-1].last == length
    assert len({span.window for span in found}) == 1
    for span in found:
        end = span.begin + span.window
        assert span.first < span.last
        assert span.begin % stride == span.first % stride == span.window % stride == 0
        assert 0 <= span.begin <= span.first < span.last <= end <= length
        assert span.begin == 0 or span.first - span.begin >= halo
        assert end == length or end - span.last >= halo
        assert span.window <= max(window, 2 * halo + 3 * stride)


@given(st.integers(2, 40), st.integers(16, 300), st.integers(0, 70), st.sampled_from([4, 16]), st.integers(0, 40))
def test_each_activation_belongs_to_one_core(count: int, window: int, halo: int, stride: int, begin: int) -> None:
    """Also those of networks without padding, which lie `begin` further in and are fewer."""
    length = count * stride
    lost = 2 * begin // stride
    found: list[int] = []
    for span in spans(length, window, max(halo, begin), stride):
        first, last = span.indices(stride, begin)
        has = max(0, span.window // stride - lost)
        found += [span.begin // stride + index for index in range(first, min(last, has))]
    assert found == list(range(max(0, count - lost)))


def test_a_picture_that_fits_is_one_tile() -> None:
    assert tiles((64, 96), 96, 48, 16) == [Tile(spans(64, 64, 0, 16)[0], spans(96, 96, 0, 16)[0])]


def test_a_narrow_picture_is_seen_in_longer_windows() -> None:
    """As many pixels at once as in squares."""
    assert len(tiles((64, 1600), 320, 48, 16)) == 1
    (first, *others) = tiles((160, 1600), 320, 48, 16)
    assert (first.rows.window, first.columns.window) == (160, 608)
    assert len(others) == 2
    assert [len(tiles(size, 320, 48, 16)) for size in ((320, 640), (640, 320), (640, 640))] == [3, 3, 9]


def test_a_canvas_has_room_for_the_jitter() -> None:
    assert canvas((100, 112), 16, 16) == (128, 128)
    assert canvas((100, 112), 0, 32) == (128, 128)
    assert canvas((96, 64), 0, 32) == (96, 64)


@given(st.integers(1, 12), st.integers(-40, 40), st.integers(0, 60))
def test_beyond_its_ends_an_axis_goes_on_as_in_a_mirror(length: int, begin: int, count: int) -> None:
    reach = 120
    expected = np.pad(np.arange(length), reach, mode="reflect")[reach + begin : reach + begin + count]
    np.testing.assert_array_equal(mirrored(begin, begin + count, length), expected)


@given(
    st.tuples(st.integers(1, 50), st.integers(1, 50)),
    st.integers(8, 64),
    st.integers(0, 17),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_windows_show_the_mirrored_picture_and_bring_their_shares_back(
    size: tuple[int, int], window: int, halo: int, shift: tuple[int, int]
) -> None:
    stride, jitter = 8, 9
    picture = np.random.default_rng(0).normal(size=(*size, 3)).astype(np.float32)
    whole = canvas(size, jitter, stride)
    after = [whole[axis] - size[axis] - shift[axis] for axis in (0, 1)]
    shown = np.pad(picture, ((shift[0], after[0]), (shift[1], after[1]), (0, 0)), mode="reflect")
    total = np.zeros_like(picture)
    for tile in tiles(whole, window, halo, stride):
        rows, columns = tile.rows, tile.columns
        found = cut(picture, tile, shift)
        expected = shown[rows.begin : rows.begin + rows.window, columns.begin : columns.begin + columns.window]
        np.testing.assert_array_equal(found, expected)
        core = np.zeros_like(found)
        inside = np.s_[
            rows.first - rows.begin : rows.last - rows.begin,
            columns.first - columns.begin : columns.last - columns.begin,
        ]
        core[inside] = found[inside]
        add(total, core, tile, shift)
    np.testing.assert_array_equal(total, picture)
