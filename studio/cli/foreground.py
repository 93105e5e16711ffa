"""A run in the foreground: a worker thread executes it, this one looks at its slots and tells what is new."""

from __future__ import annotations

import os
import pkgutil
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from models.errors import UserError
from studio.cli.ended import Ended
from studio.cli.interrupts import GRACE, Interrupts
from studio.cli.output import emit, say, say_error
from studio.cli.reports import Report, report
from studio.config import load_settings
from studio.jobs import Control, Slots, execute
from studio.stderr import stderr_to

if TYPE_CHECKING:
    from models.cluster import Cluster
    from studio.config import Paths
    from studio.jobs import Ending
    from studio.registry import Registry, Run

INTERVAL = 0.1  # seconds between two looks at the slots
TOLD = {"val_loss": "held out", "frechet": "Fréchet distance", "loss": "loss", "generator_loss": "generator loss"}
"""What is told of a model, the most telling first."""
PICTURE = "out.png"
ASKED = "stopping, and keeping what there is (again: quit at once)"


Kind = TypeVar("Kind", bound="Attended")
Deliver = Callable[["Run"], Mapping[str, Any]]
"""What is done with what a run has made, before the last words about it; gives more for the result."""


def carry_out(
    registry: Registry,
    run: Run,
    device: str,
    *,
    json: bool,
    deliver: Deliver = lambda run: {},  # noqa: ARG005
    last_step: int | None = None,
    spread: bool = False,
    cluster: Cluster | None = None,
) -> None:
    """Execute a run that this process owns, to its end or that of `last_step`, and say what became of it.

    It is computed on the first of the devices that `device` names, with `spread` on all of them, or on the machines of
    `cluster`. A signal, or a reader that goes away, stops the run and keeps it; a terminal that goes away does so
    where the settings say so. Raises Ended with the exit code where that is not 0, and UserError with why the run
    failed.
    """

    def place(worker: Attended) -> str:
        return place_of(device, spread=spread) if cluster is None else worker.meet(cluster)

    def start() -> Worker:
        return Worker(registry, run, place, last_step)

    worker, interrupts = attended(start, registry.paths, json=json)
    conclude(registry, worker, interrupts, deliver, json=json)


def attended(start: Callable[[], Kind], paths: Paths, *, json: bool) -> tuple[Kind, Interrupts]:
    """Start a worker, and tell of it until it has ended; signals are heard meanwhile."""
    telling = report(json=json)
    keeps = load_settings(paths).on_disconnect == "keep-training"
    with Interrupts(keeps=keeps) as interrupts, stderr_to(paths.log):
        worker = start()
        try:
            watch(worker, telling, interrupts)
        finally:
            worker.stop()
            with interrupts.bearing():
                telling.close()
    return worker, interrupts


