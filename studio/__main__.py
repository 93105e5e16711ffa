"""`studio`: without arguments the app, else the command line. Each imports nothing of the other."""

from __future__ import annotations

import sys


def main() -> None:
    """Start the app, or the command line. Ends the process with its exit code."""
    if len(sys.argv) > 1:
        from studio.cli import main as command_line

        command_line()
        return
    sys.exit(start())


def start() -> int:
    """Run the app in this terminal; the exit code."""
    from models.errors import UserError
    from studio.config import Paths, load_settings

    if not (sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        print("studio: the app needs a terminal; `studio --help` lists the commands", file=sys.stderr)  # noqa: T201
        return 2
    try:
        paths = Paths.standard()
        settings = load_settings(paths)
        log = paths.log
    except UserError as error:
        print(f"studio: {error}", file=sys.stderr)  # noqa: T201
        return 1
    from studio.app import StudioApp
    from studio.stderr import stderr_to

    app = StudioApp(paths, settings)
    with stderr_to(log):
        app.run()
    if app.fatal:
        print(app.fatal, file=sys.stderr)  # noqa: T201
    return app.return_code or 0


if __name__ == "__main__":
    main()
