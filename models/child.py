"""How a module of this program is started as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def program(module: str, *words: str, environment: Mapping[str, str] = os.environ) -> tuple[list[str], dict[str, str]]:
    """The command and the environment for `python -m module words`, the module found where this one was.

    The working folder is never looked in for code: a folder `models` in it, of whosever making, is not ours.
    """
    places = [str(ROOT), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    own = {**environment, "PYTHONPATH": os.pathsep.join(dict.fromkeys(places))}
    return [sys.executable, "-P", "-m", module, *words], own
