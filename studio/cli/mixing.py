"""`studio latent mix`: the coarse style of one picture with the fine style of another."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from models.errors import UsageError
from studio.cli.making import Enlarge, Json, Name, Still, Studio, Truncation, Wanted, placed

MOST = 64
"""Rows, and columns, of a table."""


def mix(
    model: Wanted,
    coarse: Annotated[
        tuple[str, ...], Parameter(name="COARSE", help="Whose coarse style it is: seeds, such as 7, or pictures.")
    ],
    /,
    *,
    style: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="FINE", negative_iterable=(), consume_multiple=True, show_default=False,
            help="Whose fine style is taken over: seeds or pictures.",
        ),
    ] = (),
    layers: Annotated[int, Parameter(metavar="N", help="Layers, from the coarsest on, that stay COARSE's.")] = 1,
    out: Still = None,
    truncation: Truncation = 1.0,
    enlarge: Enlarge = 1,
    name: Name = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Mix styles of a GAN: one picture of two, or a table with COARSE down its side and FINE along its top."""
    from models.latent.load import check_styled
    from models.latent.model import Style

    if not coarse or not style:
        raise UsageError("mix: points and the styles they take over are wanted: mix MODEL 1 2 3 --style 4 5")
    if max(len(coarse), len(style)) > MOST:
        raise UsageError(f"mix: a table has up to {MOST} rows and columns")
    out = placed(out, films=False)
    studio = Studio(model)
    check_styled(studio.entry.family)
    depth = studio.model.depth
    if not 0 <= layers <= depth:
        raise UsageError(f"--layers: 0 to {depth} for this model, not {layers}")
    found = studio.points((*coarse, *style), truncation)
    own, other = found[: len(coarse)], found[len(coarse) :]
    how = f"{', '.join(coarse)}, {Style(other[0], layers, ', '.join(style)).told(depth)}"
    table = len(found) > 2
    recipe = studio.recipe(own, how[:2000], style=other, layers=layers, table=table, enlarge=enlarge)
    studio.deliver(recipe, out, name or f"{studio.entry.name} mix", json=json, layers=layers, depth=depth)
