"""Exit codes, errors and help of the command line, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.cli import entry
from studio.registry import Registry
from tests.studio.command import Command, one_line
from tests.support import tiny_checkpoint

Call = Callable[..., tuple[int, str, str]]
HEAVY = {"numpy", "textual", "tensorflow", "keras", "pydantic", "sqlite3", "psutil"}


@pytest.fixture
def studio(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def call(studio: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process: exit code, output, errors. Quicker, where a process of its own adds nothing."""
    monkeypatch.setenv("STUDIO_HOME", str(studio.home))
    monkeypatch.setenv("COLUMNS", "80")

    def called(*arguments: str) -> tuple[int, str, str]:
        code = entry.run(arguments)
        return code, *capsys.readouterr()

    return called


def test_help_imports_nothing_that_is_slow(studio: Command) -> None:
    watch = "import sys; from studio.cli import run; print(run(['--help']), *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, env=studio.environment())
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not HEAVY & set(modules)
    assert "studio train text --corpus python-docs" in done.stdout


@pytest.mark.parametrize("command", ["models list", "jobs list", "backbones", "doctor"])
def test_commands_that_only_look_import_no_tensorflow(studio: Command, command: str) -> None:
    watch = f"import sys; from studio.cli import run; print(run({command.split()}), *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, env=studio.environment())
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not {"tensorflow", "keras", "textual"} & set(modules)


def test_every_command_has_help_that_fits_80_columns(call: Call) -> None:
    for command in ("", "train", "train text", "sample", "models", "models list", "models show", "models rename",
                    "models delete", "jobs", "jobs list", "jobs show", "jobs pause", "jobs resume", "jobs stop",
                    "jobs delete", "backbones", "backbones fetch", "doctor"):  # fmt: skip
        code, output, errors = call(*command.split(), "--help")
        assert (code, errors) == (0, ""), command
        assert output.startswith(f"Usage: studio {command}".rstrip())
        assert max(map(len, output.splitlines())) <= 80, command


def test_the_version_is_printed(studio: Command) -> None:
    done = studio.run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "latent-studio 0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "train"),
        (["models", "lits"], "list"),
        (["--vesrion"], "--vesrion"),
        (["models", "list", "--jsno"], "--json"),
        (["models", "show"], "MODEL"),
        (["models", "show", "a", "b"], "b"),
        (["models", "show", "nothing"], "nothing"),
        (["models", "list", "--family", "dance"], "text"),
        (["models", "rename", "nothing", "new"], "nothing"),
        (["models", "delete", "nothing", "--yes"], "nothing"),
        (["jobs", "show", "nothing"], "nothing"),
        (["jobs", "stop", "nothing"], "nothing"),
        (["sample", "nothing"], "nothing"),
        (["sample", "nothing", "--length", "many"], "--length"),
        (["sample", "nothing", "--temperature", "warm"], "temperature"),
        (["sample", "nothing", "--temperature", "11"], "temperature"),
        (["sample", "nothing", "--top-p", "0"], "top_p"),
        (["train"], "text"),
        (["models"], "list, show, rename, delete"),
        (["jobs"], "list, show, follow, pause, resume, stop, delete"),
        (["train", "music"], "music"),
        (["train", "text", "--units", "many"], "units"),
        (["train", "text", "--units", "7"], "8"),
        (["train", "text", "--cell", "rnn"], "lstm"),
        (["train", "text", "--preset", "antique"], "classic"),
        (["train", "text", "--corpus", "no/such/file.txt"], "no/such/file.txt"),
        (["train", "text", "--corpus", ""], "corpus"),
        (["train", "text", "--resume", "nothing"], "nothing"),
        (["train", "text", "--base", "nothing"], "nothing"),
        (["train", "text", "--extend"], "--base"),
        (["train", "text", "--name", "a\x1b[2Jb"], "U+001B"),
        (["models", "show", "a\x1b[2J\x9b\u202e"], "a␛[2J"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_line_and_2(call: Call, arguments: list[str], said: str) -> None:
    code, output, errors = call(*arguments)
    assert code == 2, errors
    assert said in one_line(errors)
    assert output == ""


def test_wrong_use_ends_the_process_with_2(studio: Command) -> None:
    done = studio.run("train", "text", "--units", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert "units" in one_line(done.stderr)


def test_words_in_another_encoding_do_not_break_the_error(studio: Command) -> None:
    done = subprocess.run(
        [*map(os.fsencode, studio.words("models", "show")), b"caf\xe9"], capture_output=True, env=studio.environment()
    )
    assert done.returncode == 2
    one_line(done.stderr.decode())


def test_a_data_folder_that_cannot_be_made_is_one_line_and_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = Command(tmp_path / "file" / "home").run("models", "list")
    assert done.returncode == 1
    assert "STUDIO_HOME" in one_line(done.stderr)


def test_a_damaged_registry_is_one_line_and_1(studio: Command) -> None:
    studio.home.mkdir()
    (studio.home / "registry.db").write_bytes(b"no database" * 100)
    done = studio.run("models", "list")
    assert done.returncode == 1
    assert "corrupt" in one_line(done.stderr)


def test_a_reader_that_goes_away_is_not_an_error_worth_a_word(studio: Command) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        studio.words("doctor"), stdout=writing, stderr=subprocess.PIPE, env=studio.environment(), timeout=60
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 128 + 13


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_one_line_and_1(studio: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            studio.words("doctor"), stdout=full, stderr=subprocess.PIPE, env=studio.environment(), timeout=60
        )
    assert done.returncode == 1
    assert "No space" in one_line(done.stderr.decode())


def test_a_mistake_of_the_program_is_one_line_and_its_traceback_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: object) -> None:
        raise ZeroDivisionError("two\nlines\x1b[2J")

    monkeypatch.setattr(entry, "call", broken)
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    assert entry.run(["doctor"]) == 1
    line = one_line(capsys.readouterr().err)
    assert str(tmp_path / "studio.log") in line
    assert "ZeroDivisionError" in (tmp_path / "studio.log").read_text()


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_names_in_any_script_are_listed_whatever_the_locale(studio: Command, locale: dict[str, str]) -> None:
    from studio.config import Paths

    registry = Registry(Paths(studio.home))
    model = registry.save_model(tiny_checkpoint(), name="日本語 [/] ü")
    registry.close()
    for arguments in (["models", "list"], ["models", "show", model.id], ["models", "list", "--json"]):
        done = studio.run(*arguments, **locale)
        assert done.returncode == 0, done
        assert done.stderr == ""
        assert "日本語 [/] ü" in done.stdout or r"\u65e5\u672c\u8a9e [/] " in done.stdout


def test_the_app_asks_for_a_terminal_where_there_is_none(studio: Command) -> None:
    done = studio.run()
    assert done.returncode == 2
    assert "terminal" in one_line(done.stderr)
