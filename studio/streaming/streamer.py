"""The thread that writes: it steps the lanes of a desk at a pace, and obeys between two symbols."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from models.errors import UserError
from studio.streaming.desk import Desk

PACES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, math.inf)
"""Symbols a second in each lane; the last one is as fast as it goes."""
SLICE = 0.006
"""Seconds of work after which the thread rests, so that the screen's thread gets its turn."""
REST = 0.001
GLANCE = 0.008
"""Seconds between two symbols below which several are written at once."""
AT_ONCE = 8
"""Symbols between two looks at the clock and at the commands."""
ARREARS = 0.1
"""Seconds of writing that may be caught up on; after a longer stall the rest is let go."""
MEASURE = 0.4


class Streamer:
    """Owns the desk: all that changes it goes through `do`, and takes effect between two symbols.

    `told` is called on this thread after commands were obeyed (with None), and with what went wrong.
    """

    def __init__(self, told: Callable[[UserError | None], None]) -> None:
        self._told = told
        self._wake = threading.Condition()
        self._commands: deque[Callable[[], object]] = deque()
        self._closing = False
        self._held = False
        self._due = 0.0
        self._measured = 0.0
        self.pace: float = 20
        self.desk: Desk | None = None
        self._thread = threading.Thread(target=self._run, name="text stream", daemon=True)
        self._thread.start()

    def do(self, command: Callable[[], object]) -> None:
        """Have the thread run `command` before it writes the next symbol. A UserError that it raises is told."""
        with self._wake:
            self._commands.append(command)
            self._wake.notify()

    def ask(self, command: Callable[[], object] | None = None, timeout: float = 5.0) -> bool:
        """`do` it and wait until it, and all before it, is done; False if that took longer than `timeout` seconds."""
        done = threading.Event()
        if command is not None:
            self.do(command)
        self.do(done.set)
        return done.wait(timeout)

    def faster(self, steps: int) -> None:
        """Change the pace by so many of `PACES`; slower if it is negative."""
        place = PACES.index(self.pace) + steps
        self.pace = PACES[min(max(0, place), len(PACES) - 1)]
        self.do(self._restart_clock)

    def hold(self, held: bool) -> None:
        """Write nothing while no one looks; commands are still obeyed."""
        self._held = held
        self.do(self._restart_clock)

    def close(self, timeout: float = 1.0) -> None:
        """End the thread; what was commanded before is still done."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _restart_clock(self) -> None:
        self._due = time.monotonic()

    def _run(self) -> None:
        try:
            self._stream()
        except Exception as error:
            self._told(UserError(f"the lanes have stopped: {type(error).__name__}: {error}"))
            raise

    def _stream(self) -> None:
        while self._obey():
            lanes = self.desk.writing() if self.desk and not self._held else []
            self._measure()
            if not lanes:
                self._wait(None)
                self._restart_clock()
                continue
            early = self._due - time.monotonic()
            if self.pace < math.inf and early > 0:
                self._wait(max(early, GLANCE))
                continue
            try:
                self._write()
            except UserError as error:
                self._pause_all()
                self._told(error)

    def _obey(self) -> bool:
        """Run the commands that wait; False once the thread is to end."""
        obeyed = False
        while self._commands:
            obeyed = True
            try:
                self._commands.popleft()()
            except UserError as error:
                self._told(error)
        if obeyed:
            self._look()
            self._told(None)
        return not self._closing or bool(self._commands)

    def _write(self) -> None:
        """What is due, for one slice of time at most."""
        desk = self.desk
        now = time.monotonic()
        end = now + SLICE
        if self.pace < math.inf:
            self._due = max(self._due, now - ARREARS)
            count = int((now - self._due) * self.pace) + 1
            self._due += count / self.pace
        else:
            count = 1 << 62
        while desk is not None and count and not self._commands and time.monotonic() < end:
            some = min(count, AT_ONCE)
            if not desk.step(desk.writing(), some):
                break
            count -= some
        if count and self.pace < math.inf:
            self._due -= count / self.pace
        self._look()
        time.sleep(REST)

    def _look(self) -> None:
        if self.desk:
            try:
                self.desk.look()
            except UserError as error:
                self._told(error)

    def _measure(self) -> None:
        """How fast each lane writes, every now and then."""
        now = time.monotonic()
        passed = now - self._measured
        if passed < MEASURE or not self.desk:
            return
        self._measured = now
        for channel in self.desk.channels:
            channel.measure(now)

    def _pause_all(self) -> None:
        if self.desk:
            self.desk.pause(self.desk.channels, True)

    def _wait(self, seconds: float | None) -> None:
        with self._wake:
            if not self._commands and not self._closing:
                self._wake.wait(seconds)
