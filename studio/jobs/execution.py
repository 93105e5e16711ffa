"""Executes one run: iterates its generator, and brings what it yields to the slots, the registry and the log."""

from __future__ import annotations

import gc
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from models.errors import UserError
from studio.jobs.control import Control
from studio.jobs.ends import finish, in_one_line
from studio.jobs.facts import Fact, Kind
from studio.jobs.keeper import Keeper, ModelKeeper
from studio.jobs.log import RunLog
from studio.jobs.recorder import Recorder
from studio.jobs.slots import Slots
from studio.registry import Model, PictureEntry, Registry, RunState
from studio.visible import visible

if TYPE_CHECKING:
    from models.checkpoint import Checkpoint
    from models.events import Event
    from models.events import Run as Events

PATIENCE = 600.0  # seconds to wait at the end of a run for a disk that cannot be written
LONGEST = 300  # characters of an error that is shown as one line

Ending = Literal["done", "stopped", "failed", "interrupted", "discarded", "lost"]


def execute(
    registry: Registry,
    run_id: str,
    *,
    owner: str,
    device: str | Callable[[], str] = "auto",
    slots: Slots | None = None,
    control: Control | None = None,
    post: Callable[[Fact], None] | None = None,
) -> Ending:
    """Execute a run that `owner` has claimed, on this thread, to its end; returns how it ended.

    Imports the family (and with it TensorFlow) here. `device` is passed on to the family; a function is called after
    that import. The run goes on from its checkpoint if it has one. It answers to `control` at once and to requests in
    the registry within half a second. Whatever goes wrong ends up in the run's state, error and log: only
    KeyboardInterrupt and SystemExit pass through (the run is then interrupted), and StorageError if the end of the
    run itself cannot be written.
    """
    try:
        execution = Execution(registry, run_id, owner, slots or Slots(run_id), control or Control(), post)
    except UserError as error:  # not even its folder could be made
        finish(registry, run_id, "failed", str(error), owner)
        return "failed"
    return execution.perform(device)


