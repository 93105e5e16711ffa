"""Batches: which symbols a step reads, and that the held-out part is measured whole, each symbol once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from models.text.batches import AFRESH, HeldOut, HeldOutWindows, Streams, Windows, batches
from models.text.recipe import TextRecipe

IDS = np.arange(1000, dtype=np.uint16)


def test_streams_go_on_where_they_ended() -> None:
    streams = Streams(IDS, batch=4, window=10, seed=3)
    assert streams.steps_per_epoch == 25
    for step in range(24):
        now, after = streams.batch(step), streams.batch(step + 1)
        assert now.shape == (4, 11)
        assert now.dtype == np.int32
        np.testing.assert_array_equal(after[:, 0], now[:, -1])
        np.testing.assert_array_equal((now[:, 1:] - now[:, :-1]) % 1000, 1)


def test_streams_read_every_symbol_once_an_epoch() -> None:
    streams = Streams(IDS, batch=4, window=10, seed=3)
    read = np.concatenate([streams.batch(step)[:, :-1].ravel() for step in range(25)])
    np.testing.assert_array_equal(np.sort(read), IDS)


def test_streams_begin_elsewhere_each_epoch() -> None:
    streams = Streams(IDS, batch=4, window=10, seed=3)
    assert not np.array_equal(streams.batch(0), streams.batch(25))


def test_streams_begin_an_epoch_afresh_and_each_lane_again_every_few_steps() -> None:
    streams = Streams(np.arange(40_000, dtype=np.uint16), batch=8, window=10, seed=0)
    assert not streams.carried(0).any()
    assert not streams.carried(streams.steps_per_epoch).any()
    carried = np.stack([streams.carried(step) for step in range(1, 1 + AFRESH)])
    assert carried.shape == (AFRESH, 8, 1)
    assert np.array_equal((carried == 0).sum(axis=0), np.ones((8, 1)))


def test_windows_carry_nothing() -> None:
    assert not Windows(np.arange(500, dtype=np.uint16), batch=8, window=10, stride=3, seed=0).carried(5).any()


def test_windows_are_a_stride_apart_and_each_comes_once_an_epoch() -> None:
    windows = Windows(IDS, batch=10, window=60, stride=3, seed=1)
    assert windows.steps_per_epoch == (1000 - 61) // 3 // 10 + (1 if (1000 - 61) // 3 % 10 == 9 else 0)
    found = np.concatenate([windows.batch(step) for step in range(windows.steps_per_epoch)])
    np.testing.assert_array_equal(found, found[:, :1] + np.arange(61))
    assert (found[:, 0] % 3 == 0).all()
    assert len(np.unique(found[:, 0])) == len(found)
    assert not np.array_equal(np.sort(found[:, 0]), found[:, 0])


def test_windows_come_in_another_order_each_epoch_whatever_was_asked_before() -> None:
    windows = Windows(IDS, batch=10, window=60, stride=3, seed=1)
    per_epoch = windows.steps_per_epoch
    first, second = windows.batch(2), windows.batch(per_epoch + 2)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(windows.batch(2), first)
    np.testing.assert_array_equal(Windows(IDS, batch=10, window=60, stride=3, seed=1).batch(per_epoch + 2), second)


def test_a_million_characters_take_no_copy_of_their_windows() -> None:
    """A one-hot array of these windows would need 4 GB; T6."""
    ids = np.random.default_rng(0).integers(0, 100, 10**6).astype(np.uint8)
    tracemalloc.start()
    windows = Windows(ids, batch=128, window=40, stride=1, seed=0)
    for step in range(50):
        windows.batch(step)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.parametrize("size", [4, 5, 11])
def test_a_corpus_smaller_than_a_batch_still_fills_one(size: int) -> None:
    ids = IDS[:size]
    for made in (Streams(ids, 8, 3, 0), Windows(ids, 8, 3, 1, 0)):
        assert made.steps_per_epoch >= 1
        assert made.batch(0).shape == (8, 4)
        assert made.batch(made.steps_per_epoch).max() < size


def test_the_recipe_says_how_to_cut() -> None:
    assert isinstance(batches(TextRecipe.preset(), IDS), Streams)
    shuffled = batches(TextRecipe.preset(stateful=False, window=20, batch=5), IDS)
    assert isinstance(shuffled, Windows)
    assert shuffled.steps_per_epoch == 9
    classic = batches(TextRecipe.preset("classic"), IDS)
    assert isinstance(classic, Windows)
    assert classic.batch(0).shape == (128, 61)


@pytest.mark.parametrize(("held", "lead", "lanes"), [(300, 20, None), (301, 20, 7), (5, 20, 1), (17, 3, 5), (64, 8, 8)])
def test_held_out_symbols_are_predicted_once_each_from_the_one_before(held: int, lead: int, lanes: int | None) -> None:
    made = HeldOut(IDS[:-held], IDS[-held:], lead, lanes)
    counted = []
    for start in range(0, made.length, 7):
        inputs, targets, weights = made.chunk(start, start + 7)
        assert inputs.shape == targets.shape == weights.shape == (made.lanes, 7)
        np.testing.assert_array_equal(inputs[weights > 0] + 1, targets[weights > 0])
        counted.append(targets[weights > 0])
    np.testing.assert_array_equal(np.sort(np.concatenate(counted)), IDS[-held:])


def test_held_out_lanes_read_their_lead_before_they_count() -> None:
    made = HeldOut(IDS[:-300], IDS[-300:], 20, 3)
    inputs, _, weights = made.chunk(0, 21)
    assert not weights[:, :20].any()
    assert weights[:, 20].all()
    np.testing.assert_array_equal(inputs[:, 0] + 20, inputs[:, 20])
    assert inputs[0, 20] == 699


def test_held_out_windows_predict_held_out_symbols_alone() -> None:
    made = HeldOutWindows(IDS[:-100], IDS[-100:], window=30, stride=3, lanes=8)
    targets = []
    for index in range(made.batches):
        windows, weights = made.batch(index)
        assert windows.shape == (8, 31)
        targets.append(windows[weights > 0, -1])
    np.testing.assert_array_equal(np.concatenate(targets), IDS[-100::3])
