"""`studio models`: what has been trained and kept."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from models.errors import UsageError, UserError
from studio.cli.bundles import export_model, import_model
from studio.cli.output import emit, say, table
from studio.figures import age, clock, learnt, loss, merit, size
from studio.find import find_model, open_registry
from studio.visible import visible

if TYPE_CHECKING:
    from studio.registry import Model

Wanted = Annotated[str, Parameter(name="MODEL", help="A name, an id, or the beginning of either.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print one JSON object instead.")]

app = App(name="models", help="List, show, rename and delete models.", help_epilogue="")
app.command(export_model, name="export")
app.command(import_model, name="import")


@app.command(name="list")
def list_models(*, family: str | None = None, json: Json = False) -> None:
    """List the models, newest first.

    Parameters
    ----------
    family
        Only those of one family, such as text.
    """
    from models import families

    if family is not None:
        families.family(family)
    found = open_registry().models(family)
    if json:
        emit("result", models=[facts(model) for model in found])
    elif not found:
        say("no models yet: studio train text makes one, studio models starters puts back those that came along")
    else:
        now = time.time()
        rows = [
            (
                model.id,
                model.family,
                model.problem or loss_of(model),
                size(model.size),
                age(now - model.created),
                model.name,
            )
            for model in found
        ]
        for line in table(rows, ("ID", "FAMILY", "LOSS", "SIZE", "AGE", "NAME")):
            say(line)


@app.command
def show(model: Wanted, /, *, json: Json = False) -> None:
    """Show one model: its figures and the recipe that made it."""
    found = find_model(open_registry(), model)
    if json:
        emit("result", **facts(found))
        return
    lines = {
        "name": found.name,
        "id": found.id,
        "family": found.family,
        "trained": f"{found.step} steps in {clock(found.seconds)}",
        **{name.replace("_", " "): f"{value:.5g}" for name, value in sorted(found.metrics.items())},
        "size": size(found.size),
        "sha256": found.sha256,
        "made": time.strftime("%Y-%m-%d %H:%M", time.localtime(found.created)),
        "run": found.run_id or "-",
    }
    if found.problem:
        lines["problem"] = f"the file is {found.problem}"
    for name, value in lines.items():
        say(f"{name:<14} {value}")
    say()
    for name, value in found.recipe.items():
        say(f"  {name:<16} {value_of(value)}")


@app.command
def rename(model: Wanted, name: str, /) -> None:
    """Give a model another name.

    Parameters
    ----------
    name
        The new name, in any script.
    """
    registry = open_registry()
    found = find_model(registry, model)
    renamed = registry.rename_model(found.id, name)
    say(f"'{found.name}' is now called '{renamed.name}'")


@app.command
def delete(
    model: Wanted,
    /,
    *,
    yes: Annotated[bool, Parameter(alias="-y", negative=(), help="Do not ask.")] = False,
) -> None:
    """Delete a model and its file, for good."""
    registry = open_registry()
    found = find_model(registry, model)
    confirm(f"delete the model '{found.name}' ({size(found.size)}) for good?", yes=yes)
    registry.delete_model(found.id)
    say(f"deleted '{found.name}'")


@app.command
def starters(*, json: Json = False) -> None:
    """Put back the models that come along, as far as they are missing."""
    from studio.starters import put

    added = put(open_registry())
    if json:
        emit("result", models=[facts(model) for model in added])
    elif not added:
        say("all of them are here")
    for model in () if json else added:
        say(f"put back: '{model.name}'")


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal; raises UserError unless the answer is yes, UsageError where there is no one to ask."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("there is no terminal to ask on: add --yes to go ahead")
    print(f"{visible(question)} [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was changed")


def facts(model: Model) -> dict[str, Any]:
    """What JSON says of a model."""
    return {
        "id": model.id,
        "name": model.name,
        "family": model.family,
        "step": model.step,
        "seconds": model.seconds,
        "metrics": model.metrics,
        "size": model.size,
        "sha256": model.sha256,
        "run": model.run_id,
        "created": model.created,
        "problem": model.problem,
        "recipe": model.recipe,
    }


def loss_of(model: Model) -> str:
    """The figure that tells models of a family apart: that of merit, else the loss on what was learnt."""
    found = merit(model.metrics)
    return loss(learnt(model.metrics) if found is None else found)


def value_of(value: Any) -> str:
    """A knob's value for people."""
    if isinstance(value, list):
        return ", ".join(value_of(item) for item in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)