class Attended(ABC):
    """A thread with work that this one looks at. TensorFlow is loaded, and its native output written, there."""

    def __init__(self, name: str) -> None:
        self.slots = Slots(name)
        self.control = Control()
        self.is_given_up = False
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._try, name=f"run {name}", daemon=True)

    @abstractmethod
    def work(self) -> None:
        """What the thread does."""

    def _try(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.error = error

    def start(self) -> Self:
        self._thread.start()
        return self

    def goes_on(self) -> bool:
        """Wait a moment; whether the run is still under way."""
        self._thread.join(INTERVAL)
        return self._thread.is_alive()

    def give_up(self) -> None:
        """Leave work that does not answer."""
        self.is_given_up = True

    def stop(self) -> None:
        """Stop and keep, and wait until that is done, unless it was given up."""
        if self._thread.is_alive() and not self.is_given_up:
            self.control.ask("stop")
            self._thread.join()

    def meet(self, cluster: Cluster) -> str:
        """Wait for the other machines of `cluster`, unless a stop is asked for; what they are as a device."""
        join = pkgutil.resolve_name("models.workers:join")
        join(
            cluster,
            lambda: self.control.wish in ("resume", "pause"),
            self.slots.say,
            lambda: self.control.ask("stop"),
        )
        machines: str = pkgutil.resolve_name("models.devices:MACHINES")
        return machines


class Worker(Attended):
    """Executes a run of the registry, at the place that `place` finds once TensorFlow is there."""

    def __init__(
        self, registry: Registry, run: Run, place: Callable[[Attended], str], last_step: int | None = None
    ) -> None:
        super().__init__(run.id)
        self.run = run
        self.control.last_step = last_step
        self.ending: Ending = "interrupted"
        self._registry, self._place = registry, place
        self.start()

    def work(self) -> None:
        from studio.registry import this_process

        self.ending = execute(
            self._registry,
            self.run.id,
            owner=this_process(),
            device=lambda: self._place(self),
            slots=self.slots,
            control=self.control,
        )

    def give_up(self) -> None:
        """Leave a run that does not answer: it goes on from its checkpoint another time."""
        from studio.registry import this_process

        super().give_up()
        self._registry.finish_run(self.run.id, "interrupted", "the program was ended", owner=this_process())


def place_of(device: str, *, spread: bool) -> str:
    """The first of the devices that are meant, or with `spread` all of them. Imports TensorFlow."""
    found: list[str] = pkgutil.resolve_name("models.devices:resolve")(device)
    return ",".join(found) if spread else found[0]


def watch(worker: Attended, telling: Report, interrupts: Interrupts) -> None:
    """Tell what is new until the run has ended."""
    teller = Teller(worker.slots, telling)
    asked = None
    while worker.goes_on():
        interrupts.insist()
        with interrupts.bearing():
            teller.look()
        if interrupts.number and asked is None:
            asked = time.monotonic()
            worker.control.ask("stop")
            with interrupts.bearing():
                telling.remark(ASKED)
        if asked is not None and interrupts.is_hurried and time.monotonic() - asked >= GRACE:
            worker.give_up()
            return
    with interrupts.bearing():
        teller.look()


class Teller:
    """Compares a run's slots with what has been told, and tells the rest."""

    def __init__(self, slots: Slots, telling: Report) -> None:
        self._slots, self._telling = slots, telling
        self._version = -1
        self._seen: dict[str, Any] = {"phase": ""}
        self._texts: dict[str, str] = {}

    def look(self) -> None:
        """Tell what has changed since the last look, in the order in which it makes sense."""
        if self._slots.version == self._version:
            return
        self._version = self._slots.version
        self._tell("phase", self._telling.phase)
        self._tell("note", self._telling.note)
        self._tell("step", self._telling.step)
        for label, text in self._slots.texts.items():
            if self._texts.get(label) is not text:
                self._texts[label] = text
                self._telling.text(label, text)
        self._tell("picture", self._telling.picture)
        self._tell("checkpoint", self._telling.snapshot)

    def _tell(self, name: str, tell: Callable[[Any], None]) -> None:
        found = getattr(self._slots, name)
        if found is not None and found is not self._seen.get(name):
            self._seen[name] = found
            tell(found)


def conclude(registry: Registry, worker: Worker, interrupts: Interrupts, deliver: Deliver, *, json: bool) -> None:
    """The last words about a run, and how the program ends."""
    if worker.is_given_up:
        say_error("the run did not answer in time: it goes on from its last checkpoint")
        os._exit(interrupts.code)  # what TensorFlow still does must not hold it up
    if worker.error is not None:
        raise worker.error
    if worker.ending in ("discarded", "lost"):
        raise UserError(
            f"the run '{worker.run.name}' was {'discarded' if worker.ending == 'discarded' else 'taken over'}"
        )
    run = registry.run(worker.run.id)
    more = deliver(run)
    if json:
        emit("result", **(result(registry, run) | dict(more)))
    else:
        for line in last_lines(registry, run):
            say(line)
    if run.state in ("failed", "interrupted"):
        raise UserError(run.error or f"the run ended as {run.state}")
    if interrupts.number:
        raise Ended(interrupts.code)


def result(registry: Registry, run: Run) -> dict[str, Any]:
    """What a finished run has come to. Losses are in nats, a character's for text, and those of the model kept."""
    model = None if run.model_id is None else registry.model(run.model_id)
    metrics = run.metrics if model is None else model.metrics
    return {
        "run": run.id,
        "state": run.state,
        "error": run.error,
        "model": run.model_id,
        "name": run.name if model is None else model.name,
        "steps": run.step,
        "seconds": run.seconds,
        "loss": metrics.get("loss"),
        "val_loss": metrics.get("val_loss"),
        "metrics": metrics,
    }


def makes_pictures(family: str) -> bool:
    """Whether the models of a family make pictures."""
    from models.families import FAMILIES

    return family in FAMILIES and FAMILIES[family].learns_from_pictures()


def last_lines(registry: Registry, run: Run) -> list[str]:
    """What became of it, and what to do next."""
    from studio.figures import clock, loss

    lines = [f"{run.state} after {run.step} steps and {clock(run.seconds)}"]
    if run.model_id is not None:
        model = registry.model(run.model_id)
        figure = next(
            (f"{TOLD[name]} {loss(model.metrics[name])}" for name in TOLD if name in model.metrics), "no loss"
        )
        shows = (
            f"studio generate {model.id} -o {PICTURE}" if makes_pictures(run.family) else f"studio sample {model.id}"
        )
        lines.append(f"kept: the model '{model.name}' of step {model.step}, {figure}: {shows}")
    elif run.picture_id is not None:
        picture = registry.picture(run.picture_id)
        lines.append(
            f"kept: the picture '{picture.name}', {picture.width}x{picture.height}: {registry.picture_file(picture.id)}"
        )
    elif run.state == "stopped":
        lines.append("there was nothing to keep yet")
    if run.state in ("stopped", "failed", "interrupted") and run.has_checkpoint:
        how = f"studio train {run.family} --resume" if run.model_id is not None else "studio jobs resume"
        lines.append(f"to go on: {how} {run.id}")
    return lines
