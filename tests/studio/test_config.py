from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UserError
from studio.config import Paths, Settings, load_settings, make_folder, private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_studio_home_moves_all_data_and_the_config(tmp_path):
    paths = Paths.standard({"STUDIO_HOME": str(tmp_path / "elsewhere")})
    places = [
        paths.database,
        paths.models,
        paths.runs,
        paths.pictures,
        paths.cache,
        paths.corpora,
        paths.log,
        paths.config,
    ]
    assert all(place.is_relative_to(tmp_path / "elsewhere") for place in places)


def test_a_relative_home_does_not_follow_a_change_of_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = Paths.standard({"STUDIO_HOME": "here"})
    monkeypatch.chdir("/")
    assert paths.home == tmp_path / "here"


def test_a_tilde_in_the_home_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Paths.standard({"STUDIO_HOME": "~/studio"}).home == tmp_path / "studio"


def test_without_a_home_the_platforms_place_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(sys, "platform", "linux")
    paths = Paths.standard({"STUDIO_HOME": ""})
    assert paths.home.name == "latent-studio"
    assert paths.config.name == "config.toml"


def test_folders_and_files_are_the_owners_alone(tmp_path):
    old = os.umask(0)
    try:
        paths = Paths(tmp_path / "a" / "home")
        folders = [paths.models, paths.runs, paths.pictures, paths.cache, paths.corpora, paths.home, paths.home.parent]
        with open(paths.log, "w", opener=private) as file:
            file.write("x")
    finally:
        os.umask(old)
    assert {mode(folder) for folder in folders} == {0o700}
    assert mode(paths.log) == 0o600


def test_a_folder_of_the_users_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    assert make_folder(tmp_path) == tmp_path
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("home", ["taken", "taken/below", "nul\0"])
def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path, home):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="STUDIO_HOME") as caught:
        _ = Paths(tmp_path / home).models
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


def test_without_a_config_file_the_defaults_hold(paths):
    assert load_settings(paths, {}) == Settings()


def test_the_config_file_is_read_and_the_environment_wins(paths):
    make_folder(paths.home)
    paths.config.write_text('theme = "nord"\nrefresh = 10\ntake_queued = false\n[keys]\n"text.pause" = "p,space"\n')
    settings = load_settings(paths, {"STUDIO_REFRESH": "5", "STUDIO_DEVICE": "CPU", "STUDIO_KEYS": "ignored"})
    assert settings == Settings("nord", "CPU", 5, False, keys={"text.pause": "p,space"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"theme = ", "not a TOML file"),
        (b"\xff\xfe", "not a TOML file"),
        (b"a = " + b"[" * 50_000, "not a TOML file"),
        (b"refresh = " + b"9" * 5_000, "not a TOML file"),
        (b"#" * 100_000, "larger than 64 kB"),
        (b"refresh = 99\ntheme = 'nord'", "refresh: a whole number from 1 to 15 is wanted (got 99)"),
        (b"refresh = true\ntheme = 'nord'", "a whole number from 1 to 15"),
        (b"theme = 3", "theme: a text in quotes is wanted (got 3)"),
        (b"take_queued = 'perhaps'", "take_queued: true or false is wanted"),
        (b"keys = { a = 1 }", "keys: a table"),
        (b"colour = 'red'", "there is no setting 'colour'; there are theme, device, refresh"),
        (b'"\\u001b[2J" = 1', "there is no setting '\\x1b[2J'"),
    ],
)
def test_what_is_wrong_in_the_config_is_one_line_and_the_rest_holds(paths, text, told):
    make_folder(paths.home)
    paths.config.write_bytes(text)
    settings = load_settings(paths, {})
    assert told in settings.problem
    assert settings.problem.isprintable()
    assert settings.refresh == 15
    assert settings.theme == ("nord" if b"nord" in text else "")


def test_a_config_that_cannot_be_read_is_told(paths):
    make_folder(paths.home)
    paths.config.mkdir()
    assert load_settings(paths, {}) == Settings()
    paths.config.rmdir()
    paths.config.symlink_to(paths.config)
    assert load_settings(paths, {}).theme == ""


def test_a_wrong_variable_is_named(paths):
    problem = load_settings(paths, {"STUDIO_REFRESH": "fast"}).problem
    assert problem == "STUDIO_REFRESH: refresh: a whole number from 1 to 15 is wanted (got 'fast')"


TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_config_file_whatever_its_bytes_raises(data):
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))
        paths.config.write_bytes(data)
        assert "\n" not in load_settings(paths, {}).problem


@given(
    st.dictionaries(st.sampled_from([item.name for item in fields(Settings)]) | st.text(max_size=5), TOML, max_size=6)
)
def test_no_value_of_a_setting_raises_and_only_good_ones_are_taken(values):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr("studio.config.read_config", lambda path: (dict(values), []))
        settings = load_settings(Paths(Path(folder)), {})
    assert "\n" not in settings.problem
    assert 1 <= settings.refresh <= 15
    assert isinstance(settings.theme, str)
    assert isinstance(settings.take_queued, bool)


def test_config_registry_and_jobs_import_nothing_heavy():
    heavy = "{'numpy', 'pydantic', 'psutil', 'safetensors', 'tensorflow', 'textual', 'platformdirs', 'tomllib', 'rich'}"
    code = (
        "import sys, tempfile, pathlib; from studio.config import Paths, load_settings; "
        "from studio.registry import Registry; import studio.jobs; "
        "paths = Paths(pathlib.Path(tempfile.mkdtemp())); load_settings(paths, {}); registry = Registry(paths); "
        "registry.add_run('text', {}); registry.runs(); registry.models(); registry.sessions(); "
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == "[]"
