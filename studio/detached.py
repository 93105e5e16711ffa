"""Starts the studio's worker as a program of its own, which no terminal holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from models.child import program
from studio.stderr import open_log


def start_worker(runs: Sequence[str], log: Path) -> int:
    """Start `studio work` for these runs, by id, and return its process id. What it writes goes to the log.

    It is a new program rather than a fork of this one: TensorFlow's threads do not survive a fork.
    """
    target = open_log(log)
    words, own = program(this_program(), "work", *runs)
    try:
        process = subprocess.Popen(
            words,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=target,
            start_new_session=True,
        )
    finally:
        os.close(target)
    return process.pid


def this_program() -> str:
    """The module that this program was started as, where it was by `python -m`; else that of the studio."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec is not None else "studio"
