"""One thread for what may take a while and must not hold up the lanes or the screen: loading, following, saving."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from models.errors import UserError


class Backstage:
    """Does jobs one after the other, and `often` every `period` seconds in between.

    `told` is called on this thread with each UserError that a job raises.
    """

    def __init__(self, often: Callable[[], None], period: float, told: Callable[[UserError], None]) -> None:
        self._often = often
        self._period = period
        self._told = told
        self._wake = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="text backstage", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        """Do `job` when those before it are done."""
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()

    def ask(self, timeout: float = 5.0) -> bool:
        """Wait until all that was asked so far is done; False if that took longer than `timeout` seconds."""
        done = threading.Event()
        self.do(done.set)
        return done.wait(timeout)

    def close(self, timeout: float) -> None:
        """Do what is left, then end; wait for it `timeout` seconds at most."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        next_time = time.monotonic() + self._period
        while True:
            with self._wake:
                if not self._jobs and not self._closing:
                    self._wake.wait(max(0.0, next_time - time.monotonic()))
                if not self._jobs and self._closing:
                    return
                job = self._jobs.popleft() if self._jobs else None
            if job is not None:
                self._attempt(job)
            elif time.monotonic() >= next_time:
                self._attempt(self._often)
                next_time = time.monotonic() + self._period

    def _attempt(self, job: Callable[[], None]) -> None:
        try:
            job()
        except UserError as error:
            self._told(error)
        except Exception as error:
            self._told(UserError(f"something went wrong behind the lanes: {type(error).__name__}: {error}"))
            raise
