"""`studio latent`: travel the latent space of a trained VAE or GAN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from models.errors import UsageError
from studio.cli.making import (
    THIS_RUN,
    Enlarge,
    Film,
    Fps,
    Json,
    Name,
    Point,
    Still,
    Studio,
    Truncation,
    Wanted,
    deliver,
    frames_of,
    moves,
    numbers,
    placed,
    shape,
)  # fmt: skip
from studio.cli.mixing import mix
from studio.cli.output import emit, say, table

if TYPE_CHECKING:
    from models.latent.model import Concept, Latents

EPILOGUE = """\
Examples:
  studio latent interpolate MODEL 1 2 3 -o way.gif --loop      between seeds, and back
  studio latent interpolate MODEL a.png b.png -o strip.png     between two pictures
  studio latent concept MODEL a.png --concept smile -o smiling.png
  studio latent swap MODEL who.png how.png -o swapped.png
  studio latent mix MODEL 1 2 3 --style 4 5 -o table.png
"""
STRIP = 9
"""Pictures of a strip."""

app = App(name="latent", help="Travel the latent space of a trained VAE or GAN.", help_epilogue=EPILOGUE)
Seconds = Annotated[float | None, Parameter(metavar="S", help="How long a film is.", show_default=False)]
Names = Annotated[tuple[str, ...], Parameter(metavar="NAME", negative_iterable=(), show_default=False)]


@app.command
def interpolate(
    model: Wanted,
    points: Annotated[
        tuple[str, ...], Parameter(name="POINT", help="Two or more: seeds, such as 7, or pictures (a file, a sample).")
    ],
    /,
    *,
    out: Film = None,
    way: Annotated[str, Parameter(metavar="WAY", help="spherical, linear, or smooth through all points.")] = (
        "spherical"
    ),
    loop: Annotated[bool, Parameter(negative=(), help="Come back to the first point.")] = False,
    ease: Annotated[bool, Parameter(negative=(), help="Slow down at each point.")] = False,
    seconds: Seconds = None,
    fps: Fps = 12.0,
    count: Annotated[int, Parameter(metavar="N", help="Pictures of a strip.")] = STRIP,
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Go from point to point, as a film or as a strip."""
    if len(points) < 2:
        raise UsageError("interpolate: two points at least, seeds or pictures, are wanted")
    out = placed(out, films=True)
    studio = Studio(model)
    spans = len(points) if loop else len(points) - 1
    frames = frames_of(2.0 * spans if seconds is None else seconds, fps)
    found = studio.points(points, truncation)
    how = f"from {' to '.join(points)}, {way}"
    deliver(studio, found, how, out, frames, fps, count, name or f"{studio.entry.name} way", json=json, way=way,
            closed=loop, ease=ease, enlarge=enlarge)  # fmt: skip


