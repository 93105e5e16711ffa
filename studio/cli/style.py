"""`studio style`: a picture is painted anew in the style of others."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from models.families import FAMILIES
from studio.cli.flags import with_knobs
from studio.cli.paint import THIS_RUN, Device, Json, Name, Out, paint, recipe_for
from studio.find import open_registry

Content = Annotated[
    str, Parameter(name="CONTENT", help="The picture to paint anew: a file, or the name of a sample such as coffee.")
]
Style = Annotated[
    tuple[str, ...],
    Parameter(
        name="--style",
        group=THIS_RUN,
        metavar="PICTURE",
        negative_iterable=(),
        consume_multiple=False,
        help="Whose style it takes: a file, a drawn style such as waves, or a sample; several are blended.",
        show_default=False,
    ),
]

EXAMPLES = """\
Examples:
  studio style coffee --style waves -o waves.png
  studio style me.jpg --style brush-strokes --style marble --blend 2,1 -o both.png
  studio style rocket --style painting.jpg -o own.png --colour keep
  studio style me.jpg --style mosaic --style waves --masks sky.png ground.png -o parts.png
"""

app = App(name="style", help="Paint a picture anew in the style of others.", help_epilogue=EXAMPLES)


def style(
    content: Content,
    /,
    *,
    style: Style = (),
    out: Out = None,
    name: Name = "",
    device: Device = None,
    json: Json = False,
    preset: str | None,
    knobs: dict[str, Any],
) -> None:
    """Paint a picture anew in the style of others. Ctrl+C stops it and keeps the picture as it is."""
    given = {"content": content, **({"styles": style} if style else {}), **knobs}
    recipe = recipe_for("style", preset, given)
    sources = ("content", "styles", "masks", "start_picture")
    paint(open_registry(), recipe, sources, out=out, name=name, device=device, json=json)


app.default(with_knobs(style, FAMILIES["style"].recipe_class(), leave_out=("content", "styles")))
