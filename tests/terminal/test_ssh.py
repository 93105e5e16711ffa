"""Over a real SSH connection, which is then lost."""

from __future__ import annotations

import signal

import psutil

from models.text.recipe import TextRecipe
from studio.registry import Registry
from tests.studio.command import ROOT, Command
from tests.terminal.line import Line
from tests.terminal.sshd import Sshd, needs_sshd
from tests.terminal.test_line import trains, until

pytestmark = needs_sshd()


def over(server: Sshd, fake: Command) -> Line:
    """The app over there."""
    told = {"STUDIO_HOME": str(fake.home), "STUDIO_STARTERS": "no", "PYTHONPATH": str(ROOT), "FAKE_PAUSE": "0.05"}
    return Line(server.words(fake.words(), told), {"TERM": "xterm-256color"}, 140, 40)


def test_a_run_outlives_the_connection_and_is_seen_over_the_next(fake: Command, registry: Registry) -> None:
    run = registry.add_run("text", TextRecipe.preset(steps=1_000_000).model_dump(mode="json"), "long")
    with Sshd() as server:
        with over(server, fake) as line:
            trains(line, registry, run)
            line.process.send_signal(signal.SIGKILL)  # the client at this end: the line is dead
        owner = registry.run(run.id).owner
        step = registry.run(run.id).step
        until(lambda: registry.run(run.id).step > step + 20)
        with over(server, fake) as line:
            line.wait(b"Library")
            line.type(b"3")
            line.wait(b"long")
            line.wait(b"second line")
            line.type(b"s")
            until(lambda: line.read(0.05) and registry.run(run.id).state == "stopped")
            line.type(b"q")
            assert line.end() == 0
            assert b"\x1b[?1049l" in line.written
    assert registry.run(run.id).owner == owner
    pid = int(owner.split("/")[1])
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
