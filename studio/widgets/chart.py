"""The loss chart: a line for the training loss, dots for the validation loss, safe for NaN and infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import ClassVar

from rich.text import Text
from textual.widget import Widget

from studio.figures import loss as loss_text
from studio.figures import short

Point = tuple[int, Mapping[str, float]]
PERIOD = 0.5
"""Seconds between two drawings, at least."""
TICK = 6
"""Cells of a label at the left axis."""


class Chart(Widget):
    """Two curves over steps. It keeps its frame: the axis labels have a fixed width, and a caption names the curves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--line", "chart--dots", "chart--axis"}
    DEFAULT_CSS = """
    Chart {
        width: 1fr; height: 1fr; min-height: 4;
        & > .chart--line { color: $family-text; }
        & > .chart--dots { color: $text-warning; }
        & > .chart--axis { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None, line: str = "loss", dots: str = "val_loss") -> None:
        super().__init__(id=id)
        self.line, self.dots = line, dots
        self.points: Sequence[Point] = ()
        self._mark: object = None
        self._next = 0.0
        self._drawn: tuple[object, Text] | None = None

    def due(self, mark: object, *, now: bool = False) -> bool:
        """Whether to `show` points again: what `mark` stands for has changed, and half a second is over, or `now`."""
        return mark != self._mark and (now or monotonic() >= self._next)

    def show(self, points: Sequence[Point], mark: object) -> None:
        """Show these points; `mark` tells whether they have changed."""
        self._mark, self._next = mark, monotonic() + PERIOD
        self.points = points
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None

    def render(self) -> Text:
        wanted = (self._mark, self.size)
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = (wanted, self.draw(self.size.width, self.size.height))
        return self._drawn[1]

    def draw(self, width: int, height: int) -> Text:
        """The chart in `width` times `height` cells, its caption on the first line."""
        line = series(self.points, self.line)
        dots = measured(series(self.points, self.dots))
        text = self.caption(line, dots)
        if height < 4 or width < 20:
            return text
        finite = [value for _, value in (*line, *dots) if math.isfinite(value)]
        if not finite:
            text.append("\n\n" + " " * (TICK + 2) + "the curve starts with the first steps", self._style("axis"))
            return text
        return text.append("\n").append_text(self._plot(line, dots, bounds(finite), width, height - 1))

    def caption(self, line: Sequence[tuple[int, float]], dots: Sequence[tuple[int, float]]) -> Text:
        """What the two curves are, with their newest values; and where a value was not a number."""
        newest = [loss_text(curve[-1][1] if curve else None).rjust(TICK) for curve in (line, dots)]
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" " * (TICK + 1)).append("━━", self._style("line")).append(f" loss {newest[0]}   ")
        text.append("●", self._style("dots")).append(f" held out {newest[1]}")
        broken = next((step for step, value in (*line, *dots) if not math.isfinite(value)), None)
        if broken is not None:
            text.append(f"   not finite at step {broken:,}", "bold")
        return text

    def _plot(
        self,
        line: Sequence[tuple[int, float]],
        dots: Sequence[tuple[int, float]],
        limits: tuple[float, float],
        width: int,
        height: int,
    ) -> Text:
        from textual_plotext import Plot

        low, high = limits
        plot = Plot()
        plot.plotsize(width, height)
        plot._set_size(width, height)
        plot.canvas_color("default")
        plot.axes_color("default")
        plot.ticks_color(self._color("axis"))
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        first = min(curve[0][0] for curve in (line, dots) if curve)
        last = max(max(curve[-1][0] for curve in (line, dots) if curve), first + 1)
        plot.xlim(first, last)
        plot.ylim(0, 1)
        for values in pieces(thin(line, 2 * width)):
            plot.plot(
                [step for step, _ in values],
                [within(value, low, high) for _, value in values],
                color=self._color("line"),
                marker="braille",
            )
        seen = [(step, within(value, low, high)) for step, value in thin(dots, width // 2) if math.isfinite(value)]
        if seen:
            plot.scatter(
                [step for step, _ in seen], [value for _, value in seen], color=self._color("dots"), marker="●"
            )
        rows = max(2, height // 4)
        ticks = [place / (rows - 1) for place in range(rows)]
        plot.yticks(ticks, [loss_text(low * (1 - tick) + high * tick).rjust(TICK) for tick in ticks])
        steps = [first + (last - first) * place / 4 for place in range(5)]
        plot.xticks(steps, [short(step) for step in steps])
        return Text.from_ansi(plot.build(), no_wrap=True, overflow="crop")

    def _style(self, part: str) -> str:
        color = self._color(part)
        return f"rgb{color}".replace(" ", "") if isinstance(color, tuple) else f"color({color})"

    def _color(self, part: str) -> tuple[int, int, int] | int:
        """The colour of a part: red, green and blue, or the number of one of the terminal's own colours."""
        color = self.get_component_styles(f"chart--{part}").color
        if color.ansi is not None:
            return color.ansi if color.ansi >= 0 else 7
        return (self.background_colors[1] + color).rgb


def series(points: Iterable[Point], name: str) -> list[tuple[int, float]]:
    """The points that have a figure of this name."""
    return [(step, metrics[name]) for step, metrics in points if name in metrics]


def measured(curve: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points at which a figure was measured: where it has changed. In between, runs repeat the one before."""
    return [
        point
        for place, point in enumerate(curve)
        if place == 0
        or not (point[1] == curve[place - 1][1] or (math.isnan(point[1]) and math.isnan(curve[place - 1][1])))
    ]


def thin(curve: Sequence[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """`curve` with at most `most` points: means of neighbours. A value that is not finite stays to be seen as a gap."""
    if len(curve) <= most:
        return list(curve)
    found = []
    for place in range(most):
        part = curve[place * len(curve) // most : (place + 1) * len(curve) // most]
        found.append((part[-1][0], sum(value for _, value in part) / len(part)))
    return found


def pieces(curve: Iterable[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """`curve` cut where it is not finite, so that no line is drawn across a gap."""
    found: list[list[tuple[int, float]]] = [[]]
    for step, value in curve:
        if math.isfinite(value):
            found[-1].append((step, value))
        elif found[-1]:
            found.append([])
    return [piece for piece in found if piece]


def within(value: float, low: float, high: float) -> float:
    """Where a value lies between two others: 0..1, whatever their size."""
    scale = max(abs(low), abs(high))
    part = (value / scale - low / scale) / (high / scale - low / scale)
    return min(1.0, max(0.0, part))


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and highest value to show: a few wild ones do not flatten the rest."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    usual = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    high = min(high, low + 4 * (usual - low)) if usual > low else high
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = low - 0.5 * max(abs(low), 1e-3), high + 0.5 * max(abs(high), 1e-3)
    return low, high
