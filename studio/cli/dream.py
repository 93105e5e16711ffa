"""`studio dream`: a picture climbs towards what excites a network."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from models.families import FAMILIES
from studio.cli.flags import with_knobs
from studio.cli.paint import Device, Json, Name, Out, paint, recipe_for
from studio.find import open_registry

Image = Annotated[
    str, Parameter(name="IMAGE", help="The picture to dream on: a file, or the name of a sample such as coffee.")
]

EXAMPLES = """\
Examples:
  studio dream coffee -o dream.png
  studio dream me.jpg -o deep.jpg --preset deep --side 1024
  studio dream astronaut -o espresso.png --target-class espresso
  studio dream rocket -o eyes.png --layers block9:12 block10=0.5
  studio dream chelsea -o zoom.mp4 --preset zoom
"""

app = App(name="dream", help="Let a network dream on a picture.", help_epilogue=EXAMPLES)


def dream(
    image: Image,
    /,
    *,
    out: Out = None,
    name: Name = "",
    device: Device = None,
    json: Json = False,
    preset: str | None,
    knobs: dict[str, Any],
) -> None:
    """Let a network dream on a picture. Ctrl+C stops it and keeps the picture as it is."""
    recipe = recipe_for("dream", preset, {"content": image, **knobs})
    paint(open_registry(), recipe, ("content", "guide"), out=out, name=name, device=device, json=json)


app.default(with_knobs(dream, FAMILIES["dream"].recipe_class(), leave_out=("content",)))
