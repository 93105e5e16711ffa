"""Batches: every picture its turn, in an order that the seed and the number of the step tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.data.sets import Indices, PictureSet, Pixels
from models.data.stream import Stream
from models.errors import UsageError


class Numbered(PictureSet):
    """Pictures whose first pixel is their index; `broken` cannot be read."""

    def __init__(self, count: int, broken: int = -1) -> None:
        self.name, self.count, self.size, self.channels, self.identity = "numbers", count, (16, 17), 1, "0"
        self.broken = broken

    def read(self, indices: Indices) -> Pixels:
        if self.broken in indices:
            raise UsageError("'7.png' is gone")
        found = np.zeros((len(indices), 16, 17, 1), np.uint8)
        found[:, 0, 0, 0] = indices
        return found


def numbers(pixels: Pixels, weights: np.ndarray | None = None) -> list[int]:
    """Which pictures these are, mirrored or not."""
    found = np.maximum(pixels[..., 0, 0, 0], pixels[..., 0, 16, 0])
    return sorted((found if weights is None else found[weights > 0]).ravel().tolist())


def test_ten_pictures_in_batches_of_four_are_four_four_two_v1() -> None:
    stream = Stream(Numbered(10), np.arange(10), 4, seed=0)
    assert stream.steps_per_epoch == 3
    pixels, weights = stream.batches(0, 3)
    assert (pixels.shape, pixels.dtype) == ((3, 4, 16, 17, 1), np.uint8)
    assert weights.sum(axis=1).tolist() == [4, 4, 2]
    assert numbers(pixels, weights) == list(range(10))
    again, _ = stream.batches(3, 3)
    assert not np.array_equal(pixels, again)


def test_a_step_is_the_same_wherever_it_is_taken_up() -> None:
    options = [{"wrap": wrap, "flip": flip} for wrap in (False, True) for flip in (False, True)]
    for option in options:
        whole, weights = Stream(Numbered(23), np.arange(23), 5, seed=3, **option).batches(0, 20)
        later = Stream(Numbered(23), np.arange(23), 5, seed=3, **option)
        for first, count in ((13, 2), (15, 5), (2, 3)):
            pixels, weigh = later.batches(first, count)
            assert np.array_equal(pixels, whole[first : first + count])
            assert np.array_equal(weigh, weights[first : first + count])
    assert not np.array_equal(Stream(Numbered(23), np.arange(23), 5, seed=4, **options[-1]).batches(0, 20)[0], whole)


def test_fewer_pictures_than_a_batch_still_make_full_ones_g1() -> None:
    stream = Stream(Numbered(20), np.arange(20), 64, seed=0, wrap=True)
    assert stream.steps_per_epoch == 1
    pixels, weights = stream.batches(0, 5)
    assert weights.min() == 1
    assert np.unique(numbers(pixels), return_counts=True)[1].tolist() == [16] * 20


def test_batches_across_an_epochs_end_leave_nothing_out() -> None:
    stream = Stream(Numbered(10), np.arange(10), 4, seed=0, wrap=True)
    assert stream.steps_per_epoch == 2
    assert numbers(stream.batches(0, 5)[0]) == sorted([*range(10), *range(10)])


def test_only_the_pictures_asked_for_are_read() -> None:
    chosen = np.array([2, 30, 7])
    pixels, weights = Stream(Numbered(40), chosen, 2, seed=0).batches(0, 2)
    assert numbers(pixels, weights) == [2, 7, 30]


def test_half_of_the_pictures_are_mirrored_anew_each_epoch() -> None:
    stream = Stream(Numbered(200), np.arange(200), 200, seed=0, flip=True)
    first, second = stream.batches(0, 2)[0][:, :, 0, 16, 0] > 0
    assert 70 < first.sum() < 130
    assert not np.array_equal(np.flatnonzero(first), np.flatnonzero(second))
    plain = Stream(Numbered(200), np.arange(200), 200, seed=0).batches(0, 1)[0]
    assert not plain[0, :, 0, 16, 0].any()


def test_a_picture_that_cannot_be_read_ends_the_batches_in_its_turn(capfd: pytest.CaptureFixture[str]) -> None:
    stream = Stream(Numbered(12, broken=7), np.arange(12), 3, seed=0)
    turn = next(step for step in range(4) if 7 in Stream(Numbered(12), np.arange(12), 3, seed=0).batch(step)[0])
    if turn:
        assert stream.batches(0, turn)[1].min() == 1
    with pytest.raises(UsageError, match=r"'7\.png' is gone"):
        stream.batches(turn, 1)
    assert "Traceback" not in capfd.readouterr().err


def test_a_folder_streams(tmp_path: Path) -> None:
    from PIL import Image

    from models.data.opening import open_set

    for number in range(10):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(tmp_path / f"{number}.png")
    pictures = open_set(str(tmp_path), folder=tmp_path)
    pixels, weights = Stream(pictures, np.arange(10), 4, seed=0).batches(0, 3)
    assert sorted(pixels[weights > 0][:, 0, 0, 0].tolist()) == list(range(10))
