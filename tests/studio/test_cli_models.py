"""`studio models` and `studio jobs` from the outside, and how a model or run is named."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.errors import UsageError
from studio import find
from studio.cli import entry
from studio.config import Paths
from studio.registry import Registry
from tests.studio.command import Command, objects, one_line
from tests.support import tiny_checkpoint


@pytest.fixture
def studio(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("STUDIO_HOME", str(paths.home))
    return Command(paths.home)


def named(name: str, id: str) -> Any:
    return SimpleNamespace(name=name, id=id)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("2q9f1w6skj", "2q9f1w6skj"),
        ("2q9f1", "2q9f1w6skj"),
        ("2Q9F1", "2q9f1w6skj"),
        ("Faust", "2q9f1w6skj"),
        ("faus", "2q9f1w6skj"),
        ("日本", "2q9aaaaaaa"),
        ("2q9f", "2q9bbbbbbb"),  # a name beats the beginning of an id
        ("[/] x", "2q9ccccccc"),
    ],
)
def test_models_are_found_by_id_name_or_beginning(wanted: str, found: str) -> None:
    known = [
        named("Faust", "2q9f1w6skj"), named("日本語", "2q9aaaaaaa"), named("2q9f", "2q9bbbbbbb"),
        named("[/] x", "2q9ccccccc"),
    ]  # fmt: skip
    assert find.pick("model", wanted, known).id == found


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("text", "several models are meant by 'text': 2q9a 'text 2', 2q9b 'text 3'"),
        ("2q9", "2q9a 'text 2', 2q9b 'text 3', 2q8c 'Goethe'"),
        ("Gothe", "close to it: 'Goethe'"),
        ("", "there is no model ''"),
        ("x\x1b[2J", "x␛[2J"),
    ],
)
def test_what_is_not_found_is_said_with_what_comes_close(wanted: str, said: str) -> None:
    known = [named("text 2", "2q9a"), named("text 3", "2q9b"), named("Goethe", "2q8c")]
    if wanted == "2q9":
        known[2].id = "2q9c"
        said = said.replace("2q8c", "2q9c")
    with pytest.raises(UsageError) as error:
        find.pick("model", wanted, known)
    assert said in str(error.value)


def test_many_models_are_not_all_named() -> None:
    with pytest.raises(UsageError, match="and 15 more"):
        find.pick("run", "zzzzzz", [named(f"{'ab' * number}", f"{number}") for number in range(20)])


def test_models_are_listed_newest_first_with_their_figures(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.save_model(tiny_checkpoint(), name="older")
    newer = registry.save_model(tiny_checkpoint(), name="日本語 [/red]")
    assert entry.run(["models", "list"]) == 0
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["ID", "FAMILY", "LOSS", "SIZE", "AGE", "NAME"]
    assert first.split()[:3] == [newer.id, "text", "1.625"]
    assert first.endswith("日本語 [/red]")
    assert second.endswith("older")


def test_a_model_is_shown_whole(studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    model = registry.save_model(tiny_checkpoint(units=24), name="Faust")
    assert entry.run(["models", "show", "fau"]) == 0
    shown = capsys.readouterr().out
    for words in ("Faust", model.id, model.sha256, "100 steps in 0:12", "units            24"):
        assert words in shown
    assert entry.run(["models", "show", "fau", "--json"]) == 0
    (found,) = objects(capsys.readouterr().out)
    assert (found["event"], found["metrics"]["val_loss"], found["recipe"]["units"]) == ("result", 1.625, 24)


def test_a_figure_that_is_not_finite_is_null_in_json(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    run = registry.add_run("text", {}, "broken")
    registry.update_run(run.id, metrics={"loss": float("nan"), "val_loss": float("inf")})
    for arguments in (["jobs", "list", "--json"], ["jobs", "show", "broken", "--json"]):
        assert entry.run(arguments) == 0
        (found,) = objects(capsys.readouterr().out)
        metrics = (found["runs"][0] if "runs" in found else found)["metrics"]
        assert metrics == {"loss": None, "val_loss": None}
    assert entry.run(["jobs", "list"]) == 0
    assert "inf" in capsys.readouterr().out


def test_damaged_models_are_listed_as_such_among_the_others(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, cut in (("none", 0.0), ("tenth", 0.1), ("half", 0.5), ("almost", -5.0), ("whole", 1.0)):
        file = registry.model_file(registry.save_model(tiny_checkpoint(), name=name).id)
        size = file.stat().st_size
        os.truncate(file, int(size + cut if cut < 0 else size * cut))
    assert entry.run(["models", "list"]) == 0
    listed = {line.split()[-1]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert {name for name, line in listed.items() if "corrupt" in line} == {"none", "tenth", "half", "almost"}
    assert "1.625" in listed["whole"]
    for name in ("none", "tenth", "half", "almost"):
        assert entry.run(["sample", name]) == 1
        assert f"the model '{name}'" in (line := one_line(capsys.readouterr().err))
        assert "corrupt" in line


def test_a_model_is_renamed(studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    registry.save_model(tiny_checkpoint(), name="one")
    registry.save_model(tiny_checkpoint(), name="two")
    assert entry.run(["models", "rename", "one", "Ода к радости"]) == 0
    assert {model.name for model in registry.models()} == {"Ода к радости", "two"}
    assert entry.run(["models", "rename", "two", "Ода к радости"]) == 2
    assert entry.run(["models", "rename", "two", "\x1b[2J"]) == 2
    assert entry.run(["models", "rename", "two", " "]) == 2
    assert {model.name for model in registry.models()} == {"Ода к радости", "two"}


def test_nothing_is_deleted_without_a_yes(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.save_model(tiny_checkpoint(), name="dear")
    done = studio.run("models", "delete", "dear", stdin="y\n")
    assert done.returncode == 2
    assert "--yes" in one_line(done.stderr)
    assert [model.name for model in registry.models()] == ["dear"]
    assert entry.run(["models", "delete", "dear", "--yes"]) == 0
    assert registry.models() == []


@pytest.mark.parametrize(("answer", "left"), [("y\n", []), ("n\n", ["dear"]), ("\n", ["dear"]), ("\x04", ["dear"])])
def test_on_a_terminal_a_deletion_is_asked_about(
    studio: Command, registry: Registry, answer: str, left: list[str]
) -> None:
    registry.save_model(tiny_checkpoint(), name="dear")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        studio.words("models", "delete", "dear"), stdin=theirs, stdout=theirs, stderr=theirs, env=studio.environment()
    )
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, answer.encode())
    assert process.wait(30) == (0 if not left else 1)
    os.close(ours)
    assert [model.name for model in registry.models()] == left


def test_jobs_are_paused_stopped_and_resumed_through_the_registry(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    from studio.registry import this_process

    run = registry.add_run("text", {}, "long", owner=this_process())
    for command, request in (("pause", "pause"), ("resume", "resume"), ("stop", "stop")):
        assert entry.run(["jobs", command, "long"]) == 0
        assert registry.requested(run.id) == request
    registry.finish_run(run.id, "stopped")
    capsys.readouterr()
    assert entry.run(["jobs", "pause", "long"]) == 2
    assert "stopped" in one_line(capsys.readouterr().err)
    assert entry.run(["jobs", "resume", "long"]) == 0
    assert registry.run(run.id).state == "queued"
    assert f"studio work {run.id}" in capsys.readouterr().out
    assert entry.run(["jobs", "stop", "long"]) == 0
    assert registry.run(run.id).state == "stopped"
    assert entry.run(["jobs", "delete", "long", "--yes"]) == 0
    assert registry.runs() == []


def test_a_running_run_is_not_deleted(studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    from studio.registry import this_process

    registry.add_run("text", {}, "long", owner=this_process())
    assert entry.run(["jobs", "delete", "long", "--yes"]) == 2
    assert "stop it first" in one_line(capsys.readouterr().err)
    assert len(registry.runs()) == 1


def test_a_run_is_shown_with_its_error_and_its_log(
    studio: Command, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    run = registry.add_run("text", {"units": 9}, "bad")
    registry.run_log(run.id).write_text("what happened\n")
    registry.finish_run(run.id, "failed", "non-finite loss at step 5")
    assert entry.run(["jobs", "show", "bad"]) == 0
    shown = capsys.readouterr().out
    for words in ("failed", "non-finite loss at step 5", str(registry.run_log(run.id)), "units            9"):
        assert words in shown


def test_the_doctor_says_what_is_here_and_ends_with_0(studio: Command) -> None:
    done = studio.run("doctor", "--json")
    assert done.returncode == 0, done
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["versions"]["tensorflow"].startswith("2.")
    assert "CPU:0" in found["devices"]
    assert found["folders"]["data"] == str(studio.home)
    assert found["terminal"]["pictures"] in ("half-blocks", "none")


def test_the_doctor_names_what_is_amiss_and_ends_with_1(studio: Command, registry: Registry, tmp_path: Path) -> None:
    os.truncate(registry.model_file(registry.save_model(tiny_checkpoint(), name="hurt").id), 10)
    registry.paths.config.write_text("speed = 'fast'\n")
    done = studio.run("doctor")
    assert done.returncode == 1
    assert "damaged: hurt" in done.stdout
    assert "there is no setting 'speed'" in done.stdout
    assert done.stdout.endswith("something is amiss\n")
