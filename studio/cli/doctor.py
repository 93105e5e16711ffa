"""`studio doctor`: what the studio finds on this machine. TensorFlow is not loaded for it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cyclopts import App

from models.errors import UserError
from studio.cli.ended import Ended
from studio.cli.models import Json
from studio.cli.output import emit, say
from studio.figures import size

if TYPE_CHECKING:
    from studio.config import Paths
    from studio.terminal import Terminal

PACKAGES = (
    "latent-studio",
    "tensorflow",
    "keras",
    "numpy",
    "textual",
    "textual-image",
    "pydantic",
    "pillow",
    "safetensors",
)

app = App(name="doctor", help="Say what the studio finds here: devices, terminal, folders, versions.", help_epilogue="")


@app.default
def doctor(*, json: Json = False) -> None:
    """Say what the studio finds here: devices, terminal, folders, versions, and what could be set for the better.

    Ends with 1 if something is amiss.
    """
    from studio.cli.advice import advice
    from studio.config import Paths
    from studio.terminal import look

    problems: list[str] = []
    paths, found = Paths.standard(), look()
    parts: dict[str, dict[str, Any]] = {
        "versions": versions(problems),
        "devices": devices(),
        "terminal": terminal(found),
        "folders": folders(paths, problems),
    }
    lines = advice(found, paths, problems)
    if json:
        emit("result", **parts, advice=lines, problems=problems)
    else:
        for title, facts in parts.items():
            say(title.capitalize())
            for name, value in facts.items():
                for line in value if isinstance(value, list) else [value]:
                    say(f"  {name:<16} {line}")
            say()
        for line in lines:
            say(f"advice: {line}")
        for problem in problems:
            say(f"problem: {problem}")
        say("something is amiss" if problems else "all is well")
    if problems:
        raise Ended(1)


def versions(problems: list[str]) -> dict[str, Any]:
    """The versions of Python and of what the studio stands on, from the packages' own records."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, Any] = {"python": f"{platform.python_version()} ({sys.executable})", "system": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
            problems.append(f"the package {package} is not installed")
    return found


def devices() -> dict[str, Any]:
    """What runs can be computed on, by the names that `--device` takes: asked of the system and of NVIDIA's driver."""
    import os

    import psutil

    from models.hardware import hardware

    found: dict[str, Any] = {}
    for item in hardware():
        found[item.name] = item.title + (f", {size(item.memory)}" if item.memory else "")
    if not any(name.startswith("GPU") for name in found):
        found["GPU"] = "none that NVIDIA's driver knows of"
    if hasattr(os, "sched_getaffinity"):
        found["cores to use"] = str(len(os.sched_getaffinity(0)))
    found["memory free"] = size(psutil.virtual_memory().available)
    return found


def terminal(found: Terminal) -> dict[str, Any]:
    """What this terminal can do."""
    through = [name for name, there in (("ssh", found.ssh), (found.multiplexer, bool(found.multiplexer))) if there]
    cell = f", a cell is {found.cell[0]}x{found.cell[1]} pixels" if found.cell else ""
    return {
        "name": (found.name or "unknown") + (f" through {' and '.join(through)}" if through else ""),
        "size": f"{found.columns}x{found.rows}{cell}",
        "colours": found.colours,
        "pictures": found.pictures,
        "encoding": found.encoding,
    }


def folders(paths: Paths, problems: list[str]) -> dict[str, Any]:
    """Where things are, and whether they can be used."""
    import shutil

    from studio.config import load_settings

    found: dict[str, Any] = {"data": str(paths.home), "settings": str(paths.config)}

    def note(name: str, look: Callable[[], str]) -> None:
        try:
            found[name] = look()
        except UserError as error:
            found[name] = "cannot be used"
            problems.append(str(error))

    if loose := paths.tightened():
        found["open to others"] = [str(path) for path in loose]
    note("log", lambda: str(paths.log))
    note("registry", lambda: contents(paths))
    if paths.home.is_dir():
        found["disk"] = f"{size(shutil.disk_usage(paths.home).free)} free"
    if problem := load_settings(paths).problem:
        problems.append(problem)
    return found


def contents(paths: Paths) -> str:
    """The registry's file and how much is in it. Raises UserError if it cannot be opened."""
    from studio.find import open_registry

    registry = open_registry(paths)
    models = registry.models()
    broken = [model.name for model in models if model.problem]
    line = f"{paths.database}: {len(models)} models, {len(registry.runs())} runs"
    return line + (f", damaged: {', '.join(broken)}" if broken else "")
