"""The studio's own colours, and the accent of each family in every theme."""

from __future__ import annotations

from collections.abc import Sequence

from textual.color import Color
from textual.theme import Theme

ACCENTS = {
    "family-text": "text-primary",
    "family-dream": "text-accent",
    "family-style": "text-warning",
    "family-vae": "text-success",
    "family-gan": "text-secondary",
}
"""The accent of a family, and the variable of a foreign theme that stands in for it."""

DARK = Theme(
    name="studio",
    primary="#4fc7a4",
    secondary="#e67ba2",
    accent="#a78bfa",
    success="#7cc95f",
    warning="#e9b44c",
    error="#ef6a6a",
    foreground="#d9dce3",
    background="#11141a",
    surface="#181c24",
    panel="#222732",
    dark=True,
    variables={
        "family-text": "#5fd9b4",
        "family-dream": "#b79dfb",
        "family-style": "#f0a35e",
        "family-vae": "#6cb8ff",
        "family-gan": "#f08cb0",
        "scrollbar": "#3a4353",
        "scrollbar-hover": "#4b566a",
        "scrollbar-active": "#5fd9b4",
        "scrollbar-background": "#181c24",
        "scrollbar-background-hover": "#181c24",
        "scrollbar-background-active": "#181c24",
        "scrollbar-corner-color": "#181c24",
        "block-cursor-background": "#2c4a45",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#232b33",
        "block-cursor-blurred-foreground": "#d9dce3",
    },
)
LIGHT = Theme(
    name="studio-light",
    primary="#0f7a5f",
    secondary="#b23a68",
    accent="#6b46c1",
    success="#3b7d23",
    warning="#96600a",
    error="#b3282d",
    foreground="#20242c",
    background="#f6f5f1",
    surface="#eceae4",
    panel="#e0ded6",
    dark=False,
    variables={
        "family-text": "#0b6b53",
        "family-dream": "#5b37b0",
        "family-style": "#8f4d05",
        "family-vae": "#0a5aa8",
        "family-gan": "#a32c5b",
        "scrollbar": "#c3c0b6",
        "scrollbar-hover": "#aeaba0",
        "scrollbar-active": "#0b6b53",
        "scrollbar-background": "#eceae4",
        "scrollbar-background-hover": "#eceae4",
        "scrollbar-background-active": "#eceae4",
        "scrollbar-corner-color": "#eceae4",
        "block-cursor-background": "#bfe0d6",
        "block-cursor-foreground": "#101418",
        "block-cursor-blurred-background": "#d9ddd6",
        "block-cursor-blurred-foreground": "#20242c",
    },
)


QUIET = {"text": 0.9, "text-muted": 0.62, "text-disabled": 0.4}
"""Textual makes these from black or white by the background, which a part of a widget does not know; ours are made
from the theme's foreground, so much of it."""
READABLE = 3.0
"""The least contrast of a text that has to be read, as WCAG 2 has it for large text."""
HAVE_TO_BE_READ = ("text-muted", "text-error", "text-warning", "text-success", *ACCENTS)


def with_accents(variables: dict[str, str]) -> dict[str, str]:
    """A theme's variables with the families' accents, where the theme does not bring its own, and quiet texts.

    What would be hard to read on the theme's grounds is drawn towards black or white. A theme that leaves the colours
    to the terminal is left alone.
    """
    found = {**{name: variables[stand_in] for name, stand_in in ACCENTS.items()}, **variables}
    background = Color.parse(variables["background"])
    if background.ansi is not None:
        return found
    grounds = [background + Color.parse(variables[name]) for name in ("background", "surface", "panel")]
    foreground = Color.parse(variables["foreground"])
    for name, part in QUIET.items():
        if found[name].startswith("auto"):
            found[name] = background.blend(foreground, part).hex
    for name in HAVE_TO_BE_READ:
        found[name] = readable(Color.parse(found[name]), grounds).hex
    return found


def readable(color: Color, grounds: Sequence[Color]) -> Color:
    """`color`, or the nearest on its way to black or white that can be read on all of `grounds`."""
    end = grounds[0].get_contrast_text(1.0).rgb
    for part in range(11):
        tried = color.blend(Color(*end), part / 10)
        if all(contrast(tried, ground) >= READABLE for ground in grounds):
            return tried
    return Color(*end)


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colours as WCAG 2 defines it: 1 to 21."""
    lights = sorted(luminance(color) for color in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color: Color) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
