"""Tells what a run does that any program on this registry executes, as it comes."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError, UserError
from models.events import Step
from studio.cli.ended import Ended
from studio.cli.foreground import last_lines, result
from studio.cli.interrupts import Interrupts
from studio.cli.output import emit, say
from studio.cli.reports import report

if TYPE_CHECKING:
    from studio.cli.reports import Report
    from studio.registry import Registry, Run

INTERVAL = 0.25  # seconds between two looks at the registry
HOUSEKEEPING = 5.0  # seconds between two looks whether the program that executes the run has died
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ")


def follow_run(registry: Registry, run: Run, *, json: bool) -> None:
    """Tell what the run does until it ends, or a signal ends the telling: the run is left alone.

    Raises Ended after a signal, and UserError with why the run failed.
    """
    telling = report(json=json)
    follower = Follower(registry, run, telling, json=json)
    with Interrupts() as interrupts:
        try:
            while follower.look() and not interrupts.number:
                time.sleep(INTERVAL)
        finally:
            telling.close()
    if interrupts.number:
        if not json:
            say("the job goes on")
        raise Ended(interrupts.code)
    conclude(registry, follower.run, json=json)


class Follower:
    """Compares what the registry has of a run with what has been told, and tells the rest."""

    def __init__(self, registry: Registry, run: Run, telling: Report, *, json: bool) -> None:
        self.run = run
        self._registry, self._telling, self._json = registry, telling, json
        self._log = Tail(registry.run_log(run.id))
        self._state = ""
        self._step = -1
        self._texts: dict[str, str] = {}
        self._house_at = 0.0

    def look(self) -> bool:
        """Tell what is new; whether there can be more. Raises UserError if the run is deleted."""
        if time.monotonic() >= self._house_at:
            self._house_at = time.monotonic() + HOUSEKEEPING
            self._registry.mark_interrupted()
        try:
            self.run = run = self._registry.run(self.run.id)
        except UsageError:
            raise UserError(f"the run '{self.run.name}' was deleted") from None
        for line in self._log.lines():
            if self._json:
                emit("log", text=line)
            else:
                self._telling.remark(line)
        if run.state != self._state:
            self._state = run.state
            if self._json:
                emit("state", state=run.state, error=run.error)
            elif run.state in ("queued", "running", "paused"):
                self._telling.phase(run.state)
        if run.step != self._step and (run.step or run.metrics):
            self._step = run.step
            self._telling.step(step_of(run))
        for label, text in self._registry.texts(run.id).items():
            if self._texts.get(label) != text:
                self._texts[label] = text
                self._telling.text(label, text)
        return run.is_active or run.state == "queued"


class Tail:
    """What is added to a log file from now on, without the times."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = path.stat().st_size if path.exists() else 0

    def lines(self) -> list[str]:
        """The whole lines since the last look."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._place)
            whole, end, _ = file.read().rpartition(b"\n")
            self._place += len(whole) + len(end)
            return [STAMP.sub("", line, count=1) for line in whole.decode("utf-8", "replace").splitlines()]
        return []


def step_of(run: Run) -> Step:
    """Where a run stands, as the event that it was."""
    return Step(run.step, run.total, run.metrics, run.seconds, run.epoch, run.rate, run.unit, run.remaining)


def conclude(registry: Registry, run: Run, *, json: bool) -> None:
    """The last words about a run that has ended."""
    if json:
        emit("result", **result(registry, run))
    else:
        for line in last_lines(registry, run):
            say(line)
    if run.state in ("failed", "interrupted"):
        raise UserError(run.error or f"the run ended as {run.state}")
