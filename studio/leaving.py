"""How the app ends: asked to, by a signal, or because the terminal has gone away. Nothing that was learnt is lost."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from studio.crash import LOG, logged
from studio.showing import PicturingApp

if TYPE_CHECKING:
    from textual.driver import Driver

    from studio.jobs import Jobs
    from studio.line import Line
    from studio.pages.base import Page
    from studio.pictures import Means
    from studio.services import Services

GRACE = 4.0
"""Seconds that runs get to stop and keep what they have when the app ends."""


class LeavingApp(PicturingApp):
    """An app that executes runs, which outlive its screen or are kept."""

    services: Services
    pages: dict[str, Page]

    def __init__(self, means: Means | None = None) -> None:
        super().__init__(means)
        self.fatal = ""
        """Why the app ended, if it broke: one line for the terminal that it leaves behind."""
        self.parting = ""
        """What goes on after the app: one line for the terminal that it leaves behind."""
        self.is_alone = False
        """Whether the terminal has gone away, and the runs are to go on without it."""
        self._leaving = False

    def get_driver_class(self) -> type[Driver]:
        """On a terminal, the driver that bears to lose it."""
        from textual.drivers.linux_driver import LinuxDriver

        from studio.driver import LineDriver

        found = super().get_driver_class()
        return LineDriver if found is LinuxDriver else found

    def jobs_made(self) -> Jobs | None:
        """The jobs of this process, if anything has asked for them yet."""
        return vars(self.services).get("jobs")

    async def action_quit(self) -> None:
        """Leave; ask first where runs are executed here."""
        from studio.summary import quit_question

        question = quit_question(self.services)
        if question is None:
            self.leave()
        else:
            self.push_screen(question, lambda answer: self.leave(hand_over=answer == "hand over") if answer else None)

    def hear(self, number: int) -> None:
        """A signal has come; SIGHUP also where the terminal is gone. From any thread."""
        if number != signal.SIGHUP:
            self.leave(128 + number)
            return
        if self._driver is not None and hasattr(self._driver, "let_go"):
            self._driver.let_go()
        if self.services.settings.on_disconnect == "stop":
            self.leave(128 + number)
        elif not self._leaving:
            self._leaving = self.is_alone = True
            self._start(lambda: self._close_pages(128 + number))

    def leave(self, code: int = 0, *, hand_over: bool = False) -> None:
        """Stop and keep what runs here, then end, within seconds, whatever happens. From any thread.

        With `hand_over` a program without a screen takes the runs up where they stopped.
        """
        if self._leaving:
            return
        self._leaving = True
        self.call_later(self._say_that_it_leaves, code)
        self._start(lambda: self._close(code, hand_over=hand_over))

    def _start(self, closing: object) -> None:
        """Close on a thread: the event loop may wait for a terminal that takes nothing more."""
        threading.Thread(target=closing, name="leaving", daemon=True).start()  # type: ignore[arg-type]

    def _say_that_it_leaves(self, code: int) -> None:
        jobs = self.jobs_made()
        if jobs is not None and jobs.running():
            self.tell("saving what was learned, then leaving")
        self.set_timer(GRACE + 0.5, lambda: self.exit(0, code))

    def _close(self, code: int, *, hand_over: bool) -> None:
        if (jobs := self.jobs_made()) is not None:
            if hand_over:
                self.parting = handed_over(jobs)
            else:
                jobs.close(GRACE)
        self._close_pages(code)

    def _close_pages(self, code: int) -> None:
        for page in list(self.pages.values()):
            with self.telling():
                page.closing()
        self.call_later(self.exit, 0, code)

    # What breaks

    def _fatal_error(self) -> None:
        """An error that is nobody's but ours: the whole of it to the log, one line to the person, the terminal back."""
        if self._exception is not None:
            self.give_up(self._exception)
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        """What Textual would draw over the terminal that it leaves behind is one line, too."""
        if self._exception is None:
            super().panic(*renderables)
        else:
            self._fatal_error()

    def give_up(self, error: BaseException) -> None:
        """Note why the app ends; the first reason counts."""
        told = logged(error, self.services.paths.home / LOG)
        self.fatal = self.fatal or f"studio: {told}"
        self._return_code = self._return_code or 1

    def keep_what_runs(self) -> None:
        """Stop and keep the runs of this process: what broke was the screen, not they."""
        if (jobs := self.jobs_made()) is not None:
            jobs.close(GRACE)

    def broke(self, error: BaseException) -> None:
        """A thread of this process has ended by an error that nobody caught. From any thread; the app goes on."""
        told = logged(error, self.services.paths.home / LOG)
        if self.is_running and not self._leaving:
            self.call_later(self.tell, f"something broke: {told}", "error")

    def go_on_alone(self, line: Line) -> int:
        """Wait, without a screen, for the end of the runs of this process; the exit code.

        A signal that ends the program stops and keeps them.
        """
        jobs = self.jobs_made()
        if jobs is None:
            return 128 + signal.SIGHUP
        jobs.take_only_own()
        while not line.is_to_end and not jobs.wait(1.0):
            pass
        jobs.close(GRACE)
        return 128 + line.number


def handed_over(jobs: Jobs) -> str:
    """Hand the runs to a program of their own; one line about it."""
    from studio.detached import start_worker

    runs = jobs.release(GRACE)
    if not runs:
        return "no job goes on: a paused one is stopped and kept"
    process = start_worker(runs, jobs.registry.paths.log)
    what = "the job goes on" if len(runs) == 1 else f"{len(runs)} jobs go on"
    return f"{what} without a screen, in process {process}; to look: studio jobs follow {runs[0]}"
