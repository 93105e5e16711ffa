"""Dialogs, the choice, and the suggestions for a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from models.errors import UsageError
from studio.registry import check_name
from studio.widgets.choice import Choice
from studio.widgets.corpus import CorpusSuggester
from studio.widgets.dialogs import Answer, Prompt, Question
from tests.studio.screens import HOSTILE, screen

ANSWERS = [Answer("y", "Delete it", "yes"), Answer("k", "Keep a copy", "copy")]


class Room(App[None]):
    """A place for dialogs, and a choice."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[str | None] = []

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "family-text": "green"}

    def compose(self) -> ComposeResult:
        yield Choice(["adam", "rmsprop", "sgd"], "adam")


@pytest.mark.parametrize(
    ("keys", "careful", "answer"),
    [
        (["y"], False, "yes"), (["k"], False, "copy"), (["escape"], False, None), (["enter"], False, "yes"),
        (["enter"], True, None), (["down", "enter"], False, "copy"), (["up", "enter"], True, "copy"),
    ],
)  # fmt: skip
async def test_a_question_is_answered_by_key(keys: list[str], careful: bool, answer: str | None) -> None:
    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Question("Delete?", "for good", ANSWERS, careful=careful), app.answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answers == [answer]


async def test_a_question_is_answered_by_mouse() -> None:
    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Question("Delete?", "", ANSWERS), app.answers.append)
        await pilot.pause()
        await pilot.click("OptionList", offset=(6, 1))
        await pilot.pause()
        assert app.answers == ["copy"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_question_shows_outside_text_to_the_letter(text: str) -> None:
    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Question(f"Delete {text}?", f"detail {text}", [Answer("y", f"Yes {text}", "yes")]))
        await pilot.pause()
        shown = screen(app)
        for line in (f"Delete {text}?", f"detail {text}", f"Yes {text}"):
            assert line in shown


async def test_a_prompt_keeps_what_passes_its_check_and_says_what_does_not() -> None:
    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Prompt("Rename", "old", check=check_name), app.answers.append)
        await pilot.pause()
        await pilot.press("ctrl+u", "enter")
        await pilot.pause()
        assert "a name needs at least one character" in screen(app)
        assert app.answers == []
        await pilot.press(*"[/new]", "enter")
        await pilot.pause()
        assert app.answers == ["[/new]"]


async def test_a_prompt_can_be_left() -> None:
    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Prompt("Rename", "old"), app.answers.append)
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert app.answers == [None]


async def test_a_prompt_shows_the_reason_of_its_check_to_the_letter() -> None:
    def refuse(text: str) -> str:
        raise UsageError("no [/] please\x1b")

    app = Room()
    async with app.run_test() as pilot:
        app.push_screen(Prompt("Rename", "old", check=refuse))
        await pilot.pause()
        assert "no [/] please␛" in screen(app)


async def test_a_choice_turns_by_key_and_mouse_and_keeps_its_width() -> None:
    app = Room()
    async with app.run_test(size=(40, 5)) as pilot:
        choice = app.query_one(Choice)
        choice.focus()
        before = screen(app).splitlines()[0].index("sgd")
        await pilot.press("right")
        assert choice.value == "rmsprop"
        await pilot.pause()
        assert screen(app).splitlines()[0].index("sgd") == before
        await pilot.press("left", "left", "space")
        assert choice.value == "adam"
        await pilot.click(Choice, offset=(before, 0))
        assert choice.value == "sgd"
        choice.styles.width = 12
        await pilot.pause()
        assert "‹ sgd ›" in screen(app)


async def test_names_files_and_folders_are_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").touch()
    (tmp_path / ".hidden").touch()
    monkeypatch.chdir(tmp_path)
    suggester = CorpusSuggester(["python-docs", "nietzsche"])
    cases = {
        "py": "python-docs",
        "python-docs": None,
        "python-docs; ni": "python-docs; nietzsche",
        "let": "letters/",
        "letters/m": "letters/mother.txt",
        f"{tmp_path}/le": f"{tmp_path}/letters/",
        "nietzsche; letters/": "nietzsche; letters/mother.txt",
        "": None,
        "no/such": None,
        "zzz": None,
    }
    assert {start: await suggester.get_suggestion(start) for start in cases} == cases


async def test_a_suggestion_is_taken_with_the_right_arrow(tmp_path: Path) -> None:
    class Field(App[None]):
        def compose(self) -> ComposeResult:
            yield Input(suggester=CorpusSuggester(["python-docs"]))

    app = Field()
    async with app.run_test() as pilot:
        await pilot.press(*"pyt")
        await pilot.pause(0.1)
        await pilot.press("right")
        assert app.query_one(Input).value == "python-docs"
