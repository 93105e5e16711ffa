"""Starts the command line as a process of its own, as a shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REAL, FAKE = "studio", "tests.studio.fake_text"


class Command:
    """`studio` with a data folder of its own; `module` is what stands for it."""

    def __init__(self, home: Path, module: str = REAL) -> None:
        self.home, self.module = home, module

    def environment(self, **changes: str) -> dict[str, str]:
        """This process's environment, with the data folder, and without what would colour the output."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("STUDIO_", "FAKE_"))}
        own = {"STUDIO_HOME": str(self.home), "STUDIO_STARTERS": "no", "PYTHONPATH": str(ROOT)}
        return {**kept, **own, "TERM": "xterm-256color", **changes}

    def words(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", self.module, *arguments]

    def run(
        self, *arguments: str, stdin: bytes | str = "", timeout: float = 60, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; what it writes is decoded as UTF-8."""
        return_bytes = subprocess.run(
            self.words(*arguments),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=timeout,
            env=self.environment(**environment),
            cwd=cwd,
        )
        return subprocess.CompletedProcess(
            return_bytes.args, return_bytes.returncode, return_bytes.stdout.decode(), return_bytes.stderr.decode()
        )

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start it, with pipes for what it writes."""
        return subprocess.Popen(
            self.words(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=self.environment(**environment),
        )


def objects(output: str) -> list[dict[str, Any]]:
    """The JSON objects, one a line, of an output; fails on NaN and on anything that is not an object."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found = [json.loads(line, parse_constant=refuse) for line in output.splitlines()]
    assert all(isinstance(item, dict) for item in found)
    return found


def one_line(text: str) -> str:
    """The text of an error, which is one line by the program's name, with nothing that steers a terminal."""
    assert text.endswith("\n"), text
    line = text.removesuffix("\n")
    assert line.startswith("studio: "), text
    assert "\n" not in line, text
    assert "Traceback" not in line, text
    assert line.isprintable(), repr(text)
    return line.removeprefix("studio: ")
