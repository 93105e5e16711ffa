"""`studio train` from the outside, with a family that trains nothing: what is told, kept and left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import UsageError
from models.text.recipe import TextRecipe
from studio.cli.train import recipe_of
from studio.config import Paths
from studio.registry import Registry, Run
from tests.studio.command import FAKE, Command, objects, one_line

LONG = ("train", "text", "--steps", "100000", "--name", "long")
SLOW = {"FAKE_PAUSE": "0.02"}


@pytest.fixture
def studio(paths: Paths) -> Command:
    return Command(paths.home, FAKE)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def only(registry: Registry) -> Run:
    (run,) = registry.runs()
    return run


def started(registry: Registry) -> Run:
    """The only run, once it has made steps."""
    until(lambda: bool(registry.runs()) and only(registry).step > 5)
    return only(registry)


def test_json_tells_each_kind_of_event_and_ends_with_the_result(studio: Command, registry: Registry) -> None:
    done = studio.run(
        "train", "text", "--steps", "12", "--name", "Faust", "--json", FAKE_PAUSE="0.05", FAKE_NAN_AT="12"
    )
    assert (done.returncode, done.stderr) == (0, "")
    *events, result = objects(done.stdout)
    assert {event["event"] for event in events} == {"note", "step", "text", "snapshot"}
    assert all(event["metrics"]["val_loss"] == 1.625 for event in events if event["event"] == "step")
    assert [event for event in events if event["event"] == "step"][-1]["metrics"]["loss"] is None
    (model,) = registry.models()
    assert result == {
        "event": "result", "run": only(registry).id, "state": "done", "error": "", "model": model.id, "name": "Faust",
        "steps": 12, "seconds": 6.0, "loss": 1.5, "val_loss": 1.625, "metrics": {"loss": 1.5, "val_loss": 1.625},
    }  # fmt: skip


def test_lines_tell_people_what_happened_and_what_to_do_next(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "text", "--steps", "10", "--name", "日本 [/]")
    assert (done.returncode, done.stderr) == (0, "")
    (model,) = registry.models()
    assert "step 10/10" in done.stdout
    assert "done after 10 steps and 0:05" in done.stdout
    assert f"the model '日本 [/]' of step 10, held out 1.625: studio sample {model.id}" in done.stdout
    assert "a␛[2Jb␇ [/red] wörld\nsecond line\n" in done.stdout
    assert "\x1b" not in done.stdout
    assert "noise of native code" not in done.stdout
    assert "noise of native code" in registry.paths.log.read_text()


def test_what_was_trained_can_write_at_once(studio: Command) -> None:
    assert studio.run("train", "text", "--steps", "5").returncode == 0
    assert len(studio.run("sample", "python-docs", "--temperature", "1", "--length", "20").stdout) == 21


@pytest.fixture
def hangups() -> Iterator[None]:
    """What is started hears a hang-up, even where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_and_keeps_and_the_run_goes_on_later(
    studio: Command, registry: Registry, number: signal.Signals, code: int
) -> None:
    process = studio.start(*LONG, **SLOW, STUDIO_ON_DISCONNECT="stop")
    run = started(registry)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, "")
    stopped = only(registry)
    assert stopped.state == "stopped"
    assert f"kept: the model 'long' of step {stopped.step}" in output
    assert f"to go on: studio train text --resume {run.id}" in output
    assert len(registry.models()) == 1

    process = studio.start("train", "text", "--resume", run.id[:8], "--json", **SLOW)
    until(lambda: only(registry).state == "running" and only(registry).step > stopped.step)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")
    note, *_, result = objects(output)
    assert note["text"].startswith(f"from step {stopped.step} ")
    assert result["state"] == "stopped"
    assert result["steps"] > stopped.step
    assert [model.id for model in registry.models()] == [result["model"]]


@pytest.mark.usefixtures("hangups")
def test_a_hang_up_is_no_reason_to_stop(studio: Command, registry: Registry) -> None:
    process = studio.start("train", "text", "--steps", "60", **SLOW)
    started(registry)
    process.send_signal(signal.SIGHUP)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "done after 60 steps" in output
    assert only(registry).state == "done"


