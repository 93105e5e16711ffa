"""The chart: any numbers, any size, drawn again only when something has changed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from studio.widgets.chart import TICK, Chart, Point, bounds, measured, pieces, series, thin
from tests.studio.screens import curve, screen

ANY = st.floats(allow_nan=True, allow_infinity=True)


class Wall(App[None]):
    """A chart and nothing else."""

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "family-text": "green"}

    def compose(self) -> ComposeResult:
        yield Chart()

    @property
    def chart(self) -> Chart:
        return self.query_one(Chart)


async def test_both_curves_are_drawn_with_their_newest_values() -> None:
    app = Wall()
    async with app.run_test(size=(80, 20)) as pilot:
        app.chart.show(curve(), 1)
        await pilot.pause()
        shown = screen(app)
        newest = curve()[-1][1]["loss"]
        assert f"━━ loss  {newest:.3f}" in shown.splitlines()[0]
        assert "● held out" in shown.splitlines()[0]
        assert any("⠁" <= character <= "⣿" for character in shown)
        assert shown.count("●") > 3


async def test_the_frame_keeps_its_place_as_the_figures_change() -> None:
    app = Wall()
    async with app.run_test(size=(80, 20)) as pilot:
        edges = set()
        for mark, factor in enumerate((1, 10, 100, 1e4, 1e-4, 1e30)):
            app.chart.show([(step, {"loss": figures["loss"] * factor}) for step, figures in curve()], mark)
            await pilot.pause()
            axis = [line for line in screen(app).splitlines()[1:-2] if "│" in line or "┤" in line]
            edges |= {min(place for place in map(line.find, "│┤") if place >= 0) for line in axis}
        assert edges == {TICK}


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(0, {})],
        [(5, {"loss": 1.5})],
        [(0, {"loss": math.nan})],
        [(0, {"loss": math.inf}), (1, {"loss": -math.inf})],
        [(0, {"loss": 1.0}), (1, {"loss": math.nan}), (2, {"loss": 1.0}), (3, {"val_loss": math.inf})],
        [(0, {"loss": 0.0}), (1, {"loss": 0.0})],
        [(0, {"loss": 1e308}), (1, {"loss": -1e308})],
        [(0, {"loss": 1e-320}), (1, {"loss": 0.0})],
        [(3, {"loss": 1.0}), (3, {"loss": 2.0})],
    ],
)
@pytest.mark.parametrize("size", [(80, 20), (21, 4), (10, 3), (1, 1)])
async def test_no_numbers_and_no_size_break_it(points: list[Point], size: tuple[int, int]) -> None:
    app = Wall()
    async with app.run_test(size=size) as pilot:
        app.chart.show(points, 1)
        await pilot.pause()
        screen(app)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 10**9), ANY, ANY), max_size=40))
def test_any_numbers_can_be_drawn(values: list[tuple[int, float, float]]) -> None:
    chart = Chart()
    chart._color = lambda part: 7  # type: ignore[method-assign]
    chart.points = [(step, {"loss": loss, "val_loss": held}) for step, loss, held in sorted(values)]
    chart.draw(60, 12)


async def test_a_gap_is_said_and_not_drawn_across() -> None:
    app = Wall()
    async with app.run_test(size=(80, 20)) as pilot:
        app.chart.show([*curve(), (600, {"loss": math.nan})], 1)
        await pilot.pause()
        assert "not finite at step 600" in screen(app)
    assert pieces([(0, 1.0), (1, math.nan), (2, math.nan), (3, 2.0)]) == [[(0, 1.0)], [(3, 2.0)]]


async def test_it_is_due_when_something_has_changed_and_at_most_twice_a_second() -> None:
    app = Wall()
    async with app.run_test(size=(80, 20)):
        chart = app.chart
        assert chart.due("a")
        chart.show(curve(), "a")
        assert not chart.due("a", now=True)
        assert not chart.due("b")
        assert chart.due("b", now=True)


async def test_a_chart_that_stays_the_same_is_not_drawn_again() -> None:
    app = Wall()
    async with app.run_test(size=(80, 20)) as pilot:
        app.chart.show(curve(), "a")
        await pilot.pause()
        drawn = app.chart.render()
        app.chart.refresh()
        await pilot.pause()
        assert app.chart.render() is drawn


def test_a_few_wild_values_do_not_flatten_the_rest() -> None:
    low, high = bounds([1 + step / 100 for step in range(100)] + [1e30])
    assert low == 1
    assert high < 6


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    long = [(step, float(step)) for step in range(10_000)]
    assert len(thin(long, 100)) == 100
    assert thin(long, 100)[-1][0] == 9_999
    assert series([(0, {"a": 1.0}), (1, {"b": 2.0})], "b") == [(1, 2.0)]


def test_a_held_out_loss_is_a_dot_where_it_was_measured() -> None:
    assert measured([(1, 3.0), (2, 3.0), (3, 2.5), (4, 2.5), (5, math.nan), (6, math.nan)])[:2] == [(1, 3.0), (3, 2.5)]
    assert [step for step, _ in measured([(5, math.nan), (6, math.nan), (7, 1.0)])] == [5, 7]
