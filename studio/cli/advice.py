"""What a person could set so that more works, or goes on working: a sentence a line, each with the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studio.figures import size

if TYPE_CHECKING:
    from studio.config import Paths
    from studio.terminal import Terminal

LITTLE, NEXT_TO_NOTHING = 2_000_000_000, 100_000_000
"""Bytes free below which it is worth a word, and below which the next checkpoint may find no room."""
LOGIND = (
    Path("/etc/systemd/logind.conf"), Path("/usr/lib/systemd/logind.conf.d"), Path("/run/systemd/logind.conf.d"),
    Path("/etc/systemd/logind.conf.d"),
)  # fmt: skip
"""What says whether all that a user runs ends with their last login, the later ones weighing more."""
LINGER = Path("/var/lib/systemd/linger")


def of_terminal(found: Terminal, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Advice about the terminal: what `Terminal.advice` knows, and about pictures."""
    lines = found.advice()
    if found.pictures == "kitty" and found.colours != "truecolor":
        lines.append("Kitty's graphics protocol needs true colour: until it is set, pictures are drawn as half-blocks")
    elif found.pictures == "half-blocks" and not found.multiplexer and found.name not in ("linux", "dumb"):
        lines.append(
            "pictures are sharper in a terminal with Kitty's graphics protocol (Kitty, Ghostty) or with sixel (foot)"
            if found.answered
            else "the terminal did not say what it can: if it knows sixel, `studio --images sixel` shows pictures whole"
        )
    if environment.get("NO_COLOR"):
        lines.append("NO_COLOR is set: unset it for colours, and for pictures that are more than grey")
    return lines


def of_disk(free: int, home: Path, problems: list[str]) -> list[str]:
    """Advice about room on the disk; next to none of it is a problem."""
    way = (
        "delete models and pictures (studio models delete, studio pictures delete), or set STUDIO_HOME to another disk"
    )
    if free < NEXT_TO_NOTHING:
        problems.append(f"the disk that holds {home} is full but for {size(free)}: {way}")
        return []
    return [f"the disk that holds {home} has {size(free)} left: {way}"] if free < LITTLE else []


def of_home(paths: Paths, problems: list[str]) -> None:
    """Whether the folder of all data can be written: a problem, if not."""
    home = next(place for place in (paths.home, *paths.home.parents) if place.exists())
    if not os.access(home, os.W_OK | os.X_OK):
        way = f"chmod u+w {home}" if home.stat().st_uid == os.getuid() else "set STUDIO_HOME to a folder of yours"
        problems.append(f"{home} cannot be written to, so nothing is kept: {way}")


def of_logout(user: str, settings: Mapping[Path, str], lingering: bool) -> list[str]:
    """Advice about a system that ends all that a user runs at logout. `settings` are systemd-logind's files' texts."""
    ends = False
    for text in settings.values():
        for line in text.splitlines():
            name, equals, value = line.partition("=")
            if equals and name.strip() == "KillUserProcesses":
                ends = value.strip().lower() in ("yes", "true", "on", "1")
    if not ends or lingering:
        return []
    return [f"this system ends what trains when you log out: `loginctl enable-linger {user}` lets it go on"]


def logind_settings() -> dict[Path, str]:
    """The texts of systemd-logind's settings, in the order in which they weigh; what cannot be read is left out."""
    found = {}
    for place in LOGIND:
        try:
            for file in sorted(place.glob("*.conf")) if place.is_dir() else [place]:
                found[file] = file.read_text("utf-8", "replace")
        except OSError:
            continue
    return found


def advice(terminal: Terminal, paths: Paths, problems: list[str]) -> list[str]:
    """All advice for this machine; what is worse than that goes to `problems`."""
    import getpass
    import shutil

    lines = of_terminal(terminal)
    of_home(paths, problems)
    if paths.home.is_dir():
        lines += of_disk(shutil.disk_usage(paths.home).free, paths.home, problems)
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return lines
    return lines + of_logout(user, logind_settings(), (LINGER / user).exists())
