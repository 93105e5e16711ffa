"""`studio work`: execute what is queued, without a screen, one run a device."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from models.errors import UsageError
from studio.cli.ended import Ended
from studio.cli.interrupts import GRACE, Interrupts
from studio.cli.jobs import Wanted
from studio.cli.output import emit, say
from studio.config import load_settings
from studio.find import find_run, open_registry
from studio.jobs import Jobs
from studio.stderr import stderr_to

if TYPE_CHECKING:
    from studio.jobs import Fact
    from studio.registry import Registry

INTERVAL = 0.2  # seconds between two looks at the signals
LOOK = 1.0  # seconds between two looks whether all is done

app = App(name="work", help_epilogue="")


@app.default
def work(
    *runs: Wanted,
    device: Annotated[
        str | None, Parameter(metavar="NAME", help="Where to compute: auto, CPU, GPU:0,GPU:1, ...")
    ] = None,
    until_empty: Annotated[bool, Parameter(negative=(), help="End when the queue is empty.")] = False,
    json: Annotated[bool, Parameter(negative=(), help="Print JSON, one fact a line.")] = False,
) -> None:
    """Execute queued runs without a screen, under systemd, Slurm or tmux; several workers share the queue.

    With RUNs only these, stopped, failed or interrupted ones too, and then it ends. SIGTERM or Ctrl+C keeps what was
    learnt, and gives runs that came out of the queue back to it. The exit code is 1 if a run failed.
    """
    registry = open_registry()
    settings = load_settings(registry.paths)
    chosen = [queued(registry, run) for run in runs]
    place = device or settings.device
    teller = Teller(json=json)
    jobs = Jobs(registry, teller, None if place == "auto" else place.split(","), take_queued=not runs)
    with Interrupts(keeps=settings.on_disconnect == "keep-training") as interrupts, stderr_to(registry.paths.log):
        for run_id in chosen:
            jobs.take(run_id)
        jobs.start()
        teller.say("ready", "", "waiting for runs; Ctrl+C ends" if not (runs or until_empty) else "")
        look_at = time.monotonic()
        while not interrupts.number:
            time.sleep(INTERVAL)
            if (runs or until_empty) and time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK
                if jobs.is_idle():
                    break
        if interrupts.number and not runs:
            jobs.release(GRACE)
        in_time = jobs.close(GRACE if runs else 0.0)
    if interrupts.number and not in_time:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(interrupts.code)  # what TensorFlow still does must not hold it up
    if interrupts.number:
        raise Ended(interrupts.code)
    if teller.failed:
        raise Ended(1)


def queued(registry: Registry, wanted: str) -> str:
    """The id of a run, queued again if it has ended without being done. Raises UsageError for any other."""
    registry.mark_interrupted()
    run = find_run(registry, wanted)
    if run.is_active:
        raise UsageError(f"the run '{run.name}' is {run.state} already")
    return run.id if run.state == "queued" else registry.requeue(run.id).id


class Teller:
    """Says the facts about runs, a line each, from whatever thread; a reader that went away is no reason to stop."""

    def __init__(self, *, json: bool) -> None:
        self.failed = False
        self._json = json
        self._lock = threading.Lock()

    def __call__(self, fact: Fact) -> None:
        self.failed = self.failed or fact.kind == "failed"
        self.say(fact.kind, fact.run_id, fact.text)

    def say(self, kind: str, run_id: str, text: str) -> None:
        """One line, or one JSON object."""
        with self._lock, contextlib.suppress(OSError):
            if self._json:
                emit(kind, run=run_id, text=text)
            elif text:
                say(f"{kind:<12} {run_id:<10} {text}")
