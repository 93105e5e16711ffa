"""What the doctor advises: each with the way to set it, and only where it helps."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from studio.cli.advice import advice, of_disk, of_home, of_logout, of_terminal
from studio.config import Paths
from studio.terminal import Terminal
from tests.studio.command import Command, objects

GOOD = Terminal("xterm-kitty", 120, 40, "truecolor", "kitty", "utf-8", answered=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"colours": "256", "ssh": True}, ["COLORTERM=truecolor", "TEXTUAL_COLOR_SYSTEM", "SSH", "needs true colour"]),
        ({"colours": "256"}, ["COLORTERM=truecolor", "needs true colour"]),
        ({"pictures": "half-blocks"}, ["Ghostty", "sixel"]),
        ({"pictures": "half-blocks", "answered": False}, ["studio --images sixel"]),
        ({"pictures": "half-blocks", "multiplexer": "tmux"}, ["inside tmux"]),
        ({"encoding": "ascii"}, ["LANG"]),
        ({"rows": 20}, ["80x24"]),
    ],
)
def test_of_a_terminal(changes: dict[str, object], words: list[str]) -> None:
    found = of_terminal(replace(GOOD, **changes), {})  # type: ignore[arg-type]
    assert bool(found) == bool(words)
    for word in words:
        assert word in " ".join(found)
    assert "SSH" not in " ".join(found) or changes.get("ssh")


def test_of_no_colours() -> None:
    assert "unset it" in of_terminal(GOOD, {"NO_COLOR": "1"})[0]


@pytest.mark.parametrize(("free", "advised", "amiss"), [(10**10, 0, 0), (10**9, 1, 0), (10**6, 0, 1)])
def test_of_room_on_the_disk(free: int, advised: int, amiss: int) -> None:
    problems: list[str] = []
    found = of_disk(free, Path("/data"), problems)
    assert (len(found), len(problems)) == (advised, amiss)
    for line in (*found, *problems):
        assert "studio models delete" in line
        assert "STUDIO_HOME" in line


@pytest.mark.parametrize(
    ("texts", "lingering", "advised"),
    [
        ({}, False, 0),
        ({"a": "[Login]\n#KillUserProcesses=yes\n"}, False, 0),
        ({"a": "[Login]\nKillUserProcesses=yes\n"}, False, 1),
        ({"a": "[Login]\nKillUserProcesses=yes\n"}, True, 0),
        ({"a": "KillUserProcesses = yes", "b": "KillUserProcesses=no"}, False, 0),
    ],
)
def test_of_a_system_that_ends_all_at_logout(texts: dict[str, str], lingering: bool, advised: int) -> None:
    found = of_logout("me", {Path(name): text for name, text in texts.items()}, lingering)
    assert len(found) == advised
    assert all("loginctl enable-linger me" in line for line in found)


def test_of_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems: list[str] = []
    of_home(Paths(tmp_path / "home" / "deeper"), problems)
    assert problems == []
    monkeypatch.setattr(os, "access", lambda *_: False)
    of_home(Paths(tmp_path / "home"), problems)
    assert problems == [f"{tmp_path} cannot be written to, so nothing is kept: chmod u+w {tmp_path}"]


def test_on_this_machine(paths: Paths) -> None:
    problems: list[str] = []
    assert all(line.isprintable() for line in advice(GOOD, paths, problems))


def test_the_doctor_tells_it_apart_from_what_is_amiss(tmp_path: Path) -> None:
    studio = Command(tmp_path / "home")
    done = studio.run("doctor", COLORTERM="", SSH_TTY="/dev/pts/9", LC_ALL="C.UTF-8")
    assert done.returncode == 0
    [line] = [line for line in done.stdout.splitlines() if "COLORTERM" in line]
    assert line.startswith("advice: ")
    [told] = objects(studio.run("doctor", "--json", COLORTERM="", SSH_TTY="/dev/pts/9").stdout)
    assert any("COLORTERM" in line for line in told["advice"])
