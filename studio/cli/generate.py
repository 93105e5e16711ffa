"""`studio generate`: new pictures by a trained VAE or GAN."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from models.errors import UsageError
from studio.cli.making import THIS_RUN, Enlarge, Json, Name, Still, Studio, Truncation, Wanted, placed, shape
from studio.cli.output import emit, say

EPILOGUE = """\
Examples:
  studio generate MODEL -o face.png                   one picture
  studio generate MODEL -o face.png --count 20        face-01.png to face-20.png
  studio generate MODEL -o faces.png --grid 4x6       a sheet of 24
  studio generate MODEL -o face.png --seed 7 --truncation 0.7
"""
MOST = 10_000

app = App(name="generate", help="Make new pictures with a trained VAE or GAN.", help_epilogue=EPILOGUE)


@app.default
def generate(
    model: Wanted,
    /,
    *,
    out: Still = None,
    count: Annotated[int, Parameter(group=THIS_RUN, metavar="N", help="So many pictures, in files with numbers.")] = 1,
    grid: Annotated[
        str, Parameter(group=THIS_RUN, metavar="RxC", help="One picture: a sheet of R rows.", show_default=False)
    ] = "",
    seed: Annotated[int | None, Parameter(metavar="N", help="The same seed makes the same pictures.")] = None,
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Make new pictures: random points of the latent space, decoded. Picture k of a seed is seed + k alone."""
    from models.text.sampler.lane import new_seed

    if not 1 <= count <= MOST:
        raise UsageError(f"--count: 1 to {MOST:,} pictures, not {count}")
    if not 0 <= truncation <= 10:
        raise UsageError(f"--truncation: 0 to 10, not {truncation:g}")
    rows, columns = shape(grid) if grid else (1, 1)
    if grid and count > 1:
        raise UsageError("--count makes files, --grid one sheet of RxC pictures: give one of them")
    out = placed(out, films=False)
    places = [numbered(out, number, count) for number in range(1, count + 1)]
    studio = Studio(model)
    seed = new_seed() if seed is None else seed
    if seed < 0:
        raise UsageError(f"--seed: a number from 0 on, not {seed}")
    made = []
    for number, place in enumerate(places):
        first = seed + number
        points = studio.points([str(first + cell) for cell in range(rows * columns)], truncation)
        how = f"seed {first}" + (f" to {first + rows * columns - 1}" if grid else "") + f", truncation {truncation:g}"
        recipe = studio.recipe(points, how, columns=columns, enlarge=enlarge)
        made.append(studio.make(recipe, place, name or f"{studio.entry.name} seed {first}"))
        if not json:
            say(f"written: {place}" if place is not None else f"kept in the Gallery: '{made[-1]['name']}'")
    if json:
        emit("result", model=studio.entry.id, seed=seed, pictures=made, **made[0])


def numbered(out: Path | None, number: int, count: int) -> Path | None:
    """The file of one picture of several. Raises UsageError for one that cannot be written."""
    if out is None or count == 1:
        return out
    place = out.with_name(f"{out.stem}-{number:0{len(str(count))}}{out.suffix}")
    if place.is_dir():
        raise UsageError(f"--out: '{place}' is a folder")
    return place
