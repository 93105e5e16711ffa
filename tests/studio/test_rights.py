"""What the studio keeps is its user's alone, whatever the umask; what a person exports is as the umask says."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.downloads import keep, spool
from models.private import make_private, tighten
from models.text.corpus import keep_stdin
from studio.bundle import write_bundle
from studio.config import Paths
from studio.detached import start_worker
from studio.jobs.log import RunLog
from studio.registry import Registry
from studio.sessions import SessionData, export
from tests.studio.checkpoints import made
from tests.support import tiny_checkpoint


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def loose(home: Path) -> dict[str, str]:
    """All below a folder, itself included, that others have a right to."""
    found = {path: mode(path) for path in [home, *home.rglob("*")] if path.exists()}
    assert len(found) > 5
    return {str(path): oct(rights) for path, rights in found.items() if rights & 0o077}


def test_all_that_the_studio_keeps_is_its_users_alone(umask: int, tmp_path: Path) -> None:
    paths = Paths(tmp_path / "deep" / "home")
    registry = Registry(paths)
    run = registry.add_run("text", {}, "a run")
    model = registry.save_model(tiny_checkpoint(), name="m")
    registry.save_checkpoint(run.id, made())
    RunLog(registry.run_log(run.id)).say("began")
    with (tmp_path / "corpus.txt").open("w+b") as text:
        text.write(b"some text")
        text.seek(0)
        keep_stdin(text, paths.home)
    for folder in ("backbones", "datasets/mnist"):
        part, _, _ = spool([b"a", b"b"], paths.home / folder)
        keep(part, paths.home / folder / "fetched.bin")
    pid = start_worker([run.id], paths.log)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert {file.name for file in paths.home.iterdir()} >= {"registry.db", "registry.db-wal", "registry.db-shm"}
    assert loose(paths.home) == {}
    assert mode(paths.home.parent) == 0o700
    write_bundle(registry.load_model(model.id), "m", tmp_path / "m.safetensors")
    assert mode(tmp_path / "m.safetensors") == 0o666 & ~umask
    assert mode(export(tmp_path / "transcript.txt", "s", SessionData({}, []))) == 0o666 & ~umask
    registry.close()


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_was_left_open_is_closed_at_the_next_start(is_shared: bool, tmp_path: Path) -> None:
    paths = Paths(tmp_path / "home")
    registry = Registry(paths)
    registry.save_model(made(), name="m")
    registry.close()
    paths.log.touch()
    ours = [path for path in paths.home.iterdir() if path.is_dir() or path.name.startswith(("registry", "studio"))]
    if is_shared:
        (paths.home / "thesis.tex").write_text("not the studio's")
    for path in [*ours, paths.home]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    Registry(paths).close()
    assert {path.name for path in ours} >= {"models", "registry.db", "studio.log"}
    assert {path.name: mode(path) & 0o077 for path in ours} == {path.name: 0 for path in ours}
    assert mode(paths.home) == (0o777 if is_shared else 0o700)
    assert paths.tightened() == []
    if is_shared:
        assert mode(paths.home / "thesis.tex") & 0o044


def test_what_cannot_be_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(tmp_path / "home")
    make_private(paths.home / "models")
    (paths.home / "models").chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda self, rights: (_ for _ in ()).throw(PermissionError(1, "no")))
    assert paths.tightened() == [paths.home / "models"]
    Registry(paths).close()


def test_what_is_not_there_or_not_ours_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tighten(tmp_path / "nothing")
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    theirs.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert not tighten(theirs)
    assert mode(theirs) == 0o755


def test_the_app_and_the_commands_leave_nothing_open(tmp_path: Path) -> None:
    home = tmp_path / "home"
    code = "import os; os.umask(0); from studio.cli import main; main()"
    environment = {**os.environ, "STUDIO_HOME": str(home), "STUDIO_STARTERS": "yes"}
    for words in (["models", "list"], ["models", "starters"], ["doctor"], ["sample", "docs", "--length", "20"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    assert loose(home) == {}
