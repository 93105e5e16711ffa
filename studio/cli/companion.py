"""A machine that trains with others and is not the first of them: it computes its part, and keeps nothing."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any

from models.errors import UserError
from models.families import FAMILIES
from studio.cli.ended import Ended
from studio.cli.foreground import Attended, attended
from studio.cli.output import emit, say, say_error
from studio.jobs.ends import in_one_line
from studio.jobs.log import RunLog
from studio.visible import visible

if TYPE_CHECKING:
    from models.cluster import Cluster
    from models.events import Event, Run
    from studio.config import Paths


def take_part(paths: Paths, family: str, cluster: Cluster, options: dict[str, Any], *, json: bool) -> None:
    """Train with the machines of `cluster`: recipe and weights are those of the first one, which keeps the model.

    Raises Ended where a signal has ended it, and UserError with why it failed.
    """

    def start() -> Companion:
        return Companion(paths, family, cluster, options)

    companion, interrupts = attended(start, paths, json=json)
    if companion.is_given_up:
        say_error("the training did not answer in time")
        os._exit(interrupts.code)
    if companion.error is not None:
        raise companion.error
    step = companion.slots.step
    steps = 0 if step is None else step.step
    if json:
        emit("result", run=None, model=None, steps=steps, machine=cluster.index)
    else:
        say(f"ended after {steps} steps; {cluster.called(0)} keeps the model")
    if interrupts.number:
        raise Ended(interrupts.code)


class Companion(Attended):
    """Iterates the family's run as the first machine does, without a registry."""

    def __init__(self, paths: Paths, family: str, cluster: Cluster, options: dict[str, Any]) -> None:
        super().__init__(family)
        self._paths, self._family, self._cluster, self._options = paths, FAMILIES[family], cluster, options
        self.start()

    def work(self) -> None:
        self.slots.say("loading TensorFlow")
        start = self._family.start()
        device = self.meet(self._cluster)
        if self.control.wish == "stop":
            return
        recipe = self._family.recipe_class().preset()
        try:
            self._iterate(start(recipe, folder=self._paths.home, device=device, **self._options))
        except UserError:
            raise
        except Exception as error:
            RunLog(self._paths.log).say(traceback.format_exc())
            raise UserError(visible(in_one_line(error))) from None

    def _iterate(self, run: Run) -> None:
        from models.events import Stop

        try:
            event = next(run)
            while True:
                self._take(event)
                event = run.send(Stop()) if self.control.wish == "stop" else next(run)
        except StopIteration:
            return

    def _take(self, event: Event) -> None:
        from models.events import Note, Step

        match event:
            case Step():
                self.slots.put_step(event)
                self.slots.say("running")
            case Note():
                self.slots.put_note(event)
