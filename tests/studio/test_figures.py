"""Figures as words of a fixed width."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import figures

ANY = st.floats(min_value=0, max_value=1e11)


@given(ANY)
def test_short_and_size_and_clock_never_outgrow_their_column(value: float) -> None:
    assert len(figures.short(value)) <= 5
    assert len(figures.size(value)) <= 7
    assert len(figures.clock(min(value, 8e6))) <= 8
    assert len(figures.age(min(value, 8e8))) <= 7
    assert len(figures.rate(value, "char")) <= 12
    assert len(figures.rate(value, "picture")) <= 12


@given(st.floats())
def test_a_loss_is_words_whatever_it_is(value: float) -> None:
    assert len(figures.loss(value)) <= 6


@given(st.floats(), st.integers(1, 30))
def test_a_bar_keeps_its_width(part: float, width: int) -> None:
    assert len(figures.bar(part, width)) == width
    assert len(figures.percent(part)) <= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (math.nan, "NaN"), (math.inf, "inf"), (-math.inf, "-inf"), (1.5, "1.500"), (61_234.5, "61.2k")],
)
def test_losses(value: float | None, text: str) -> None:
    assert figures.loss(value) == text


def test_times() -> None:
    assert [figures.clock(value) for value in (7, 243, 3753, 273_600, None, math.nan)] == [
        "0:07", "4:03", "1:02:33", "3d 04h", "–", "–",
    ]  # fmt: skip
    assert [figures.spoken(value) for value in (40, 300, 7800, 7200, 260_000)] == [
        "40 s", "5 min", "2 h 10 min", "2 h", "3 days",
    ]  # fmt: skip


def test_a_job_is_not_at_hundred_percent_before_its_end() -> None:
    assert figures.percent(0.9999) == "99 %"
    assert figures.percent(1.0) == "100 %"


def test_what_nobody_reads_to_its_end_is_cut_short() -> None:
    assert figures.brief("a" * 300) == "a" * 300
    assert figures.brief("a" * 3000) == f"{'a' * 40}… (3,000 characters)"


@pytest.mark.parametrize(
    ("metrics", "merit", "learnt"),
    [
        ({"loss": 1.5, "val_loss": 1.25}, 1.25, 1.5),
        ({"loss": 1.5}, None, 1.5),
        ({"generator_loss": 0.75, "discriminator_loss": 1.0, "frechet": 350.0}, 350.0, 0.75),
        ({}, None, None),
    ],
)
def test_every_family_has_a_figure_of_merit_and_a_loss(
    metrics: dict[str, float], merit: float | None, learnt: float | None
) -> None:
    assert (figures.merit(metrics), figures.learnt(metrics)) == (merit, learnt)
