"""A real xterm that shows sixels, on a screen in memory, and photographs of it."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
RESOURCES = ("decTerminalID: vt340", "numColorRegisters: 256", "sixelScrolling: true", "maxGraphicSize: 2000x2000",
             "directColor: true")  # fmt: skip


def needs_xterm() -> pytest.MarkDecorator:
    """Skip where there is no xterm, or no screen in memory for it; never where all tests must run."""
    there = shutil.which("xterm") and shutil.which("Xvfb")
    return pytest.mark.skipif(not there and not os.environ.get("CI"), reason="xterm or Xvfb is not installed")


class Xterm:
    """One terminal of `columns` x `rows` cells with a program in it. Leaving the context ends all of it."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 80, rows: int = 24
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="xterm-"))
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1000x700x24", "-nolisten", "tcp",
             "-fbdir", str(self._folder)],
            pass_fds=[writing], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        words = [word for resource in RESOURCES for word in ("-xrm", f"XTerm*{resource}")]
        self._xterm = subprocess.Popen(
            ["xterm", "-tn", "xterm-256color", "-ti", "vt340", "-geometry", f"{columns}x{rows}+0+0", *words,
             "-bg", "black", "-fg", "white", "-e", *command],
            env={**os.environ, "DISPLAY": f":{display}", "TEXTUAL_COLOR_SYSTEM": "truecolor", **environment},
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._xterm, self._server):
            process.terminate()
            process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def photograph(self) -> Pixels:
        """The screen, uint8 (height, width, 3): an X window dump with 32 bits a pixel, blue first."""
        data = (self._folder / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", data[:100])
        size, width, height, stride, colours = header[0], header[4], header[5], header[12], header[19]
        rows = np.frombuffer(data, np.uint8, height * stride, size + 12 * colours).reshape(height, stride)
        return rows[:, : width * 4].reshape(height, width, 4)[..., 2::-1]

    def wait(self, found: Callable[[Pixels], bool], seconds: float = 30.0) -> Pixels:
        """Photograph until it is found on the picture."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            picture = self.photograph()
            if found(picture):
                return picture
            time.sleep(0.1)
        pytest.fail("the picture did not show")
