"""Drawn letters and digits: the same each time, in many fonts that differ, and every attribute is seen."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.data import glyphs
from models.data.attributes import Attribute, Table
from models.data.glyphs import Glyph
from models.errors import UsageError


@pytest.mark.parametrize("size", [16, 28, 32, 65, 128])
def test_glyphs_are_drawn_at_any_size(size: int) -> None:
    pixels, table = glyphs.sample(5, size=size)
    assert pixels.shape == (5, size, size)
    assert pixels.dtype == np.uint8
    assert len(table) == 5


@pytest.mark.parametrize("size", [15, 129])
def test_another_size_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match=f"drawn at 16 to 128 pixels a side, not {size}"):
        glyphs.draw(Glyph(), size)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40), st.integers(0, 2**63))
def test_a_glyph_is_the_same_whatever_the_count(start: int, count: int, seed: int) -> None:
    pixels, table = glyphs.sample(count, seed, start=start)
    alone, _ = glyphs.sample(1, seed, start=start + count - 1)
    assert np.array_equal(alone[0], pixels[-1])
    assert np.array_equal(glyphs.draw(table.row(count - 1)), pixels[-1])


def test_batches_are_the_sample_in_parts() -> None:
    pixels, table = glyphs.sample(10, seed=4)
    parts = list(glyphs.batches(4, 4, count=10))
    assert [len(part) for part, _ in parts] == [4, 4, 2]
    assert np.array_equal(np.concatenate([part for part, _ in parts]), pixels)
    assert np.array_equal(np.concatenate([rows.matrix() for _, rows in parts]), table.matrix())


def test_attributes_are_balanced() -> None:
    table = Table.drawn(Glyph, range(10_000), seed=3)
    for name, kinds in (("character", 36), ("font", len(glyphs.FONTS))):
        counts = np.bincount(table[name], minlength=kinds) * kinds / 10_000
        assert counts.min() > 0.75
        assert counts.max() < 1.25
    assert len(glyphs.FONTS) >= 12


@pytest.mark.parametrize("font", glyphs.FONTS)
@pytest.mark.parametrize("weight", [0, 0.5, 1])
def test_every_character_is_drawn_inside_the_picture_and_like_no_other(font: str, weight: float) -> None:
    rows = [Glyph(character=each, font=font, weight=weight, size=0.5) for each in glyphs.CHARACTERS]
    pixels = glyphs.render(Table.of(Glyph, rows), 48).astype(int)
    assert pixels.max(axis=(1, 2)).min() > 150
    assert (pixels > 60).mean(axis=(1, 2)).max() < 0.5
    assert (pixels > 60).mean(axis=(1, 2)).min() > 0.008
    edge = np.concatenate([pixels[:, [0, -1]].reshape(36, -1), pixels[:, :, [0, -1]].reshape(36, -1)], axis=1)
    assert edge.max() < 30
    for one, other in itertools.combinations(pixels, 2):
        assert (np.abs(one - other) > 100).sum() > 8


def test_fonts_differ() -> None:
    rows = [Glyph(character="R", font=font, weight=0.6) for font in glyphs.FONTS]
    pixels = glyphs.render(Table.of(Glyph, rows), 48).astype(int)
    for one, other in itertools.combinations(pixels, 2):
        assert (np.abs(one - other) > 60).sum() > 20


@pytest.mark.parametrize("font", glyphs.FONTS)
@pytest.mark.parametrize(
    "attribute", [each for each in glyphs.SCHEMA if each.type == "number"], ids=lambda each: each.name
)
def test_every_attribute_is_seen_in_every_font(attribute: Attribute, font: str) -> None:
    values = [attribute.low, (attribute.low + attribute.high) / 2, attribute.high]
    glyph = Glyph(character="K", font=font)
    drawn = [glyphs.draw(dataclasses.replace(glyph, **{attribute.name: value})).astype(int) for value in values]
    for before, after in itertools.pairwise(drawn):
        assert (np.abs(after - before) > 25).sum() >= 6


def test_weight_size_and_place_do_what_they_say() -> None:
    def ink(**values: object) -> np.ndarray:
        return glyphs.draw(Glyph(character="H", **values), 64).astype(float)  # type: ignore[arg-type]

    assert ink(weight=1).sum() > 1.8 * ink(weight=0).sum()
    rows = [np.flatnonzero(ink(size=size).sum(axis=1) > 50) for size in (0, 1)]
    assert np.ptp(rows[1]) == pytest.approx(1.5 * np.ptp(rows[0]), rel=0.1)
    across, down = np.meshgrid(np.arange(64), np.arange(64))
    moved, still = ink(x=1, y=-1), ink()
    assert np.average(across, weights=moved) - np.average(across, weights=still) == pytest.approx(6.4, abs=0.2)
    assert np.average(down, weights=moved) - np.average(down, weights=still) == pytest.approx(-6.4, abs=0.2)
    leaning = ink(slant=1)
    assert np.average(across[:28], weights=leaning[:28]) > 32 > np.average(across[36:], weights=leaning[36:])
