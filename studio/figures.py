"""Figures as words: each function gives a short text that keeps its width as the figure changes."""

from __future__ import annotations

import math
from collections.abc import Mapping

NONE = "–"


def count(number: float) -> str:
    """A whole number with its thousands apart: `12,345`."""
    return f"{int(number):,}"


def short(number: float) -> str:
    """A number in at most five cells: `950`, `12.3k`, `4.56M`."""
    for limit, divisor, unit in ((1e3, 1, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")):
        if abs(number) < limit * 0.9995:
            scaled = number / divisor
            digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
            return f"{scaled:.{0 if scaled == int(scaled) or divisor == 1 else digits}f}{unit}"
    return f"{number:.0e}"


def size(octets: float) -> str:
    """A size in at most seven cells: `612 kB`, `3.71 MB`."""
    for limit, divisor, unit in ((1e3, 1, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e15, 1e9, "GB")):
        if octets < limit * 0.9995:
            scaled = octets / divisor
            digits = 0 if divisor == 1 or scaled >= 99.5 else 2 if scaled < 9.995 else 1
            return f"{scaled:.{digits}f} {unit}"
    return f"{octets:.0e} B"


def loss(value: float | None) -> str:
    """A loss in at most six cells; NaN and infinity are words, not errors."""
    if value is None:
        return NONE
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    texts = [f"{value:.{digits}f}" for digits in (3, 2, 1)]
    if abs(value) >= 1e4:
        texts.append(short(value))
    texts.append(f"{value:.0e}".replace("e+0", "e").replace("e+", "e"))
    return next((text for text in texts if len(text) <= 6), texts[-1])


def merit(metrics: Mapping[str, float]) -> float | None:
    """The figure by which a model is chosen, the less the better: the held-out loss, else the Fréchet distance."""
    return metrics.get("val_loss", metrics.get("frechet"))


def learnt(metrics: Mapping[str, float]) -> float | None:
    """The loss on what is learnt; of two players that of the generator."""
    return metrics.get("loss", metrics.get("generator_loss"))


SHORT = {"picture": "pic"}
"""Units that have a short name."""


def rate(value: float | None, unit: str = "step") -> str:
    """So many a second, with its unit, in at most twelve cells: `31.2 step/s`; slow ones keep two decimals."""
    if value is None or not math.isfinite(value) or value <= 0:
        return NONE
    number = short(value) if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{number} {SHORT.get(unit, unit)}/s"


def clock(seconds: float | None) -> str:
    """A time as on a clock, in at most eight cells: `0:07`, `4:03`, `1:02:33`, `3d 04h`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    whole = max(0, round(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"


def spoken(seconds: float) -> str:
    """A time in words: `40 s`, `5 min`, `2 h 10 min`, `3 days`."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{round(minutes / 1440)} days"


def age(seconds: float) -> str:
    """How long ago, in at most seven cells: `now`, `12 min`, `3 h`, `5 d`."""
    if seconds < 60:
        return "now"
    for limit, divisor, unit in ((3600, 60, "min"), (86400, 3600, "h"), (864_000_000, 86400, "d")):
        if seconds < limit:
            return f"{int(seconds // divisor)} {unit}"
    return NONE


def bar(part: float, width: int) -> str:
    """A bar of `width` cells of which `part` (0..1) is done."""
    part = 0.0 if math.isnan(part) else min(1.0, max(0.0, part))
    halves = int(part * width * 2)
    return ("━" * (halves // 2) + ("╸" if halves % 2 else "")).ljust(width, "─")


def percent(part: float | None) -> str:
    """A part of one in at most five cells: ` 42 %`; never 100 before the end."""
    if part is None or math.isnan(part):
        return NONE
    return f"{math.floor(min(1.0, max(0.0, part)) * 100 + 1e-9)} %"


def brief(text: str, most: int = 300) -> str:
    """A text that nobody reads to its end, such as a thousand numbers in base64, cut short."""
    return text if len(text) <= most else f"{text[:40]}… ({len(text):,} characters)"
