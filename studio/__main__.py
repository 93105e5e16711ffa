"""`studio`: without arguments the app, else the command line. Each imports nothing of the other."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from studio.app import StudioApp
    from studio.config import Paths, Settings
    from studio.guard import Guard

PATIENCE = 0.25
"""Seconds from the question on that the first paint waits for the terminal's answers; later ones count as well."""


def main() -> None:
    """Start the app, or the command line. Ends the process with its exit code."""
    images = images_asked(sys.argv[1:])
    if images is None:
        from studio.cli import main as command_line

        command_line()
        return
    sys.exit(start(images))


def images_asked(words: list[str]) -> str | None:
    """The way of pictures asked for where the words ask for nothing else; None if they are for the command line."""
    if not words:
        return ""
    if len(words) == 1 and words[0].startswith("--images="):
        return words[0].partition("=")[2]
    return words[1] if len(words) == 2 and words[0] == "--images" else None


def start(images: str = "") -> int:
    """Run the app in this terminal; the exit code. `images` is how pictures are shown; empty: as the settings say."""
    from studio.pictures import WAYS, in_browser

    if images not in ("", "auto", *WAYS):
        print(f"studio: --images: one of auto, {', '.join(WAYS)} is wanted", file=sys.stderr)  # noqa: T201
        return 2
    from models.errors import UserError
    from studio.config import Paths, load_settings

    on_screen = sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()
    if not (on_screen or in_browser(os.environ)):
        print("studio: the app needs a terminal; `studio --help` lists the commands", file=sys.stderr)  # noqa: T201
        return 2
    try:
        paths = Paths.standard()
        settings = load_settings(paths)
        log = paths.log
    except UserError as error:
        print(f"studio: {error}", file=sys.stderr)  # noqa: T201
        return 1
    from studio.guard import Guard

    with Guard(0 if on_screen else None, log) as guard:  # before there are threads
        try:
            app, code, is_to_end = on_the_screen(paths, settings, images or settings.images, log, guard)
        except Exception as error:  # before the app was up, or after
            from studio.crash import logged

            guard.restore()
            print(f"studio: {logged(error, log)}", file=sys.stderr)  # noqa: T201
            return 1
    with contextlib.suppress(OSError):  # there may be no terminal any more
        for last in filter(None, (app.fatal, app.parting)):
            print(last, file=sys.stderr)  # noqa: T201
    if is_to_end:
        os._exit(code)  # what TensorFlow still does must not hold it up
    return code


def on_the_screen(
    paths: Paths, settings: Settings, wanted: str, log: Path, guard: Guard
) -> tuple[StudioApp, int, bool]:
    """Run the app: what is left of it, its exit code, and whether a signal has ended it."""
    from studio.pictures import begin, means

    inquiry, answers = begin(wanted), None
    try:  # the answers travel while the rest is imported
        from studio.app import StudioApp
        from studio.crash import threads_to
        from studio.line import Line
        from studio.stderr import stderr_to
    finally:
        if inquiry is not None:
            answers = inquiry.answers(PATIENCE, heeded=True)
    app = StudioApp(paths, settings, means=means(wanted, answers))
    if inquiry is not None and answers is not None and not answers.answered:
        from studio.late import heed

        heed(inquiry.heard, lambda late: app.reconsider(means(wanted, late)))
    code = 0
    with stderr_to(log), threads_to(app.broke), Line(app.hear, guard.terminal, guard.dismiss) as line:
        try:
            app.run()
        except BaseException as error:  # not even Textual caught it, so the screen is still up
            guard.restore()
            app.give_up(error)
        if app.fatal:
            app.keep_what_runs()
        code = app.go_on_alone(line) if app.is_alone else app.return_code or 0
    return app, code, line.is_to_end


if __name__ == "__main__":
    main()
