"""`studio pictures`: what was made and kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from studio.cli.models import Json, confirm, value_of
from studio.cli.output import emit, say, table
from studio.figures import age, brief, size
from studio.find import find_picture, open_registry

if TYPE_CHECKING:
    from studio.registry import PictureEntry

Wanted = Annotated[str, Parameter(name="PICTURE", help="A name, an id, or the beginning of either.")]

app = App(name="pictures", help="List, show, export, rename and delete pictures.", help_epilogue="")


@app.command(name="list")
def list_pictures(*, family: str | None = None, json: Json = False) -> None:
    """List the pictures, newest first.

    Parameters
    ----------
    family
        Only those of one family, such as dream.
    """
    from models import families

    if family is not None:
        families.family(family)
    found = open_registry().pictures(family)
    if json:
        emit("result", pictures=[facts(entry) for entry in found])
    elif not found:
        say("no pictures yet: studio dream coffee makes one")
    else:
        now = time.time()
        rows = [
            (
                entry.id,
                entry.family,
                entry.problem or shape_of(entry),
                size(entry.size),
                age(now - entry.created),
                entry.name,
            )
            for entry in found
        ]
        for line in table(rows, ("ID", "FAMILY", "SHAPE", "SIZE", "AGE", "NAME")):
            say(line)


@app.command
def show(picture: Wanted, /, *, json: Json = False) -> None:
    """Show one picture: what it is, and the recipe that made it."""
    registry = open_registry()
    found = find_picture(registry, picture)
    file = registry.picture_file(found.id)
    if json:
        emit("result", **facts(found), file=str(file))
        return
    lines = {
        "name": found.name,
        "id": found.id,
        "family": found.family,
        "shape": shape_of(found),
        "size": size(found.size),
        "file": str(file),
        "made": time.strftime("%Y-%m-%d %H:%M", time.localtime(found.created)),
        "run": found.run_id or "-",
    }
    if found.problem:
        lines["problem"] = f"the file is {found.problem}"
    for name, value in lines.items():
        say(f"{name:<14} {value}")
    say()
    for name, value in found.recipe.items():
        say(f"  {name:<16} {brief(value_of(value))}")


@app.command
def export(picture: Wanted, file: Path, /, *, json: Json = False) -> None:
    """Write a picture to a file, with its recipe inside.

    Parameters
    ----------
    file
        A picture as .png, .jpg or .webp; an animation in its own kind.
    """
    from studio.export import export as write
    from studio.export import full_path

    registry = open_registry()
    found = find_picture(registry, picture)
    out = full_path(file)
    write(registry, found, out)
    tell(found, f"written: {out}", json=json, file=str(out))


@app.command
def rename(picture: Wanted, name: str, /, *, json: Json = False) -> None:
    """Give a picture another name.

    Parameters
    ----------
    name
        The new name, in any script.
    """
    registry = open_registry()
    found = find_picture(registry, picture)
    renamed = registry.rename_picture(found.id, name)
    tell(renamed, f"'{found.name}' is now called '{renamed.name}'", json=json)


@app.command
def delete(
    picture: Wanted,
    /,
    *,
    yes: Annotated[bool, Parameter(alias="-y", negative=(), help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete a picture and its file, for good."""
    registry = open_registry()
    found = find_picture(registry, picture)
    confirm(f"delete the picture '{found.name}' ({size(found.size)}) for good?", yes=yes)
    registry.delete_picture(found.id)
    tell(found, f"deleted '{found.name}'", json=json)


def tell(entry: PictureEntry, line: str, *, json: bool, **more: Any) -> None:
    """What was done with a picture: a line for people, a result for programs."""
    if json:
        emit("result", id=entry.id, name=entry.name, **more)
    else:
        say(line)


def shape_of(entry: PictureEntry) -> str:
    """Its size in pixels, and its frames if it moves."""
    return f"{entry.width}x{entry.height}" + (f", {entry.frames} frames" if entry.frames > 1 else "")


def facts(entry: PictureEntry) -> dict[str, Any]:
    """What JSON says of a picture."""
    return {
        "id": entry.id,
        "name": entry.name,
        "family": entry.family,
        "width": entry.width,
        "height": entry.height,
        "frames": entry.frames,
        "kind": entry.kind,
        "size": entry.size,
        "sha256": entry.sha256,
        "run": entry.run_id,
        "created": entry.created,
        "problem": entry.problem,
        "about": entry.about,
        "recipe": entry.recipe,
    }
