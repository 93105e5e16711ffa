"""The command line. A command is one thin function; this package's `main` turns whatever goes wrong into one line."""

from studio.cli.entry import main, run

__all__ = ["main", "run"]
