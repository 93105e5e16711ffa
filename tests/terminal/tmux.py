"""Drives a real terminal program in a tmux server of its own, as a person would: keys in, a screen out."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

TMUX = shutil.which("tmux")
NOT_OURS = ("TMUX", "COLUMNS", "LINES")
"""What speaks of the terminal that the tests were started in."""


def needs_tmux() -> pytest.MarkDecorator:
    """Skip where there is no tmux, except in CI: there its lack is a failure."""
    return pytest.mark.skipif(TMUX is None and not os.environ.get("CI"), reason="tmux is not installed")


class Tmux:
    """One terminal of `columns` x `rows` cells. Leaving the context ends its server, and all that runs in it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.rows = columns, rows
        self._socket = f"latent-studio-test-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-"))
        self._status = self._folder / "status"

    def __enter__(self) -> Self:
        self.tmux(
            "new-session", "-d", "-s", "s", "-x", str(self.columns), "-y", str(self.rows), "sleep 100000", ";",
            "set", "-g", "default-terminal", "tmux-256color", ";",
            "set", "-sg", "escape-time", "0", ";", "set", "-g", "status", "off", ";",
            "set", "-ga", "terminal-overrides", ",*:Tc",
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tmux("kill-server", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def tmux(self, *arguments: str, check: bool = True) -> str:
        """Run one tmux command against this server and return what it prints."""
        done = subprocess.run(
            self.client(*arguments),
            capture_output=True, text=True, encoding="utf-8", timeout=20, check=check,
            env={key: value for key, value in os.environ.items() if key not in NOT_OURS} | {"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        return done.stdout

    def client(self, *arguments: str) -> list[str]:
        """The words of a tmux command that speaks to this server."""
        return [TMUX or "tmux", "-L", self._socket, "-f", "/dev/null", *arguments]

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program in the terminal, with this environment added to the test's own."""
        told = {"TERM": "tmux-256color", "COLORTERM": "truecolor", **environment}
        words = [f"{name}={value}" for name, value in told.items()]
        self._status.unlink(missing_ok=True)
        # tmux itself forgets the exit code now and then. The trap lets the shell outlive a Ctrl+C.
        shell = 'trap : INT; "$@"; printf %s $? > "$0.part"; mv "$0.part" "$0"; exec sleep 100000'
        self.tmux("respawn-pane", "-k", "-t", "s", "--", "env", *words, "sh", "-c", shell, str(self._status), *command)

    def keys(self, *keys: str) -> None:
        """Press keys by their tmux names: `Tab`, `Enter`, `C-c`, `F1`, `q`."""
        self.tmux("send-keys", "-t", "s", *keys)

    def type(self, text: str) -> None:
        """Type text, character by character."""
        self.tmux("send-keys", "-t", "s", "-l", text)

    def screen(self) -> str:
        """What stands on the screen."""
        return self.tmux("capture-pane", "-p", "-t", "s")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.tmux("resize-window", "-t", "s", "-x", str(columns), "-y", str(rows))

    def wait(self, pattern: str, seconds: float = 20.0) -> str:
        """Wait until a regular expression is found on the screen, and return the screen; fail with it otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.screen()
            if re.search(pattern, shown):
                return shown
            time.sleep(0.03)
        pytest.fail(f"{pattern!r} did not show within {seconds} s; the screen was:\n{self.screen()}")

    def flag(self, name: str) -> str:
        """A tmux variable of the pane, such as `alternate_on` or `cursor_flag`."""
        return self.tmux("display-message", "-p", "-t", "s", f"#{{{name}}}").strip()

    def wait_for_flag(self, name: str, value: str, seconds: float = 20.0) -> None:
        """Wait until a tmux variable has a value."""
        end = time.monotonic() + seconds
        while (found := self.flag(name)) != value:
            if time.monotonic() > end:
                pytest.fail(f"{name} is {found!r}, not {value!r}; the screen is:\n{self.screen()}")
            time.sleep(0.03)

    def exit_status(self, seconds: float = 20.0) -> int:
        """Wait until the program has ended, and return its exit code."""
        end = time.monotonic() + seconds
        while not (written := self._status.read_text() if self._status.exists() else ""):
            if time.monotonic() > end:
                pytest.fail(f"the program did not end within {seconds} s; the screen was:\n{self.screen()}")
            time.sleep(0.03)
        return int(written)
