"""Runs of the fake family, executed on threads that no test leaves behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from studio.jobs import Control, Jobs, Slots, execute
from studio.registry import Registry, Run
from tests.studio import fake_family

SITTINGS: list[Sitting] = []


def added(registry: Registry, name: str = "r", base: str | None = None, **recipe: object) -> Run:
    return registry.add_run("fake", recipe, name, base, owner="me", options={"greeting": "!"})


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(0.005)


class Sitting(threading.Thread):
    """One execution of a run on a thread of its own."""

    def __init__(self, registry: Registry, run: Run) -> None:
        super().__init__(daemon=True)
        self.registry, self.run_id = registry, run.id
        self.slots, self.control, self.facts, self.ending = Slots(run.id), Control(), [], ""
        SITTINGS.append(self)
        self.start()

    def run(self) -> None:
        self.ending = execute(
            self.registry,
            self.run_id,
            owner="me",
            device="CPU",
            slots=self.slots,
            control=self.control,
            post=self.facts.append,
        )

    def step(self, count: int = 1) -> None:
        """Let the gated run do so many steps."""
        wanted = count + (self.slots.step.step if self.slots.step else 0)
        fake_family.GATE.release(count)
        until(lambda: self.slots.step is not None and self.slots.step.step == wanted)

    def end(self) -> str:
        fake_family.GATE.release(1000)
        self.join(30)
        assert not self.is_alive()
        return self.ending

    @property
    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.facts]


class Office:
    """Jobs that are closed with their test, and the facts they post."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.facts, self.opened = registry, [], []

    def jobs(self, devices: list[str] | None = None, **options: bool) -> Jobs:
        jobs = Jobs(self.registry, self.facts.append, devices or ["CPU"], **options)
        jobs.start()
        self.opened.append(jobs)
        return jobs

    def kinds(self, run_id: str) -> list[str]:
        return [fact.kind for fact in self.facts if fact.run_id == run_id]

    def state(self, run_id: str) -> str:
        return self.registry.run(run_id).state
