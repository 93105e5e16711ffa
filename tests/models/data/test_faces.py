"""Drawn faces: the same each time, at any size, and every attribute is seen."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data import faces
from models.data.attributes import Attribute, Table
from models.data.faces import Face
from models.errors import UsageError

SHOWN_WITH = {"frames": {"glasses": True}, "hat_hue": {"hat": "beanie"}, "hair_colour": {"hair_style": "long"}}
"""What else there must be for an attribute to be seen."""


@pytest.mark.parametrize("size", [32, 47, 64, 128])
def test_faces_are_drawn_at_any_size(size: int) -> None:
    pixels, table = faces.sample(3, size=size)
    assert pixels.shape == (3, size, size, 3)
    assert pixels.dtype == np.uint8
    assert len(table) == 3
    assert pixels.std() > 30


@pytest.mark.parametrize("size", [31, 129, 0])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match=f"drawn at 32 to 128 pixels a side, not {size}"):
        faces.draw(Face(), size)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40), st.integers(0, 2**63))
def test_a_face_is_the_same_whatever_the_count(start: int, count: int, seed: int) -> None:
    pixels, table = faces.sample(count, seed, start=start, size=32)
    alone, one = faces.sample(1, seed, start=start + count - 1, size=32)
    assert np.array_equal(alone[0], pixels[-1])
    assert one.row(0) == table.row(count - 1)
    assert np.array_equal(faces.draw(table.row(count - 1), 32), pixels[-1])


def test_seeds_and_faces_differ() -> None:
    pixels, _ = faces.sample(20, seed=1)
    others, _ = faces.sample(20, seed=2)
    everything = np.concatenate([pixels, others]).astype(int)
    for number, one in enumerate(everything):
        apart = np.abs(everything - one).mean(axis=(1, 2, 3))
        assert np.delete(apart, number).min() > 5


def test_batches_are_the_sample_in_parts() -> None:
    pixels, table = faces.sample(10, seed=4, size=32)
    parts = list(faces.batches(4, 4, count=10, size=32))
    assert [len(part) for part, _ in parts] == [4, 4, 2]
    assert np.array_equal(np.concatenate([part for part, _ in parts]), pixels)
    assert np.array_equal(np.concatenate([rows.matrix() for _, rows in parts]), table.matrix())
    endless = faces.batches(2, size=32)
    assert all(next(endless)[0].shape == (2, 32, 32, 3) for _ in range(8))
    assert faces.sample(0)[0].shape == (0, 64, 64, 3)


def test_attributes_keep_to_their_ranges_and_are_balanced() -> None:
    table = Table.drawn(Face, range(4000), seed=7)
    for each in faces.SCHEMA:
        column = table[each.name]
        if each.type == "number":
            assert column.min() >= each.low
            assert column.max() <= each.high
            assert column.mean() == pytest.approx((each.low + each.high) / 2, abs=0.05 * (each.high - each.low))
        elif each.type == "flag":
            assert 0.15 < column.mean() < 0.5
        else:
            assert (np.bincount(column, minlength=len(each.kinds)) / 4000).min() > 0.05
    assert np.abs(np.corrcoef(table.matrix(["expression"]).T) - np.eye(8)).max() < 0.07


def _values(attribute: Attribute) -> list[object]:
    if attribute.type == "number":
        return [attribute.low, (attribute.low + attribute.high) / 2, attribute.high]
    return [False, True] if attribute.type == "flag" else list(attribute.kinds)


@pytest.mark.parametrize("attribute", faces.SCHEMA, ids=lambda each: each.name)
def test_every_attribute_is_seen(attribute: Attribute) -> None:
    """Between any two of its values, pixels change by far more than rounding, for three faces of three."""
    for number in range(3):
        face = Table.drawn(Face, [number], seed=11).row(0)
        face = dataclasses.replace(face, hat="none", glasses=False, hair_style="short", beard="none")
        face = dataclasses.replace(face, **SHOWN_WITH.get(attribute.name, {}))
        drawn = [
            faces.draw(dataclasses.replace(face, **{attribute.name: value})).astype(int) for value in _values(attribute)
        ]
        for before, after in itertools.pairwise(drawn):
            assert (np.abs(after - before).max(axis=2) > 10).sum() >= 4


def test_expression_moves_the_face_alone() -> None:
    """A smile changes the face, and neither the wall nor the clothes."""
    face = Face(hair_style="bob")
    changed = np.abs(faces.draw(dataclasses.replace(face, smile=1)).astype(int) - faces.draw(face)).max(axis=2) > 0
    assert changed[20:50, 14:50].any()
    assert not changed[:10].any()
    assert not changed[:, :8].any()
    assert not changed[56:].any()


def test_the_light_comes_from_its_side() -> None:
    left, right = (faces.draw(Face(light=side, hair_style="bald")).mean(axis=2) for side in (-1, 1))
    assert left[20:45, 18:28].mean() > left[20:45, 36:46].mean() + 10
    assert right[20:45, 18:28].mean() < right[20:45, 36:46].mean() - 10


def test_extremes_can_be_drawn() -> None:
    """No field is NaN, whatever the extremes."""
    rows = []
    for high in (False, True):
        ends = {each.name: _values(each)[-1 if high else 0] for each in faces.SCHEMA}
        rows += [Face(**{**ends, "hair_style": style}) for style in ("bald", "curly", "bun")]  # type: ignore[arg-type]
    with np.errstate(all="raise", under="ignore"):
        faces.render(Table.of(Face, rows), 32)
