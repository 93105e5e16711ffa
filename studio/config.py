"""Where the studio keeps its data, and what a person may set.

Everything is under one folder: `STUDIO_HOME`, else the platform's own place for a program's data. Settings come from
`config.toml`, then from the environment (`STUDIO_THEME=nord`). This module is on the way to the first paint: it
imports the standard library alone, and the rest when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.private import make_private, tighten
from models.private import private as private
from studio.visible import visible

APP = "latent-studio"
FOLDERS = ("models", "runs", "pictures", "cache", "corpora", "backbones", "datasets", "transcripts")
FILES = ("registry.db", "registry.db-wal", "registry.db-shm", "registry.db-journal", "studio.log", "studio.log.1")
OWN = frozenset({*FOLDERS, *FILES, "config.toml"})
"""All that there is in a home."""
LARGEST = 1 << 16
"""Bytes of a config file; what is nested deep enough takes the parser the square of its length."""
TOLD, WIDEST = 5, 80
"""Problems of a config file that are told, and characters of what was wrong that are shown."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The places of one studio, all under `home`.

    A folder is made, open to its owner alone (0700), the first time its property is read; UserError if it cannot be.
    """

    home: Path
    config_file: Path | None = None

    @classmethod
    def standard(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        """The paths of this user: `STUDIO_HOME` moves all of them, the config file included."""
        if home := environment.get("STUDIO_HOME", ""):
            return cls(Path(os.path.abspath(Path(home).expanduser())))  # noqa: PTH100
        from platformdirs import user_config_path, user_data_path

        return cls(user_data_path(APP, appauthor=False), user_config_path(APP, appauthor=False) / "config.toml")

    @property
    def config(self) -> Path:
        """The config file; it need not exist."""
        return self.config_file or self.home / "config.toml"

    @property
    def database(self) -> Path:
        """The registry's SQLite file."""
        return make_folder(self.home) / "registry.db"

    @property
    def models(self) -> Path:
        """The weights of the models."""
        return make_folder(self.home / "models")

    def latent_notes(self, model_id: str) -> Path:
        """What was noted of a model's latent space; it need not exist."""
        return self.models / f"{model_id}.latent.json"

    @property
    def runs(self) -> Path:
        """A folder for each run: its checkpoint and its log."""
        return make_folder(self.home / "runs")

    @property
    def pictures(self) -> Path:
        """Pictures that were made and kept."""
        return make_folder(self.home / "pictures")

    @property
    def cache(self) -> Path:
        """What can be computed or fetched again."""
        return make_folder(self.home / "cache")

    @property
    def corpora(self) -> Path:
        """Corpora that were downloaded, or put here by hand where there is no network."""
        return make_folder(self.home / "corpora")

    @property
    def log(self) -> Path:
        """The studio's own log file, native output included."""
        return make_folder(self.home) / "studio.log"

    def tightened(self) -> list[Path]:
        """Take from everyone but the owner what is there already, where an older umask or a copy has been generous.
        Returns what others can still look into.

        A home that holds other things than the studio's keeps its own rights: what matters in it has none for others.
        """
        inside = [self.home / name for name in OWN]
        loose = [path for path in inside if not tighten(path)]
        try:
            is_own = all(path.name in OWN for path in self.home.iterdir())
        except OSError:
            is_own = False
        return loose if not is_own or tighten(self.home) else [*loose, self.home]


def make_folder(path: Path) -> Path:
    """`path` as a folder; what is missing of it is made for its owner alone. Raises UserError where it cannot be."""
    if path.is_dir():
        return path
    try:
        make_private(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        told = f"cannot make the folder {path}: {reason}; set STUDIO_HOME to one that can be written"
        raise UserError(visible(told)) from None
    return path


def text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text in quotes is wanted")
    return value


def flag(value: Any) -> bool:
    """A truth: true or false, and from the environment 1, 0, yes, no, on, off."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError("true or false is wanted")


def between(low: int, high: int) -> Callable[[Any], int]:
    """A check for a whole number from `low` to `high`."""

    def check(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high} is wanted")
        return number

    return check


def one_of(*words: str) -> Callable[[Any], str]:
    """A check for one of a few words."""

    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)} is wanted")
        return str(value)

    return check


def keymap(value: Any) -> Mapping[str, str]:
    """A table of binding ids and the keys that run them, several keys parted by commas."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value.values()):
        raise ValueError('a table such as { "text.pause" = "p" } is wanted')
    return dict(value)


def setting(default: Any, check: Callable[[Any], Any], *, environment: bool = True) -> Any:
    """A field of Settings with the check that its value has to pass."""
    return field(default_factory=lambda: default, metadata={"check": check, "environment": environment})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may set. `problem` is one line about all that was wrong; the defaults stand in for it."""

    theme: str = setting("", text_of)
    """The name of a Textual theme; empty for the studio's own."""

    device: str = setting("auto", text_of)
    """Where runs are computed: `auto` (every GPU, else the CPU), or names such as `CPU` or `GPU:0,GPU:1`."""

    refresh: int = setting(15, between(1, 15))
    """How often a second a page looks at what has changed; lower it on a slow line."""

    take_queued: bool = setting(True, flag)
    """Whether the app also computes runs that other programs have put in the queue."""

    starters: bool = setting(True, flag)
    """Whether a new studio begins with the models that come along."""

    keys: Mapping[str, str] = setting({}, keymap, environment=False)
    """Other keys for bindings, by binding id: `[keys]` then `"text.pause" = "p"`."""

    images: str = setting("auto", one_of("auto", "kitty", "sixel", "half", "off"))
    """How pictures are shown: `kitty`, `sixel`, `half` (half-blocks), `off`, or `auto` for the best there is."""

    on_disconnect: str = setting("keep-training", one_of("keep-training", "stop"))
    """What becomes of runs whose terminal goes away: `keep-training` to their end, or `stop` and keep."""

    problem: str = ""
    """One line that names what was ignored in the config file or the environment, and why."""


def load_settings(paths: Paths, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the config file, then of the environment. Never raises: see `Settings.problem`."""
    values, problems = read_config(paths.config)
    known = {item.name: item for item in fields(Settings) if "check" in item.metadata}
    source = {name: str(paths.config) for name in values}
    for name, item in known.items():
        variable = f"STUDIO_{name.upper()}"
        if item.metadata["environment"] and variable in environment:
            values[name], source[name] = environment[variable], variable
    accepted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            problems.append(f"{source[name]}: there is no setting {clipped(name)}; there are {', '.join(known)}")
            continue
        try:
            accepted[name] = known[name].metadata["check"](value)
        except ValueError as error:
            problems.append(f"{source[name]}: {name}: {error} (got {clipped(value)})")
    more = [f"and {len(problems) - TOLD} more"] if len(problems) > TOLD else []
    return replace(Settings(**accepted), problem=visible("; ".join([*problems[:TOLD], *more])))


def clipped(value: Any) -> str:
    """A value as a message shows it."""
    told = repr(value)
    return told if len(told) <= WIDEST else f"{told[:WIDEST]}…"


def read_config(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The tables of a TOML file, and what kept it from being read; a file that is not there is empty."""
    if not path.is_file():
        return {}, []
    import tomllib

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            return {}, [f"{path}: larger than {LARGEST >> 10} kB, so the defaults are used"]
        return tomllib.loads(data.decode("utf-8")), []
    except (ValueError, RecursionError) as error:
        return {}, [f"{path}: not a TOML file, so the defaults are used: {error}"]
    except OSError as error:
        return {}, [f"{path}: {error.strerror}, so the defaults are used"]
