"""The chart of a run: lines for what each step tells, dots for what is measured now and then; NaN does no harm."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.widget import Widget

from studio.figures import loss as loss_text
from studio.figures import short

Point = tuple[int, Mapping[str, float]]
Curve = list[tuple[int, float]]
PERIOD = 0.5
"""Seconds between two drawings, at least."""
TICK = 6
"""Cells of a label at the left axis."""
LEAST = 7
"""Rows of a panel, at least: with fewer rows a chart has fewer panels."""


class Panel(NamedTuple):
    """Curves over one axis: a line, maybe a second one, maybe dots; each a metric and what it is called."""

    line: tuple[str, str]
    second: tuple[str, str] | None = None
    dots: tuple[str, str] | None = None


LOSSES = (Panel(("loss", "loss"), dots=("val_loss", "held out")),)
PANELS: Mapping[str, tuple[Panel, ...]] = {
    "vae": (
        *LOSSES,
        Panel(("reconstruction", "reconstruction"), ("divergence", "KL")),
    ),
    "gan": (
        Panel(("generator_loss", "generator"), ("discriminator_loss", "discriminator")),
        Panel(("real_score", "score of real"), ("fake_score", "of made")),
        Panel(("diversity", "diversity")),
        Panel(("frechet", "Fréchet")),
    ),
}
"""What a family's chart shows, by importance; `LOSSES` for the others."""


class Chart(Widget):
    """Panels of curves over steps, one under the other. It keeps its frame: the axis labels have a fixed width, and a
    caption names the curves.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--line", "chart--second", "chart--dots", "chart--axis"}
    DEFAULT_CSS = """
    Chart {
        width: 1fr; height: 1fr; min-height: 4;
        & > .chart--line { color: $family-text; }
        & > .chart--second { color: $text-accent; }
        & > .chart--dots { color: $text-warning; }
        & > .chart--axis { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None, panels: Sequence[Panel] = LOSSES) -> None:
        super().__init__(id=id)
        self.panels = panels
        self.points: Sequence[Point] = ()
        self._mark: object = None
        self._next = 0.0
        self._drawn: tuple[object, Text] | None = None

    def due(self, mark: object, *, now: bool = False) -> bool:
        """Whether to `show` points again: what `mark` stands for has changed, and half a second is over, or `now`."""
        return mark != self._mark and (now or monotonic() >= self._next)

    def show(self, points: Sequence[Point], mark: object, panels: Sequence[Panel] | None = None) -> None:
        """Show these points, in other panels if those are given; `mark` tells whether they have changed."""
        self.panels = self.panels if panels is None else panels
        self._mark, self._next = mark, monotonic() + PERIOD
        self.points = points
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None

    def render(self) -> Text:
        wanted = (self._mark, self.size, self.panels)
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = (wanted, self.draw(self.size.width, self.size.height))
        return self._drawn[1]

    def draw(self, width: int, height: int) -> Text:
        """The chart in `width` times `height` cells: as many panels as have room, the others left out."""
        shown = [panel for panel in self.panels if any(series(self.points, name) for name, _ in named(panel))]
        shown = (shown or list(self.panels[:1]))[: max(1, height // LEAST)]
        parts = []
        for place, panel in enumerate(shown):
            rows = height * (place + 1) // len(shown) - height * place // len(shown)
            parts.append(self._panel(panel, width, rows))
        return Text("\n").join(parts)

    def _panel(self, panel: Panel, width: int, height: int) -> Text:
        """A panel, its caption on the first line."""
        curves = {
            part: measured(series(self.points, curve[0])) if part == "dots" else series(self.points, curve[0])
            for part, curve in zip(("line", "second", "dots"), panel, strict=True)
            if curve is not None
        }
        text = self.caption(panel, curves)
        if height < 4 or width < 20:
            return text
        finite = [value for curve in curves.values() for _, value in curve if math.isfinite(value)]
        if not finite:
            text.append("\n\n" + " " * (TICK + 2) + "the curve starts with the first steps", self._style("axis"))
            return text
        return text.append("\n").append_text(self._plot(curves, bounds(finite), width, height - 1))

    def caption(self, panel: Panel, curves: Mapping[str, Curve]) -> Text:
        """What the curves are, with their newest values; and where a value was not a number."""
        text = Text(" " * (TICK + 1), no_wrap=True, overflow="ellipsis")
        for (part, curve), (_, name) in zip(curves.items(), named(panel), strict=True):
            newest = loss_text(curve[-1][1] if curve else None).rjust(TICK)
            text.append("   " if part != "line" else "")
            text.append("●" if part == "dots" else "━━", self._style(part)).append(f" {name} {newest}")
        broken = next((step for curve in curves.values() for step, value in curve if not math.isfinite(value)), None)
        if broken is not None:
            text.append(f"   not finite at step {broken:,}", "bold")
        return text

    def _plot(self, curves: Mapping[str, Curve], limits: tuple[float, float], width: int, height: int) -> Text:
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
        first = min(curve[0][0] for curve in curves.values() if curve)
        last = max(max(curve[-1][0] for curve in curves.values() if curve), first + 1)
        plot.xlim(first, last)
        plot.ylim(0, 1)
        for part, curve in curves.items():
            for values in pieces(thin(curve, 2 * width)) if part != "dots" else ():
                plot.plot(
                    [step for step, _ in values],
                    [within(value, low, high) for _, value in values],
                    color=self._color(part),
                    marker="braille",
                )
        dots = thin(curves.get("dots", []), width // 2)
        seen = [(step, within(value, low, high)) for step, value in dots if math.isfinite(value)]
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


def named(panel: Panel) -> list[tuple[str, str]]:
    """The curves that a panel has."""
    return [curve for curve in panel if curve is not None]


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
