"""What the commands that make a picture share: what is looked at before the work, and where the picture goes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from models.errors import UsageError
from models.families import FAMILIES
from studio.cli.fetching import Fetching
from studio.cli.output import say
from studio.export import MOVING, STILL, export, full_path
from studio.forecast import check

if TYPE_CHECKING:
    from models.recipe import Recipe
    from studio.registry import Registry, Run

THIS_RUN = Group("This run", sort_key=0)
Out = Annotated[
    Path | None,
    Parameter(
        name=["--out", "-o"],
        group=THIS_RUN,
        metavar="FILE",
        help="Where the picture goes, as .png, .jpg or .webp, an animation as .mp4, .gif or .webp "
        "(default: into the Gallery alone).",
        show_default=False,
    ),
]
Name = Annotated[
    str,
    Parameter(group=THIS_RUN, metavar="TEXT", help="What it is called (default: as the picture).", show_default=False),
]
Device = Annotated[
    str | None, Parameter(group=THIS_RUN, metavar="NAME", help="Where to compute: auto, CPU, GPU:0, ...")
]
Json = Annotated[
    bool, Parameter(name="--json", negative=(), group=THIS_RUN, help="Print JSON, one event a line, a result last.")
]


def paint(
    registry: Registry,
    recipe: Recipe,
    sources: tuple[str, ...],
    *,
    out: Path | None,
    name: str,
    device: str | None,
    json: bool,
    last_step: int | None = None,
    finish: Any = None,
) -> None:
    """Make a picture of a recipe here, and write it to `out`. `sources` are the knobs that name pictures.

    What can be told to be wrong is told before TensorFlow is loaded and before there is a run. `finish` is called with
    the picture and gives more for the result.
    """
    from studio.cli.foreground import carry_out
    from studio.config import load_settings
    from studio.registry import this_process
    from studio.sources import picture_name, placed, seen_through

    if out is not None:
        out = full_path(out)
        recipe = fit_for(out, recipe)
    check(recipe)
    values = seen_through(recipe.model_dump(mode="json"), registry)
    look_at(values, sources)
    fetch_network(values, registry.paths.home)
    called = name or picture_name(values, sources)
    run = registry.add_run(recipe.family, placed(values, sources), called, owner=this_process())

    def deliver(run: Run) -> Mapping[str, Any]:
        if run.picture_id is None:
            return {"picture": None, "file": None}
        entry = registry.picture(run.picture_id)
        file = registry.picture_file(entry.id)
        if out is not None:
            export(registry, entry, out)
            file = out
            if not json:
                say(f"written: {out}")
        facts = {
            "picture": entry.id,
            "name": entry.name,
            "file": str(file),
            "width": entry.width,
            "height": entry.height,
        }
        return facts if finish is None else facts | finish(entry)

    carry_out(
        registry, run, device or load_settings(registry.paths).device, json=json, deliver=deliver, last_step=last_step
    )


def fit_for(out: Path, recipe: Recipe) -> Recipe:
    """The recipe with the kind of animation that `out` ends with.

    Raises UsageError for a file that cannot be written, or not with what the recipe makes.
    """
    frames = getattr(recipe, "zoom_frames", 0) or getattr(recipe, "frames", 0)
    suffix, allowed = out.suffix.lower(), MOVING if frames > 1 else STILL
    if suffix not in allowed:
        what = "an animation" if frames > 1 else "a picture"
        raise UsageError(f"--out: {what} is written as {', '.join(allowed)}, not as '{out.name}'")
    if out.is_dir():
        raise UsageError(f"--out: '{out}' is a folder: name a file in it")
    if not out.parent.is_dir():
        raise UsageError(f"--out: there is no folder '{out.parent}'")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise UsageError(f"--out: '{out}' cannot be written: no permission")
    return recipe.changed(animation=suffix[1:]) if frames > 1 else recipe


def look_at(values: Mapping[str, Any], sources: tuple[str, ...]) -> None:
    """Raises UsageError, or CorruptFileError, for a picture that cannot be opened."""
    from models.vision.sources import size_of
    from studio.sources import pictures_of

    for _, source in pictures_of(values, sources):
        size_of(source)


def fetch_network(values: Mapping[str, Any], folder: Path) -> None:
    """Fetch the weights of the recipe's network, if they are not here. Raises UserError, with the way out."""
    from models import downloads
    from models.vision.backbones import catalog

    if values.get("weights") or values.get("backbone") not in catalog.BACKBONES:
        return
    for wanted in catalog.files(values["backbone"], classes=bool(values.get("target_class"))):
        if not wanted.is_here(folder):
            fetching = Fetching(wanted.name)
            try:
                downloads.fetch(wanted, folder, fetching)
            finally:
                fetching.close()


def recipe_for(family: str, preset: str | None, knobs: Mapping[str, Any]) -> Recipe:
    """The recipe of a preset with some knobs changed. Raises UsageError."""
    return FAMILIES[family].recipe_class().preset(preset, **knobs)