@app.command
def walk(
    model: Wanted,
    /,
    *,
    out: Film = None,
    seed: Annotated[int | None, Parameter(metavar="N", help="The same seed walks the same way.")] = None,
    seconds: Seconds = 10.0,
    fps: Fps = 12.0,
    pace: Annotated[float, Parameter(metavar="N", help="Random points passed in a second.")] = 0.5,
    count: Annotated[int, Parameter(metavar="N", help="Pictures of a strip.")] = STRIP,
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Walk from random point to random point, as a film without a jump: it ends where it began."""
    import math

    from models.text.sampler.lane import new_seed

    if not 0.01 <= pace <= 20:
        raise UsageError(f"--pace: 0.01 to 20 points a second, not {pace:g}")
    out = placed(out, films=True)
    studio = Studio(model)
    seed = new_seed() if seed is None else seed
    length = 10.0 if seconds is None else seconds
    frames = frames_of(length, fps)
    stations = max(2, math.ceil(length * pace))
    found = studio.points([str(seed + number) for number in range(stations)], truncation)
    title = name or f"{studio.entry.name} walk {seed}"
    deliver(studio, found, f"a walk of seed {seed}", out, frames, fps, count, title, json=json,
            way="smooth", closed=True, enlarge=enlarge, seed=seed)  # fmt: skip


@app.command
def concept(
    model: Wanted,
    point: Point,
    /,
    *,
    out: Film = None,
    concept: Annotated[Names, Parameter(help="The concept, of the model or your own; several are added up.")] = (),
    with_: Annotated[Names, Parameter(name="--with", consume_multiple=True, help="Pictures that have it.")] = (),
    without: Annotated[Names, Parameter(consume_multiple=True, help="Pictures that do not.")] = (),
    strength: Annotated[
        str, Parameter(allow_leading_hyphen=True, metavar="N,N,...", help="How strong; several make a strip.")
    ] = "1",
    save: Annotated[
        str, Parameter(metavar="NAME", help="Keep the concept of --with and --without, by this name.")
    ] = "",
    seconds: Seconds = 2.0,
    fps: Fps = 12.0,
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Add a concept to a picture: a frown becomes a smile. As a film it grows from nothing and goes again."""
    import numpy as np

    from models.latent.concepts import applied, from_groups, named

    strengths = numbers(strength)
    if not concept and not (with_ and without):
        raise UsageError("concept: --concept NAME is wanted, or two groups of pictures: --with A B --without C D")
    if save and not with_:
        raise UsageError("--save keeps a concept of two groups of pictures: --with A B --without C D")
    film = out is not None and moves(out) and len(strengths) == 1 and out.suffix.lower() != ".webp"
    out = placed(out, films=film)
    studio = Studio(model)
    start = studio.points([point], truncation)[0]
    chosen: list[Concept] = [named(studio.concepts, each) for each in concept]
    if with_ or without:
        own = from_groups(studio.points(without, truncation), studio.points(with_, truncation), save or "of groups")
        chosen.append(own)
        if save:
            kept(studio, own)
    called = " and ".join(each.name for each in chosen)

    def at(amount: float) -> Latents:
        found: Latents = start
        for each in chosen:
            found = applied(found, each, amount)
        return found

    how = f"{called} {strength} on {point}"
    title = name or f"{studio.entry.name} {called}"
    if film:
        recipe = studio.recipe(
            np.stack([start, at(strengths[0])]), how, path="linear", closed=True, ease=True,
            frames=frames_of(2.0 if seconds is None else seconds, fps), fps=fps, enlarge=enlarge,
        )  # fmt: skip
    else:
        recipe = studio.recipe(np.stack([at(one) for one in strengths]), how, columns=len(strengths), enlarge=enlarge)
    studio.deliver(recipe, out, title, json=json, concepts=[each.name for each in chosen], strengths=strengths)


@app.command
def swap(
    model: Wanted,
    identity: Annotated[str, Parameter(name="IDENTITY", help="Who it is: a picture, or a seed.")],
    expression: Annotated[str, Parameter(name="EXPRESSION", help="Whose expression and pose: a picture, or a seed.")],
    /,
    *,
    out: Still = None,
    take: Annotated[Names, Parameter(help="A concept to take over (default: those of expression and pose).")] = (),
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Face swap: the identity of one picture with the expression and pose of another."""
    from models.latent.swap import swapped

    out = placed(out, films=False)
    studio = Studio(model)
    who, whose = studio.points([identity, expression], truncation)
    found = swapped(who, whose, studio.concepts, take)
    recipe = studio.recipe(found[None], f"{identity} with the expression of {expression}", enlarge=enlarge)
    studio.deliver(recipe, out, name or f"{studio.entry.name} swap", json=json)


app.command(mix)


@app.command
def manifold(
    model: Wanted,
    /,
    *,
    out: Still = None,
    grid: Annotated[str, Parameter(group=THIS_RUN, metavar="RxC", help="Rows and columns.")] = "12x12",
    around: Annotated[
        str, Parameter(metavar="POINT", help="A seed or picture in its middle (default: the middle of the space).")
    ] = "",
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:
    """Show a plane of the space as a sheet: its two dimensions, or the two strongest directions."""
    from models.latent.manifold import grid as plane

    rows, columns = shape(grid)
    out = placed(out, films=False)
    studio = Studio(model)
    centre = studio.points([around], truncation)[0] if around else None
    found = plane(studio.model, rows, columns, centre)
    recipe = studio.recipe(found, f"a plane of {rows}x{columns}", columns=columns, gap=0, enlarge=enlarge)
    studio.deliver(recipe, out, name or f"{studio.entry.name} manifold", json=json)


@app.command
def concepts(model: Wanted, /, *, json: Json = False) -> None:
    """List the concepts of a model, and your own."""
    from models.latent.groups import group_of

    studio = Studio(model)
    rows = [(group_of(each.name) or "own", each.name) for each in studio.concepts]
    if json:
        emit("result", model=studio.entry.id, concepts=[{"name": name, "group": group} for group, name in rows])
    elif not rows:
        say("no concepts: the model knew no attributes; two groups of pictures make one, see studio latent concept")
    else:
        for line in table(rows, ("GROUP", "NAME")):
            say(line)


def kept(studio: Studio, own: Concept) -> None:
    """Keep a concept beside the model. Raises UsageError for a bad name."""
    from studio.latent_notes import Notes, read, write
    from studio.registry import check_name

    check_name(own.name)
    paths, entry = studio.registry.paths, studio.entry
    notes = read(paths, entry.id, studio.model.latent)
    others = [each for each in notes.concepts if each.name != own.name]
    write(paths, entry.id, Notes((*others, own), notes.marks))
