"""`studio backbones`: the networks that pictures are dreamed and styled with. TensorFlow is not loaded for it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from studio.cli.fetching import Fetching
from studio.cli.models import Json
from studio.cli.output import emit, say, table
from studio.figures import size

if TYPE_CHECKING:
    from models.vision.backbones.catalog import Backbone

WIDTH = 78
INDENT = 15

HELP = "Show the networks to dream and style with; fetch one."

app = App(name="backbones", help=HELP, help_epilogue="")


@app.default
def show(
    name: Annotated[str | None, Parameter(name="NAME", help="Of one network: its files and its layers.")] = None,
    /,
    *,
    json: Json = False,
) -> None:
    """List the networks, or show one of them: what it is, whether its weights are here, and its layers."""
    from models.vision.backbones import catalog

    found = list(catalog.BACKBONES.values()) if name is None else [catalog.backbone(name)]
    folder = home()
    if json and name is None:
        emit("result", backbones=[facts(each, folder) for each in found])
    elif json:
        emit("result", **facts(found[0], folder))
    elif name is None:
        rows = [(each.name, size(each.size), state(each, folder), f"{len(each.layers)}", each.title) for each in found]
        for line in table(rows, ("NAME", "SIZE", "STATE", "LAYERS", "TITLE")):
            say(line)
    else:
        for line in described(found[0], folder):
            say(line)


@app.command
def fetch(
    name: Annotated[str, Parameter(name="NAME", help="The network.")],
    /,
    *,
    classes: Annotated[
        bool, Parameter(negative=(), help="Also the file with its classes, to dream of one of them.")
    ] = False,
    json: Json = False,
) -> None:
    """Download the weights of a network, so that it can be used offline."""
    from models import downloads
    from models.vision.backbones import catalog

    found, folder = catalog.backbone(name), home()
    for wanted in catalog.files(name, classes=classes):
        fetching = Fetching(wanted.name)
        try:
            downloads.fetch(wanted, folder, fetching)
        finally:
            fetching.close()
    if json:
        emit("result", **facts(found, folder))
    else:
        say(f"{found.title} is here: {catalog.place(name, folder)}")


def home() -> Path:
    """The data folder. It need not exist."""
    from studio.config import Paths

    return Paths.standard().home


def state(found: Backbone, folder: Path, *, classes: bool = False) -> str:
    """In a word or two, whether its weights, or those with its classes, can be used at once."""
    from models.vision.backbones import catalog

    return "here" if catalog.is_here(found.name, folder, classes=classes) else "to fetch"


def facts(found: Backbone, folder: Path) -> dict[str, Any]:
    """What JSON says of a network."""
    from models.vision.backbones import catalog

    return {
        "name": found.name,
        "title": found.title,
        "size": found.size,
        "here": catalog.is_here(found.name, folder),
        "place": str(catalog.place(found.name, folder)),
        "url": found.download.url if found.download else None,
        "classes_here": catalog.is_here(found.name, folder, classes=True),
        "licence": found.licence,
        "minimum": found.minimum,
        "layers": dict(found.channels),
        "dream": list(found.dream),
        "style": list(found.style),
        "content": list(found.content),
    }


def described(found: Backbone, folder: Path) -> list[str]:
    """A network for people; its layers, each with its channels, in columns from shallow to deep."""
    from models.vision.backbones import catalog

    lines = {
        "name": found.name,
        "title": found.title,
        "size": size(found.size),
        "state": state(found, folder),
        "place": str(catalog.place(found.name, folder)),
    }
    if found.download is not None and found.classes is not None:
        lines["address"] = found.download.url
        lines["with classes"] = f"{size(found.classes.size)}, {state(found, folder, classes=True)}"
    lines |= {
        "licence": found.licence,
        "pictures": f"{found.minimum}x{found.minimum} at least",
        "dreams with": wrapped(found.dream),
        "styles with": wrapped(found.style),
        "content by": wrapped(found.content),
    }
    told = [f"{name:<{INDENT - 1}} {value}" for name, value in lines.items()]
    cells = [f"{layer} ({channels})" for layer, channels in found.channels.items()]
    width = max(map(len, cells)) + 2
    columns = max(1, WIDTH // width)
    rows = [cells[index : index + columns] for index in range(0, len(cells), columns)]
    layers = ["".join(f"{cell:<{width}}" for cell in row).rstrip() for row in rows]
    return [
        *"\n".join(told).splitlines(),
        "",
        "layers, shallow to deep, with their channels:",
        *(f"  {line}" for line in layers),
    ]


def wrapped(layers: Sequence[str]) -> str:
    """Names in a paragraph, the lines after the first below its beginning."""
    return f"\n{' ' * INDENT}".join(textwrap.wrap(", ".join(layers), WIDTH - INDENT))
