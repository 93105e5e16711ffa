"""`studio sample` from the outside."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from studio.cli import entry
from studio.config import Paths
from studio.registry import Registry
from tests.studio.command import Command, objects, one_line
from tests.support import LETTERS, tiny_checkpoint

HOSTILE = "\x07\t\n\r\x1b[]m2Ja\x9b\u202eb"


@pytest.fixture
def studio(paths: Paths, registry: Registry) -> Command:
    registry.save_model(tiny_checkpoint(), name="Faust")
    return Command(paths.home)


def on_a_terminal(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a program on a terminal of its own: its exit code and all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not chunk:
            break
        written += chunk
    os.close(ours)
    return process.wait(30), written.decode().replace("\r\n", "\n")


def test_one_temperature_is_the_text_and_nothing_else(studio: Command) -> None:
    done = studio.run("sample", "Faust", "--temperature", "0.8", "--length", "50", "--seed", "3", "--prompt", "abc")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("abc")
    assert len(done.stdout) == 3 + 50 + 1
    assert set(done.stdout) <= set(LETTERS)


def test_several_temperatures_stand_one_below_the_other(studio: Command) -> None:
    done = studio.run("sample", "Faust", "--temperature", "0.2,1", "--length", "20", "--seed", "3")
    found = re.fullmatch(r"--- T=0.2 ---\n(.{20})\n\n--- T=1 ---\n(.{20})\n", done.stdout, re.DOTALL)
    assert found is not None, done
    assert set(found[1] + found[2]) <= set(LETTERS)


def test_json_ends_with_the_texts_one_a_temperature(studio: Command) -> None:
    done = studio.run("sample", "Faust", "--length", "30", "--seed", "7", "--json")
    *events, result = objects(done.stdout)
    assert {event["event"] for event in events} == {"text"}
    assert result["event"] == "result"
    assert result["temperatures"] == [0.2, 0.5, 1.0, 1.2]
    assert [len(text) for text in result["texts"]] == [30] * 4
    assert result["characters_per_second"] > 0
    assert result["seed"] == 7
    for label, text in zip(("T=0.2", "T=0.5", "T=1", "T=1.2"), result["texts"], strict=True):
        assert "".join(event["text"] for event in events if event["label"] == label) == text


def test_nothing_to_write_is_an_empty_text_a_temperature(studio: Command) -> None:
    done = studio.run("sample", "Faust", "--length", "0", "--temperature", "1,1", "--json")
    assert objects(done.stdout)[-1]["texts"] == ["", ""]


def test_a_sample_without_a_prompt_begins_with_known_characters(studio: Command, registry: Registry) -> None:
    registry.save_model(tiny_checkpoint("!Helowrd"), name="hello")
    done = studio.run("sample", "hello", "--json", "--length", "100")
    result = objects(done.stdout)[-1]
    assert set(result["prompt"]) <= set("!Helowrd")
    assert set("".join(result["texts"])) <= set("!Helowrd")


def test_a_prompt_with_unknown_characters_names_them(studio: Command, registry: Registry) -> None:
    registry.save_model(tiny_checkpoint("abc"), name="abc")
    done = studio.run("sample", "abc", "--prompt", "aZ😀b")
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "Z" in line
    assert "😀" in line
    assert done.stdout == ""


def test_the_same_seed_writes_the_same_text_whatever_the_hash_seed(studio: Command) -> None:
    texts = {
        studio.run("sample", "Faust", "--seed", "5", "--length", "200", PYTHONHASHSEED=seed).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(texts) == 1
    assert studio.run("sample", "Faust", "--seed", "6", "--length", "200").stdout not in texts


def test_each_knob_of_choosing_reaches_the_sampler(
    studio: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    plain = ("sample", "Faust", "--seed", "5", "--length", "300", "--temperature", "1")
    assert entry.run(plain) == 0
    before = capsys.readouterr().out
    for knob in (
        ["--top-k", "2"], ["--top-p", "0.3"], ["--min-p", "0.9"], ["--repetition", "3"],
        ["--repetition", "3", "--repetition-window", "200"], ["--stop", before[10:13]], ["--no-repeat-ngram", "3"],
    ):  # fmt: skip
        assert entry.run([*plain, *knob]) == 0
        assert capsys.readouterr().out != before, knob


def test_writing_imports_no_tensorflow(studio: Command) -> None:
    watch = (
        "import sys; from studio.cli import run; code = run(['sample', 'Faust', '--length', '5']); "
        "print(code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([*studio.words()[:1], "-c", watch], capture_output=True, text=True, env=studio.environment())
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not {"tensorflow", "keras", "textual"} & set(modules)


def test_on_a_terminal_control_characters_are_shown_and_in_a_pipe_they_are_as_written(
    studio: Command, registry: Registry
) -> None:
    registry.save_model(tiny_checkpoint(HOSTILE, loud=0.1), name="hostile")
    arguments = ("sample", "hostile", "--seed", "1", "--length", "400", "--temperature", "1", "--prompt", "\x1b[2J")
    code, shown = on_a_terminal(studio.words(*arguments), studio.environment())
    assert code == 0
    assert shown.startswith("␛[2J")
    assert not set(shown) & set("\x1b\x07\x9b\u202e\r")
    piped = studio.run(*arguments).stdout
    assert set(piped) >= set(HOSTILE)
    escaped = studio.run(*arguments, "--json").stdout
    assert escaped.replace("\n", "").isascii()
    assert escaped.replace("\n", "").isprintable()
    assert piped == "\x1b[2J" + objects(escaped)[-1]["texts"][0] + "\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_writing_and_what_was_written_is_told(
    studio: Command, number: signal.Signals, code: int
) -> None:
    process = studio.start("sample", "Faust", "--length", "100000000", "--temperature", "1", "--json")
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, "")
    result = objects(first + output)[-1]
    assert result["event"] == "result"
    assert len(result["texts"][0]) > 0


def test_a_reader_that_has_enough_ends_the_writing(studio: Command) -> None:
    process = studio.start("sample", "Faust", "--length", "100000000", "--temperature", "1")
    assert process.stdout is not None
    assert process.stdout.read(100)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(30) == 128 + 13


def test_a_model_of_another_family_cannot_write(studio: Command, registry: Registry) -> None:
    from models.checkpoint import Checkpoint

    found = tiny_checkpoint()
    registry.save_model(Checkpoint({**found.meta, "family": "vae"}, found.arrays), name="faces")
    done = studio.run("sample", "faces")
    assert done.returncode == 2
    assert "vae" in one_line(done.stderr)


def test_all_data_moves_with_the_home_folder(studio: Command, tmp_path: Path) -> None:
    moved = Command(studio.home.rename(tmp_path / "elsewhere"))
    assert moved.run("sample", "Faust", "--length", "5", "--temperature", "1").returncode == 0
    assert not studio.home.exists()
