"""Which way of showing pictures is taken, and what an app does with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from studio.__main__ import images_asked, start
from studio.pictures import CELL, Means, begin, means
from studio.terminal import Answers

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor"}
XTERM = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
TMUX = {**XTERM, "TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}
BOTH = Answers(answered=True, kitty=True, sixel=True, cell=(9, 18))


@pytest.mark.parametrize(
    ("wanted", "environment", "answers", "way"),
    [
        ("auto", KITTY, BOTH, "kitty"),
        ("auto", XTERM, BOTH, "sixel"),  # others that speak Kitty's protocol know no placeholders
        ("auto", XTERM, Answers(answered=True), "half"),
        ("auto", XTERM, None, "half"),
        ("auto", KITTY, None, "half"),
        ("auto", {"TERM": "xterm-kitty"}, BOTH, "half"),
        ("auto", {**KITTY, "NO_COLOR": "1"}, BOTH, "half"),
        ("auto", TMUX, BOTH, "half"),
        ("auto", {**XTERM, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}, BOTH, "half"),
        ("auto", {}, None, "half"),
        ("kitty", XTERM, None, "kitty"),
        ("kitty", {"TERM": "xterm"}, None, "half"),  # its numbers travel as colours
        ("sixel", {"TERM": "xterm"}, None, "sixel"),
        ("sixel", TMUX, None, "sixel"),
        ("sixel", {**XTERM, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}, None, "half"),
        ("half", KITTY, BOTH, "half"),
        ("off", KITTY, BOTH, "off"),
    ],
)
def test_the_best_sure_way_is_taken(
    wanted: str, environment: Mapping[str, str], answers: Answers | None, way: str
) -> None:
    assert means(wanted, answers, environment).way == way


def test_a_cell_is_as_large_as_the_terminal_says() -> None:
    assert means("auto", BOTH, XTERM).cell == (9, 18)
    assert means("auto", None, XTERM).cell[0] > 0


def test_the_key_goes_through_the_ways_of_the_terminal() -> None:
    first = means("auto", BOTH, KITTY)
    ways = [first := first.next() for _ in range(3)]
    assert [one.way for one in ways] == ["half", "off", "kitty"]
    assert Means("off", CELL, ("half", "off")).next().way == "half"


@pytest.mark.parametrize(
    ("wanted", "environment"),
    [("half", XTERM), ("off", XTERM), ("auto", TMUX), ("auto", {**XTERM, "TEXTUAL_DRIVER": "x:Y"}), ("auto", XTERM)],
)
def test_nothing_is_asked_where_nothing_can_come_of_it(
    wanted: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last case is that of a test: its streams are no terminal."""
    monkeypatch.setattr("studio.terminal.Inquiry", lambda *_: pytest.fail("asked"))
    assert begin(wanted, environment) is None


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], ""),
        (["--images", "half"], "half"),
        (["--images=off"], "off"),
        (["--images"], None),
        (["models", "list"], None),
        (["--images", "half", "more"], None),
    ],
)
def test_images_alone_opens_the_studio(words: list[str], asked: str | None) -> None:
    assert images_asked(words) == asked


def test_a_way_that_there_is_not_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert start("ansi") == 2
    assert capsys.readouterr().err == "studio: --images: one of auto, kitty, sixel, half, off is wanted\n"
