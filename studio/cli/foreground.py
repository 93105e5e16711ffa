"""A run in the foreground: a worker thread executes it, this one looks at its slots and tells what is new."""

from __future__ import annotations

import os
import pkgutil
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from models.errors import UserError
from studio.cli.ended import Ended
from studio.cli.interrupts import GRACE, Interrupts
from studio.cli.output import emit, say, say_error
from studio.cli.reports import Report, report
from studio.config import load_settings
from studio.jobs import Control, Slots, execute
from studio.stderr import stderr_to

if TYPE_CHECKING:
    from studio.jobs import Ending
    from studio.registry import Registry, Run

INTERVAL = 0.1  # seconds between two looks at the slots
TOLD = {"val_loss": "held out", "frechet": "Fréchet distance", "loss": "loss", "generator_loss": "generator loss"}
"""What is told of a model, the most telling first."""
PICTURE = "out.png"
ASKED = "stopping, and keeping what there is (again: quit at once)"


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
) -> None:
    """Execute a run that this process owns, to its end or that of `last_step`, and say what became of it.

    A signal, or a reader that goes away, stops the run and keeps it; a terminal that goes away does so where the
    settings say so. Raises Ended with the exit code where that is not 0, and UserError with why the run failed.
    """
    telling = report(json=json)
    keeps = load_settings(registry.paths).on_disconnect == "keep-training"
    with Interrupts(keeps=keeps) as interrupts, stderr_to(registry.paths.log):
        worker = Worker(registry, run, device, last_step)
        try:
            watch(worker, telling, interrupts)
        finally:
            worker.stop()
            with interrupts.bearing():
                telling.close()
    conclude(registry, worker, interrupts, deliver, json=json)


class Worker:
    """The thread that executes the run. TensorFlow is loaded, and its native output written, there."""

    def __init__(self, registry: Registry, run: Run, device: str, last_step: int | None = None) -> None:
        self.run = run
        self.slots = Slots(run.id)
        self.control = Control()
        self.control.last_step = last_step
        self.ending: Ending = "interrupted"
        self.is_given_up = False
        self.error: BaseException | None = None
        self._registry, self._device = registry, device
        self._thread = threading.Thread(target=self._work, name=f"run {run.id}", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        from studio.registry import this_process

        try:
            self.ending = execute(
                self._registry,
                self.run.id,
                owner=this_process(),
                device=place(self._device),
                slots=self.slots,
                control=self.control,
            )
        except BaseException as error:
            self.error = error

    def goes_on(self) -> bool:
        """Wait a moment; whether the run is still under way."""
        self._thread.join(INTERVAL)
        return self._thread.is_alive()

    def give_up(self) -> None:
        """Leave a run that does not answer: it goes on from its checkpoint another time."""
        from studio.registry import this_process

        self.is_given_up = True
        self._registry.finish_run(self.run.id, "interrupted", "the program was ended", owner=this_process())

    def stop(self) -> None:
        """Stop and keep, and wait until that is done, unless it was given up."""
        if self._thread.is_alive() and not self.is_given_up:
            self.control.ask("stop")
            self._thread.join()


def place(device: str) -> Callable[[], str]:
    """A function that turns `auto`, `GPU` or a list of devices into one device, once TensorFlow is there."""

    def first() -> str:
        found: str = pkgutil.resolve_name("models.devices:resolve")(device)[0]
        return found

    return first


def watch(worker: Worker, telling: Report, interrupts: Interrupts) -> None:
    """Tell what is new until the run has ended."""
    teller = Teller(worker.slots, telling)
    asked = None
    while worker.goes_on():
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
