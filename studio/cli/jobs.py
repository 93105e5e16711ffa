"""`studio jobs`: what trains, trained or failed, whichever program runs it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from models.errors import UsageError
from studio.cli.models import Json, confirm, value_of
from studio.cli.output import emit, say, table
from studio.figures import age, clock, learnt, loss, merit
from studio.find import find_run, open_registry

if TYPE_CHECKING:
    from studio.registry import Registry, Request, Run

Wanted = Annotated[str, Parameter(name="RUN", help="A run's id or name, or the beginning of either.")]

app = App(name="jobs", help="List, show, follow, pause, resume, stop and delete runs.", help_epilogue="")


@app.command(name="list")
def list_runs(*, json: Json = False) -> None:
    """List the runs, newest first."""
    registry = open_registry()
    registry.mark_interrupted()
    found = registry.runs()
    if json:
        emit("result", runs=[facts(run) for run in found])
    elif not found:
        say("no runs yet: studio train text starts one")
    else:
        now = time.time()
        rows = [
            (
                run.id,
                run.family,
                run.state,
                progress(run),
                loss_of(run),
                clock(run.seconds),
                age(now - run.created),
                run.name,
            )
            for run in found
        ]
        for line in table(rows, ("ID", "FAMILY", "STATE", "STEPS", "LOSS", "WORKED", "AGE", "NAME")):
            say(line)


@app.command
def show(run: Wanted, /, *, json: Json = False) -> None:
    """Show one run: its state, its figures, its recipe, and where its log is."""
    registry = open_registry()
    registry.mark_interrupted()
    found = find_run(registry, run)
    log = registry.run_log(found.id)
    if json:
        emit("result", **facts(found), log=str(log), history=registry.metrics(found.id))
        return
    lines = {
        "name": found.name,
        "id": found.id,
        "family": found.family,
        "state": found.state + (f", asked to {found.request}" if found.request else ""),
        "error": found.error,
        "note": found.note,
        "steps": progress(found),
        "epochs": f"{found.epoch:.2f}",
        "worked": clock(found.seconds),
        **{name.replace("_", " "): f"{value:.5g}" for name, value in sorted(found.metrics.items())},
        "device": found.device,
        "model": found.model_id or "",
        "can go on": "yes, from its checkpoint" if found.has_checkpoint else "",
        "log": str(log) if log.exists() else "",
    }
    for name, value in lines.items():
        if value:
            say(f"{name:<14} {value}")
    say()
    for name, value in found.recipe.items():
        say(f"  {name:<16} {value_of(value)}")


@app.command
def follow(
    run: Wanted,
    /,
    *,
    json: Annotated[bool, Parameter(negative=(), help="Print JSON, one event a line, a result last.")] = False,
) -> None:
    """Tell what a run does, whichever program executes it, until it ends. Ctrl+C leaves it alone."""
    from studio.cli.following import follow_run

    registry = open_registry()
    registry.mark_interrupted()
    follow_run(registry, find_run(registry, run), json=json)


@app.command
def pause(run: Wanted, /) -> None:
    """Ask a running run to wait."""
    ask(run, "pause", "will pause after the step at hand")


@app.command
def resume(run: Wanted, /) -> None:
    """Let a paused run go on, or queue a stopped, failed or interrupted one again, from its last checkpoint."""
    registry = open_registry()
    registry.mark_interrupted()
    found = find_run(registry, run)
    if found.is_active:
        request(registry, found, "resume", "goes on")
    else:
        registry.requeue(found.id)
        say(f"'{found.name}' is queued: an open studio or worker takes it; to run it here: studio work {found.id}")


@app.command
def stop(run: Wanted, /) -> None:
    """Ask a run to stop and keep what it has; it can be resumed."""
    ask(run, "stop", "will stop after the step at hand, and keep what it has")


@app.command
def delete(
    run: Wanted,
    /,
    *,
    yes: Annotated[bool, Parameter(alias="-y", negative=(), help="Do not ask.")] = False,
) -> None:
    """Delete a run that has ended: its checkpoint, metrics and log. Its model stays."""
    registry = open_registry()
    registry.mark_interrupted()
    found = find_run(registry, run)
    if found.is_active:
        raise UsageError(f"the run '{found.name}' is {found.state}: stop it first")
    confirm(f"delete the run '{found.name}' ({found.state}) for good?", yes=yes)
    registry.delete_run(found.id)
    say(f"deleted '{found.name}'")


def ask(run: str, what: Request, answer: str) -> None:
    registry = open_registry()
    registry.mark_interrupted()
    request(registry, find_run(registry, run), what, answer)


def request(registry: Registry, run: Run, what: Request, answer: str) -> None:
    if not run.is_active and run.state != "queued":
        raise UsageError(f"the run '{run.name}' is {run.state}: there is nothing to {what}")
    registry.request(run.id, what)
    say(f"'{run.name}' {'is stopped' if run.state == 'queued' else answer}")


def facts(run: Run) -> dict[str, Any]:
    """What JSON says of a run."""
    return {
        "id": run.id,
        "name": run.name,
        "family": run.family,
        "state": run.state,
        "request": run.request,
        "error": run.error,
        "step": run.step,
        "total": run.total,
        "epoch": run.epoch,
        "seconds": run.seconds,
        "metrics": run.metrics,
        "device": run.device,
        "model": run.model_id,
        "base": run.base_id,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "recipe": run.recipe,
    }


def progress(run: Run) -> str:
    """`120/5000`, or `120` where no end is set."""
    return f"{run.step}/{run.total}" if run.total else str(run.step)


def loss_of(run: Run) -> str:
    """The newest figure of merit, else the loss on what is learnt."""
    found = merit(run.metrics)
    return loss(learnt(run.metrics) if found is None else found)