@pytest.mark.usefixtures("hangups")
def test_a_hang_up_that_takes_the_reader_along_is_no_reason_to_stop(studio: Command, registry: Registry) -> None:
    process = studio.start("train", "text", "--steps", "60", **SLOW)
    started(registry)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)  # else the reader may be gone before the signal is there
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert (only(registry).state, only(registry).step) == ("done", 60)


def test_a_run_that_does_not_answer_a_termination_is_left_and_marked(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, **SLOW, FAKE_DEAF="1")
    until(lambda: bool(registry.runs()) and only(registry).step == 1)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert one_line(errors) == "the run did not answer in time: it goes on from its last checkpoint"
    assert only(registry).state == "interrupted"


def test_a_second_interrupt_quits_at_once(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, **SLOW, FAKE_DEAF="1")
    until(lambda: bool(registry.runs()) and only(registry).step == 1)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    until(lambda: "stopping, and keeping" in process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130


def test_a_signal_that_is_to_be_ignored_is(studio: Command, registry: Registry) -> None:
    shell = 'trap "" INT; exec "$@"'
    process = subprocess.Popen(
        ["sh", "-c", shell, "sh", *studio.words("train", "text", "--steps", "60")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=studio.environment(**SLOW),
    )  # fmt: skip
    started(registry)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert only(registry).state == "done"


def test_a_reader_that_goes_away_stops_and_keeps(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, "--json", **SLOW)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(30) == 128 + 13
    assert only(registry).state == "stopped"
    assert only(registry).has_checkpoint


def test_a_failure_is_one_line_and_1_and_what_was_good_is_kept(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "text", "--steps", "20", "--json", FAKE_FAIL_AT="8")
    assert done.returncode == 1
    assert one_line(done.stderr) == "non-finite loss at step 8\n".strip()
    result = objects(done.stdout)[-1]
    assert (result["event"], result["state"], result["error"]) == ("result", "failed", "non-finite loss at step 8")
    assert only(registry).has_checkpoint
    assert studio.run("train", "text", "--resume", only(registry).id).returncode == 0
    assert only(registry).state == "done"


def test_another_program_can_pause_resume_and_stop_it(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, **SLOW)
    run = started(registry)
    assert studio.run("jobs", "pause", "long").returncode == 0
    until(lambda: only(registry).state == "paused")
    assert studio.run("jobs", "resume", run.id).returncode == 0
    until(lambda: only(registry).state == "running")
    assert studio.run("jobs", "stop", "lon").returncode == 0
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert "stopped after" in output


def test_a_run_is_not_taken_from_who_runs_it(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, **SLOW)
    started(registry)
    done = studio.run("train", "text", "--resume", "long")
    assert done.returncode == 2
    assert "running" in one_line(done.stderr)
    assert only(registry).state == "running"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_a_corpus_from_standard_input_is_kept(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "text", "--corpus", "-", "--steps", "2", stdin="a text that comes by pipe\n" * 20)
    assert done.returncode == 0, done
    (kept,) = only(registry).recipe["corpus"]
    assert Path(kept).read_text() == "a text that comes by pipe\n" * 20
    assert Path(kept).parent == registry.paths.corpora
    assert only(registry).name == "stdin"


def test_an_empty_standard_input_is_wrong_use(studio: Command, registry: Registry) -> None:
    done = studio.run("train", "text", "--corpus", "-")
    assert done.returncode == 2
    one_line(done.stderr)
    assert registry.runs() == []


def test_files_are_remembered_by_their_whole_path(studio: Command, registry: Registry, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("some text " * 50)
    done = studio.run(
        "train", "text", "--corpus", "a.txt", "b.txt", "--corpus", "python-docs", "--steps", "1", cwd=tmp_path
    )
    assert done.returncode == 0, done
    assert only(registry).recipe["corpus"] == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "python-docs"]
    assert only(registry).name == "a"


def test_a_corpus_that_is_no_utf8_is_refused_before_there_is_a_run(
    studio: Command, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "old.txt").write_bytes(b"a\x92b" * 100)
    done = studio.run("train", "text", "--corpus", str(tmp_path / "old.txt"))
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "old.txt" in line
    assert " 1" in line
    assert registry.runs() == []
    done = studio.run("train", "text", "--corpus", str(tmp_path / "old.txt"), "--encoding", "cp1252", "--steps", "1")
    assert done.returncode == 0, done


def test_a_base_gives_its_recipe_and_its_weights(studio: Command, registry: Registry) -> None:
    assert studio.run("train", "text", "--steps", "5", "--name", "base").returncode == 0
    done = studio.run("train", "text", "--base", "base", "--extend", "--steps", "3", "--name", "tuned")
    assert done.returncode == 0, done
    assert "base True, extend True" in done.stdout
    tuned = registry.run("tuned")
    assert tuned.base_id == registry.model("base").id
    assert tuned.recipe["units"] == 16


def test_a_finished_run_is_not_resumed(studio: Command, registry: Registry) -> None:
    assert studio.run("train", "text", "--steps", "2").returncode == 0
    done = studio.run("train", "text", "--resume", "python-docs")
    assert done.returncode == 2
    assert f"--base {registry.models()[0].id}" in one_line(done.stderr)
    done = studio.run("train", "text", "--resume", "python-docs", "--units", "64", "--name", "x")
    assert "--units, --name" in one_line(done.stderr)


def test_a_training_shows_up_in_the_list_of_jobs(studio: Command, registry: Registry) -> None:
    process = studio.start(*LONG, **SLOW)
    started(registry)
    (line,) = studio.run("jobs", "list").stdout.splitlines()[1:]
    assert line.split()[1:3] == ["text", "running"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def test_steps_that_are_asked_for_are_not_cut_short_by_the_time_of_a_preset() -> None:
    assert recipe_of("text", None, {}, None).model_dump()["seconds"] == 300
    assert recipe_of("text", None, {"steps": "9"}, None).model_dump()["seconds"] is None
    assert recipe_of("text", None, {"epochs": 2, "seconds": "8"}, None).model_dump()["seconds"] == 8
    assert recipe_of("text", "classic", {"units": "64"}, None) == TextRecipe.preset("classic", units=64)
    with pytest.raises(UsageError, match="set an end"):
        recipe_of("text", None, {"seconds": None}, None)


@pytest.mark.parametrize(
    ("flags", "knobs"),
    [
        ("--units 64 --lowercase --no-stateful", {"units": 64, "lowercase": True, "stateful": False}),
        ("--temperatures 0.1,0.9 1.5", {"temperatures": (0.1, 0.9, 1.5)}),
        ("--temperatures 0.1 --temperatures 0.2", {"temperatures": (0.1, 0.2)}),
        ("--seconds none --epochs 3", {"seconds": None, "epochs": 3}),
        ("--learning-rate 1e-3 --patience 4", {"learning_rate": 0.001, "patience": 4}),
        ("--preset classic --units 32", {"target": "last", "units": 32, "window": 60}),
    ],
)
def test_flags_become_knobs(studio: Command, registry: Registry, flags: str, knobs: dict[str, object]) -> None:
    ends = [] if "--epochs" in flags else ["--steps", "1"]
    process = studio.start("train", "text", *flags.split(), *ends)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    recipe = TextRecipe.checked(only(registry).recipe).model_dump()
    assert {name: recipe[name] for name in knobs} == knobs


def test_each_knob_of_the_recipe_has_its_flag_in_the_help(studio: Command) -> None:
    shown = " ".join(studio.run("train", "text", "--help").stdout.split())
    for name, field in TextRecipe.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        assert str(field.description) in shown


def test_training_imports_no_textual(studio: Command) -> None:
    watch = (
        "import sys; sys.argv = ['studio', 'train', 'text', '--steps', '2']\n"
        "import tests.studio.fake_text as fake\n"
        "try: fake.main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, env=studio.environment())
    assert "done after 2 steps" in done.stdout
    assert "textual" not in done.stderr.split()
