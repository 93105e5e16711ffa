"""The queue's workers: one thread a device, each executing one run after the other."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.errors import UsageError, UserError
from studio.jobs.execution import execute
from studio.jobs.facts import Fact
from studio.jobs.job import Job, device_names
from studio.jobs.log import RunLog
from studio.jobs.priority import give_way
from studio.jobs.slots import Slots
from studio.registry import ACTIVE, SILENT, Registry, Request, Run, this_process

POLL = 1.0  # seconds between two looks for runs that others have queued
HOUSEKEEPING = 5.0  # seconds between two looks for runs whose process has died
REMEMBERED = 4  # slots of ended runs that are kept for whoever still looks


class Jobs:
    """The jobs of this process, and the means to reach those of others through the registry.

    `post` is called with each Fact, on the thread on which it happens. `devices` are names such as `GPU:0`, one
    worker each; None finds them when the first run has imported TensorFlow. Without `take_queued` only runs that were
    submitted or retried here are executed. All methods may be called from any thread.
    """

    def __init__(
        self,
        registry: Registry,
        post: Callable[[Fact], None],
        devices: Sequence[str] | None = None,
        *,
        take_queued: bool = True,
    ) -> None:
        self.registry = registry
        self.owner = this_process()
        self._post = post
        self._devices = list(devices) if devices is not None else None
        self._take_queued = take_queued
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._closing = False
        self._news = 0
        self._claiming = 0
        self._mine: set[str] = set()
        self._active: dict[str, Job] = {}
        self._ended: dict[str, Slots] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the workers. Runs that a dead process has left behind are marked as interrupted, now and later."""
        with self._lock:
            for device in self._devices or [""]:
                self._start_worker(device)
            self._start_thread("housekeeping", self._keep_house)

    def submit(
        self,
        family: str,
        recipe: Mapping[str, Any],
        name: str = "",
        base_id: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Run:
        """Queue a new run. Raises UsageError for a bad name, StorageError if it cannot be written."""
        run = self.registry.add_run(family, recipe, name, base_id, options=options)
        self._queued(run)
        return run

    def retry(self, run_id: str) -> Run:
        """Queue a stopped, failed or interrupted run again; it goes on from its checkpoint. Raises UsageError."""
        run = self.registry.requeue(run_id)
        self._queued(run)
        return run

    def take(self, run_id: str) -> None:
        """Execute a run that is queued, as if it had been submitted here."""
        self._queued(self.registry.run(run_id))

    def _queued(self, run: Run) -> None:
        self._post(Fact("queued", run.id, run.name))
        with self._wake:
            self._mine.add(run.id)
            self._news += 1
            self._wake.notify_all()

    def slots(self, run_id: str) -> Slots | None:
        """What a run of this process yields, or has yielded last if it has ended lately; None for others."""
        with self._lock:
            job = self._active.get(run_id)
            return job.slots if job is not None else self._ended.get(run_id)

    def running(self) -> list[str]:
        """The ids of the runs that this process executes, paused ones included."""
        with self._lock:
            return list(self._active)

    def pause(self, run_id: str) -> None:
        """Hold a run where it is. Raises UsageError if no one executes it."""
        self._ask(run_id, "pause")

    def resume(self, run_id: str) -> None:
        """Let a paused run go on; queue a stopped, failed or interrupted one again. Raises UsageError."""
        if self.registry.run(run_id).state in ("stopped", "failed", "interrupted"):
            self.retry(run_id)
        else:
            self._ask(run_id, "resume")

    def stop(self, run_id: str) -> None:
        """Stop a run and keep what it has. Raises UsageError if it has ended already."""
        self._ask(run_id, "stop")

    def discard(self, run_id: str) -> None:
        """Stop a run, and delete it and the model it made."""
        self._ask(run_id, "discard")

    def tune(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Change knobs of a run while it goes on. Raises UsageError if this process does not execute it."""
        with self._lock:
            job = self._active.get(run_id)
        if job is None:
            raise UsageError("only a run of this studio can be changed on its way")
        job.control.tune(changes)

    def _ask(self, run_id: str, what: Request) -> None:
        with self._lock:
            job = self._active.get(run_id)
            if job is not None:
                job.control.ask(what)
                return
        run = self.registry.run(run_id)
        self.registry.request(run.id, what)
        if not run.is_active:
            with self._lock:
                self._mine.discard(run.id)
            self._post(Fact("discarded" if what == "discard" else "stopped", run.id, run.name))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no run is executed here and none that was submitted here is queued; whether that is so."""
        give_up = None if timeout is None else time.monotonic() + timeout
        while True:
            queued = {run.id for run in self.registry.runs("queued")}
            with self._wake:
                self._mine &= queued  # another process may have taken some
                if not (self._active or self._mine or self._claiming):
                    return True
                left = POLL if give_up is None else give_up - time.monotonic()
                if left <= 0 or not self._threads:
                    return False
                self._wake.wait(min(0.05 if self._claiming else POLL, left))

    def is_idle(self) -> bool:
        """Whether nothing is executed here, and nothing queued that would be."""
        queued = {run.id for run in self.registry.runs("queued")}
        with self._lock:
            left = queued if self._take_queued else queued & self._mine
            return not (self._active or self._claiming or left)

    def close(self, timeout: float = 4.0) -> bool:
        """Stop and keep all runs of this process; whether all were out within `timeout` seconds.

        Runs that were not are marked as interrupted, and go on from their checkpoint when they are retried. The
        threads are daemons: they do not hold up the exit. Runs that are still queued stay so.
        """
        give_up = time.monotonic() + timeout
        with self._wake:
            self._closing = True
            for job in self._active.values():
                job.control.ask("stop")
            self._wake.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, give_up - time.monotonic()))
        with self._lock:
            late = list(self._active.values())
        for job in late:
            try:
                self.registry.finish_run(job.run.id, "interrupted", "the program was ended", owner=self.owner)
            except UserError as error:  # whoever looks next finds that this process has died
                RunLog(self.registry.paths.log).say(f"cannot mark a run as interrupted: {error}")
        return not late

    def release(self, timeout: float = 4.0) -> list[str]:
        """Close, and leave the runs to others: queue those again that were executed here and not paused.

        Returns their ids, and those of the runs that were submitted here and are still queued.
        """
        with self._lock:
            going = [run_id for run_id, job in self._active.items() if job.control.wish == "resume"]
            waiting = set(self._mine)
        self.close(timeout)
        released = []
        for run_id in going:
            with contextlib.suppress(UsageError):  # it has come to its own end meanwhile
                released.append(self.registry.requeue(run_id).id)
        queued = [run.id for run in reversed(self.registry.runs("queued"))]
        return released + [run_id for run_id in queued if run_id in waiting and run_id not in released]

    def take_only_own(self) -> None:
        """From now on, execute no more than what was submitted here."""
        with self._lock:
            self._take_queued = False

    def _start_worker(self, device: str) -> None:
        self._start_thread(f"worker on {device or 'the first device'}", lambda: self._work(device))

    def _start_thread(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, device: str) -> None:
        """Execute one run after the other. A worker with no device yet finds out which there are."""
        give_way()
        place = [device]

        def settle() -> str:
            if not place[0]:
                place[0], *others = device_names()
                with self._lock:
                    for other in others:
                        self._start_worker(other)
            return place[0]

        while (job := self._next(place[0])) is not None:
            try:
                execute(
                    self.registry,
                    job.run.id,
                    owner=self.owner,
                    device=settle,
                    slots=job.slots,
                    control=job.control,
                    post=self._post,
                )
            except Exception:
                RunLog(self.registry.paths.log).say(traceback.format_exc())
            finally:
                with self._wake:
                    del self._active[job.run.id]
                    self._ended[job.run.id] = job.slots
                    for run_id in list(self._ended)[:-REMEMBERED]:
                        del self._ended[run_id]
                    self._wake.notify_all()

    def _next(self, device: str) -> Job | None:
        """Wait for a run and claim it; None when it is time to end."""
        while True:
            with self._lock:
                if self._closing:
                    return None
                news, mine = self._news, None if self._take_queued else set(self._mine)
                self._claiming += 1  # a run that is claimed and not yet active must not look as if it had ended
            run = None
            try:
                run = self.registry.claim(self.owner, device, mine)  # without the lock: the disk may be slow
            except UserError as error:
                RunLog(self.registry.paths.log).say(f"cannot look into the queue: {error}")
            with self._wake:
                self._claiming -= 1
                if run is not None:
                    job = Job(run, Slots(run.id))
                    if self._closing:
                        job.control.ask("stop")
                    self._mine.discard(run.id)
                    self._ended.pop(run.id, None)
                    self._active[run.id] = job
                    return job
                if not self._closing and news == self._news:
                    self._wake.wait(POLL)

    def _keep_house(self) -> None:
        while True:
            try:
                self.registry.mark_interrupted()
                self._end_the_unfinished()
            except UserError as error:
                RunLog(self.registry.paths.log).say(f"cannot look for interrupted runs: {error}")
            with self._wake:
                if not self._closing:
                    self._wake.wait(HOUSEKEEPING)
                if self._closing:
                    return

    def _end_the_unfinished(self) -> None:
        """End the runs of this process that no thread executes: their end could not be written when it came."""
        for run in self.registry.runs(ACTIVE):
            with self._lock:
                left = run.owner == self.owner and run.id not in self._active
            if left and time.time() - (run.heartbeat or 0) > SILENT:
                self.registry.finish_run(run.id, "interrupted", "its end could not be written", owner=self.owner)
