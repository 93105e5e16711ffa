"""What is known of a picture that was made, as the Gallery tells it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content

from studio import figures
from studio.visible import visible
from studio.widgets.field import as_text
from studio.widgets.run_view import changed_in, knobs_of

if TYPE_CHECKING:
    from studio.registry import PictureEntry


def details(entry: PictureEntry) -> Content:
    """One thing a line: how it was made, the knobs that were changed, then the others as they are in the preset."""
    about, changed = entry.about, changed_in(entry.family, entry.recipe)
    age = figures.age(time.time() - entry.created)
    facts = {
        "family": entry.family,
        "shape": shape_of(entry),
        "steps": figures.count(about["step"]) if "step" in about else "",
        "took": figures.clock(about["seconds"]) if "seconds" in about else "",
        "loss": figures.loss(about["metrics"]["loss"]) if "loss" in about.get("metrics", {}) else "",
        "made": "just now" if age == "now" else f"{age} ago",
        "from": ", ".join(dict.fromkeys(str(each.get("source", "")) for each in about.get("sources", ()))),
        "file": f"{entry.file}, {figures.size(entry.size)}",
        "id": entry.id,
    }
    knobs = {name: figures.brief(as_text(value)) or "none" for name, value in entry.recipe.items()}
    parts = [
        {name: value for name, value in facts.items() if value},
        {name: value for name, value in knobs.items() if name in changed or name == "seed"},
        {name: value for name, value in knobs.items() if name not in changed and name != "seed"},
    ]
    lines = [Content.styled(visible(entry.name), "bold")]
    if entry.problem:
        lines.append(Content(f"{entry.problem}: its file is not what was saved; delete it, or make it again with g"))
    for part in parts:
        lines.append(Content(""))
        lines.extend(Content(f"{name.replace('_', ' '):<16} {visible(value)}") for name, value in part.items())
    return Content("\n").join(lines)


def shape_of(entry: PictureEntry) -> str:
    """Its size in pixels, and its frames if it moves."""
    return f"{entry.width}x{entry.height}" + (f", {entry.frames} frames, {entry.kind}" if entry.frames > 1 else "")


def in_a_line(entry: PictureEntry) -> str:
    """A picture in a line: where there is no room for more."""
    how = entry.recipe.get("how") or knobs_of(entry.family, entry.recipe_json)
    return f"{entry.name}: {entry.family}, {shape_of(entry)}, {how}"
