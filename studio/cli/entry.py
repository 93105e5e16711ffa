"""From the words of a command line to an exit code: 0, 1 for a failure, 2 for wrong use, 128 + n after signal n."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from models.errors import UsageError, UserError
from studio.cli.ended import Ended
from studio.cli.output import prepare_streams, say_error

if TYPE_CHECKING:
    from cyclopts import App

EPILOGUE = """\
Examples:
  studio                                   open the studio
  studio --images half                     show pictures there as half-blocks (kitty, sixel, off, auto)
  studio train text --corpus python-docs   train a text model on the spot
  studio sample MODEL --temperature 0.5    let it write
  studio jobs list                         what trains, trained, or failed

More about a command: studio COMMAND --help
STUDIO_HOME=FOLDER keeps all data in another folder.
"""

COMMANDS = (
    ("train", "Train a model."),
    ("sample", "Let a text model write."),
    ("dream", "Let a network dream on a picture."),
    ("style", "Paint a picture anew in the style of others."),
    ("evaluate", "Measure a trained VAE or GAN on pictures."),
    ("generate", "Make new pictures with a trained VAE or GAN."),
    ("latent", "Travel the latent space of a trained VAE or GAN."),
    ("redo", "Make a picture again from the recipe inside its file."),
    ("pictures", "List, show, export, rename and delete pictures."),
    ("models", "List, show, rename and delete models."),
    ("jobs", "List, show, follow, pause, resume, stop and delete runs."),
    ("work", "Execute what is queued, without a screen."),
    ("backbones", "Show the networks to dream and style with; fetch one."),
    ("doctor", "Say what the studio finds here: devices, terminal, folders, versions."),
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, by default that of this process, and exit."""
    raise SystemExit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. An error is one line on stderr, never a traceback."""
    prepare_streams()
    try:
        call(arguments)
        sys.stdout.flush()
    except Ended as ended:
        return quietly_flushed(ended.code)
    except BrokenPipeError:
        drop_stdout()
        return 128 + 13
    except KeyboardInterrupt:
        return quietly_flushed(128 + 2)
    except UserError as error:
        say_error(str(error))
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        say_error(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
        drop_stdout()
        return 1
    except Exception as error:
        say_error(f"unexpected {type(error).__name__}: {str(error) or 'no more is known'}; {where_it_is_told()}")
        return 1
    return 0


def call(arguments: Sequence[str]) -> None:
    """Parse the words and call the command. Raises UsageError for what makes no sense."""
    from cyclopts import CycloptsError

    app = build()
    if len(arguments) == 1 and arguments[0] in dict(COMMANDS) and (group := app[arguments[0]]).default_command is None:
        named = ", ".join(name for name in group if not name.startswith("-"))
        raise UsageError(f"{arguments[0]}: which of {named}? studio {arguments[0]} --help says more")
    try:
        app(bound_dashes(arguments), exit_on_error=False, print_error=False, result_action="return_none")
    except CycloptsError as error:
        raise UsageError(in_one_line(error)) from None


def bound_dashes(arguments: Sequence[str]) -> list[str]:
    """The words with `--corpus -` as `--corpus=-`: alone, the parser takes a dash for an option."""
    words: list[str] = []
    for word in arguments:
        if word == "-" and words and words[-1].startswith("--") and "=" not in words[-1]:
            words[-1] += "=-"
        else:
            words.append(word)
    return words


def build() -> App:
    """The commands by name; the module of one is imported when it is called."""
    from cyclopts import App

    from studio.cli.help import PlainHelp

    app = App(
        name="studio",
        help="A terminal studio for generative deep learning. Without a command it opens on the screen.",
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        help_formatter=PlainHelp(),
        version=version,
        suppress_keyboard_interrupt=False,
    )
    for place, (name, help) in enumerate(COMMANDS):
        app.command(f"studio.cli.{name}:app", name=name, help=help, sort_key=place)
    return app


def version() -> str:
    """The installed version, as `--version` prints it."""
    from importlib.metadata import version

    return f"latent-studio {version('latent-studio')}"


def in_one_line(error: Any) -> str:
    """An error of the parser as one line that begins in lower case, like all others."""
    error.verbose = False
    line = " ".join(str(error).split()).removesuffix(".")
    return line[:1].lower() + line[1:]


def where_it_is_told() -> str:
    """Write the traceback of the error at hand to the studio's log, and say where that is."""
    import traceback

    from studio.config import Paths, private

    try:
        path = Paths.standard().log
        with open(path, "a", encoding="utf-8", errors="backslashreplace", opener=private) as file:
            file.write(traceback.format_exc())
    except (OSError, UserError):
        return "its traceback could not be written to the log either"
    return f"please report it with its traceback, which is in {path}"


def quietly_flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        drop_stdout()
    return code


def drop_stdout() -> None:
    """Throw away what stdout still holds: no one reads it, and the interpreter would complain at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