class Execution:
    """One sitting of one run."""

    def __init__(
        self,
        registry: Registry,
        run_id: str,
        owner: str,
        slots: Slots,
        control: Control,
        post: Callable[[Fact], None] | None,
    ) -> None:
        self.registry, self.run_id, self.owner, self.slots, self.control = registry, run_id, owner, slots, control
        self.run = registry.run(run_id)
        self._post = post
        self.noted = ""
        self.log = RunLog(registry.run_log(run_id))
        self.recorder = Recorder(registry, run_id, owner, control, self.warn)
        self.keeper = self.keeper_for(self.run.family)

    def keeper_for(self, family: str) -> Keeper:
        """What keeps that which a family makes; an unknown one fails later, and says so."""
        from models.families import FAMILIES

        if family in FAMILIES and FAMILIES[family].makes == "picture":
            from studio.jobs.picture_keeper import PictureKeeper

            return PictureKeeper(self.registry, self.run_id, self.warn, self.saved, self.step_now)
        return ModelKeeper(self.registry, self.run_id, self.warn, self.saved)

    def step_now(self) -> int:
        return 0 if self.slots.step is None else self.slots.step.step

    def perform(self, device: str | Callable[[], str]) -> Ending:
        """From the claim to the end."""
        ending: Ending = "interrupted"
        error = ""
        self.recorder.start()
        try:
            ending = self.work(device)
        except UserError as problem:
            ending, error = "failed", str(problem)
        except Exception as problem:
            ending, error = "failed", in_one_line(problem)
            self.log.say(traceback.format_exc())
        finally:
            if ending == "interrupted":
                error = "the program was ended"
            if ending not in ("discarded", "lost") and not self.keep(0.0 if ending == "interrupted" else PATIENCE):
                ending, error = "failed", error or self.keeper.problem
            self.recorder.close()
            self.end(ending, visible(error)[:LONGEST])
        return ending

    def work(self, device: str | Callable[[], str]) -> Ending:
        """Start the family's run, and iterate it."""
        from models import families

        self.fact("started", self.run.name)
        is_first = "tensorflow" not in sys.modules
        self.phase("loading TensorFlow" if is_first else "starting")
        family = families.family(self.run.family)
        start = family.start()
        if is_first:
            gc.freeze()  # looking through all of TensorFlow for garbage would hold up a key press by 0.3 s
        recipe = family.recipe_class().checked(self.run.recipe)
        resume = self.registry.load_checkpoint(self.run_id)
        base = None
        if resume is None and self.run.base_id is not None:
            base = self.registry.load_model(self.run.base_id)
        place = device() if callable(device) else device
        self.registry.update_run(self.run_id, device=place)
        self.take_up(resume)
        if self.control.wish in ("stop", "discard", "lost"):
            return self.ended_by_wish()
        self.log.say(f"started on {place}" + ("" if resume is None else f" from step {resume.meta.get('step', 0)}"))
        self.phase("starting")
        events = start(
            recipe,
            folder=self.registry.paths.home,
            resume=resume,
            base=base,
            device=place,
            **self.run.options,
        )
        try:
            return self.iterate(events)
        finally:
            events.close()

    def take_up(self, resume: Checkpoint | None) -> None:
        """Bring the history to where the run goes on: what lies beyond its checkpoint will be done again."""
        self.registry.forget_metrics(self.run_id, int(resume.meta.get("step", 0)) if resume is not None else -1)
        self.slots.begin(self.registry.metrics(self.run_id, limit=1000))

    def iterate(self, events: Events) -> Ending:
        """Ask for one event after the other; between two, do what is wished."""
        from models.events import Snapshot, Step, Stop, Tune

        stopping = final = False
        try:
            event = next(events)
            while True:
                if isinstance(event, Step) and self.slots.phase != "running":
                    self.phase("running")
                final = final or (isinstance(event, Snapshot) and event.reason == "final")
                self.take(event)
                if isinstance(event, Step) and event.step == self.control.last_step and event.step != event.total:
                    self.control.ask("stop")
                self.keeper.tick()
                if self.control.wish == "pause" and not final:
                    self.pause()
                if self.control.wish in ("discard", "lost"):
                    return self.ended_by_wish()
                if self.control.wish == "stop" and not final:
                    if not stopping:
                        self.phase("stopping")
                    stopping = True
                    event = events.send(Stop())  # at every event: a run may miss it at some
                elif isinstance(event, Step) and (changes := self.control.changes()):  # a run hears it at a step
                    event = events.send(Tune(changes))
                else:
                    event = next(events)
        except StopIteration:
            return "stopped" if stopping else "done"

    def take(self, event: Event) -> None:
        """Bring one event where it belongs."""
        from models.events import Note, Picture, Snapshot, Step, Text

        match event:
            case Step():
                self.slots.put_step(event)
                self.recorder.put_step(event)
            case Text():
                self.slots.put_text(event)
                self.recorder.put_text(event.label, event.text)
            case Picture():
                self.slots.put_picture(event)
                self.recorder.put_picture(event)
                if event.keep:
                    self.keeper.put_picture(event)
            case Snapshot():
                self.slots.put_checkpoint(event.checkpoint)
                if event.reason != "live":
                    self.recorder.flush()  # the history must reach as far as the state that the run resumes from
                self.keeper.put(event)
            case Note():
                self.tell(event)

    def pause(self) -> None:
        """Wait, by not asking for the next event, until something else is wished."""
        phase = self.slots.phase
        self.mark("paused")
        self.phase("paused")
        self.log.say("paused")
        self.fact("paused", self.run.name)
        while not self.control.wait_while_paused(1.0):
            self.keeper.tick()
        if self.control.wish == "resume":
            self.mark("running")
            self.phase(phase)
            self.log.say("resumed")
            self.fact("resumed", self.run.name)

    def mark(self, state: RunState) -> None:
        """Show in the registry whether the run is held; where that cannot be written, it is just not shown."""
        try:
            self.registry.set_state(self.run_id, self.owner, state)
        except UserError as error:
            self.warn(str(error))

    def ended_by_wish(self) -> Ending:
        wish = self.control.wish
        return "discarded" if wish == "discard" else "lost" if wish == "lost" else "stopped"

    def keep(self, patience: float) -> bool:
        """Save what still waits to be saved; try for `patience` seconds, unless the run is to stop."""
        give_up = time.monotonic() + patience
        while self.keeper.is_waiting and not self.keeper.flush():
            if time.monotonic() >= give_up or self.control.wish != "resume":
                return False
            self.phase("waiting for room on the disk")
            time.sleep(1)
        return True

    def end(self, ending: Ending, error: str) -> None:
        """Write down how it ended, and say so."""
        self.phase(ending)
        if ending == "lost":
            self.log.say("taken over by another program, or deleted")
            return
        if ending == "discarded":
            self.registry.discard_run(self.run_id, owner=self.owner)
            self.fact("discarded", self.run.name)
            return
        self.log.say(f"{ending}: {error}" if error else ending)
        finish(self.registry, self.run_id, ending, error, self.owner)
        self.fact(ending, error or self.run.name)

    def tell(self, note: Event) -> None:
        """Show a note, log it, and leave it in the registry."""
        from models.events import Note

        if isinstance(note, Note):
            self.slots.put_note(note)
            self.log.say(note.text)
            self.recorder.put(note=note.text)
            self.noted = ""

    def warn(self, text: str) -> None:
        """A note of the studio's own."""
        from models.events import Note

        self.tell(Note(text, "warning"))

    def saved(self, made: Model | PictureEntry) -> None:
        what = f"model '{made.name}' of step {made.step}" if isinstance(made, Model) else f"picture '{made.name}'"
        self.log.say(f"saved the {what}")
        self.fact("saved", made.name)

    def phase(self, phase: str) -> None:
        """Say what the run does now. For other processes the note tells what it waits for, before the first step."""
        if phase in ("loading TensorFlow", "starting"):
            self.recorder.put(note=phase)
            self.noted = phase
        elif phase == "running" and self.noted:
            self.recorder.put(note="")
            self.noted = ""
        self.slots.say(phase)

    def fact(self, kind: Kind, text: str) -> None:
        if self._post is not None:
            self._post(Fact(kind, self.run_id, text))
