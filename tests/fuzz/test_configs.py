"""Config files and settings of the environment that make no sense: one line, and the defaults."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app import StudioApp
from studio.config import Paths, Settings, load_settings, make_folder
from tests.fuzz.damage import counts, damaged, patience
from tests.studio.screens import screen
from tests.studio.text_page import until

GOOD = b"""\
theme = "nord"
device = "CPU"
refresh = 7
take_queued = false
starters = true
images = "half"
on_disconnect = "stop"
[keys]
"text.pause" = "p"
"""
VARIABLES = [f"STUDIO_{name.upper()}" for name in ("theme", "device", "refresh", "take_queued", "images", "keys")]
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def looked_at(paths: Paths, what: str, environment: dict[str, str] | None = None) -> Settings:
    """The settings, once they were seen to be ones, with one line about what was wrong."""
    with patience(what):
        found = load_settings(paths, environment or {})
    assert found.problem.isprintable(), what
    assert len(found.problem) < 3000, what
    assert 1 <= found.refresh <= 15
    assert isinstance(found.theme, str)
    assert isinstance(found.take_queued, bool)
    assert all(isinstance(each, str) for pair in found.keys.items() for each in pair)
    assert found.images in ("auto", "kitty", "sixel", "half", "off")
    return found


@counts
def test_damaged_config_files(tmp_path: Path, count: int) -> None:
    random, paths, told = Random(count), Paths(tmp_path), Counter[bool]()
    for number in range(count):
        paths.config.write_bytes(damaged(GOOD, random))
        told[looked_at(paths, f"{number} of {count}").problem == ""] += 1
    assert min(told[True], told[False]) > 0, told


@counts
def test_values_of_any_kind(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))

        @settings(max_examples=count, database=None)
        @given(st.dictionaries(st.sampled_from(["theme", "device", "refresh", "keys", "images", "x"]), VALUES))
        def read(values: dict[str, Any]) -> None:
            paths.config.write_text("".join(f"{name} = {toml(value)}\n" for name, value in values.items()), "utf-8")
            looked_at(paths, repr(values))

        read()


@counts
def test_variables_of_any_kind(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))

        @settings(max_examples=count, database=None)
        @given(st.dictionaries(st.sampled_from(VARIABLES), st.text()))
        def read(environment: dict[str, str]) -> None:
            looked_at(paths, repr(environment), environment)

        read()


@counts
def test_bytes_as_config_files(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths(Path(folder))

        @settings(max_examples=count, database=None)
        @given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
        def read(data: bytes) -> None:
            paths.config.write_bytes(data)
            looked_at(paths, repr(data))

        read()


def test_large_and_deep_ones(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for data in (
        b"x = " + b"[" * 60_000,
        b"theme = '" + b"n" * (40 << 20) + b"'",
        b"a" + b".a" * 5_000 + b" = 1",
        b"refresh = " + b"9" * 10_000,
        b"# " + b"\n" * 60_000,
        b"keys = {" + b"a.b=1," * 9_000,
    ):
        paths.config.write_bytes(data)
        assert looked_at(paths, repr(data[:20])).theme == ""


def toml(value: Any) -> str:
    """A value as TOML, more or less."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" if not "\ud800" <= c <= "\udfff" else "?" for c in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    return (
        {None: '""', True: "true", False: "false"}.get(value, str(value))
        if not isinstance(value, float)
        else str(value)
    )


KEYMAPS = (
    '"text.pause" = ",  ,"\n"text.edit" = "nothing+like+this,ctrl+"',
    '"app.page_dream" = "\\u001b"\n"" = "q"\n"no.such" = "p"',
    '"app.page_text" = "1,1,2"\n"library.open" = "ä,日,😀,[/]"',
)


@pytest.mark.parametrize("keymap", KEYMAPS)
async def test_an_app_with_odd_keys_can_be_used_and_left(paths: Paths, keymap: str) -> None:
    make_folder(paths.home)
    paths.config.write_text(f'theme = "none"\ndevice = "TPU:9"\n[keys]\n{keymap}\n', "utf-8")
    app = StudioApp(paths, load_settings(paths, {}), first="library")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(lambda: "library" in app.pages, pilot)
        await pilot.press("3", "1", "f1", "escape")
        await until(lambda: app.current == "text", pilot)
        await pilot.press("ctrl+q")
        await until(lambda: not app.is_running, pilot)
    assert not app.fatal


BROKEN = {"cut": b"theme = ", "binary": b"\xff\xfe\0", "endless": b"refresh = " + b"9" * 5000, "long": b"#" * 100_000}


@pytest.mark.parametrize("name", list(BROKEN))
async def test_a_broken_config_file_is_one_line_on_the_screen(paths: Paths, name: str) -> None:
    make_folder(paths.home)
    paths.config.write_bytes(BROKEN[name])
    app = StudioApp(paths, load_settings(paths, {}), first="library")
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(lambda: len(app._notifications) > 0, pilot)
        [told] = [notice.message for notice in app._notifications]
        assert "so the defaults are used" in told
        assert "config.toml" in told
        assert told.isprintable()
        assert "No models yet" in screen(app)
