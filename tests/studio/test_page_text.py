"""The Text page under the fingers: every key does what it says, and nothing that is written can hurt the screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from studio.config import Paths
from studio.registry import Registry
from studio.widgets.lanes import shape
from studio.widgets.prompt_editor import PromptArea, PromptEditor
from studio.widgets.rows import RowList
from tests.studio.text_page import Hand, studio, until
from tests.support import LETTERS, tiny_checkpoint

MARKUP = ["[/", "a [/b] c", "[red]x[/red]", "[@click=app.quit]x[/]"]
MODEL = ("tiny", tiny_checkpoint())


def temperatures(hand: Hand) -> list[float]:
    return [channel.lane.settings.temperature for channel in hand.channels]


def written(hand: Hand) -> list[str]:
    return [channel.lane.written for channel in hand.channels]


# The first start


async def test_with_nothing_trained_it_says_what_to_press_and_enter_trains(paths: Paths) -> None:
    async with studio(paths) as hand:
        assert "Nothing is trained yet." in hand.screen()
        assert "Enter  train on python-docs" in hand.screen()
        await hand.press("enter")
        [run] = hand.room.registry.runs()
        assert (run.family, run.name, run.state) == ("text", "python-docs", "queued")
        assert "Training python-docs" in hand.screen()
        assert "● in the queue" in hand.screen()


async def test_while_it_learns_it_says_what_it_waits_for_and_streams_from_the_first_weights(paths: Paths) -> None:
    async with studio(paths) as hand:
        await hand.press("enter")
        registry = hand.room.registry
        [run] = registry.runs()
        registry.claim_run(run.id, "another process", "CPU")
        registry.update_run(run.id, step=20, metrics={"loss": 2.5, "val_loss": 2.75})
        registry.save_checkpoint(run.id, tiny_checkpoint(step=20))
        await until(lambda: hand.room.state.word == "ready", hand.pilot)
        await hand.write(30)
        screen = hand.screen()
        assert "● following" in screen
        assert "step        20  val  2.750  loss  2.500" in screen
        assert written(hand)[0].strip()[:9].split("\n")[0] in screen


async def test_a_damaged_model_is_named_with_what_to_press(paths: Paths) -> None:
    async with studio(paths, ("my model", tiny_checkpoint())) as hand:
        await hand.write(5)
    registry = Registry(paths)
    file = registry.model_file(registry.model("my model").id)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    registry.close()
    async with studio(paths) as hand:
        assert "corrupt" in hand.screen()
        assert "my model" in hand.screen()
        assert "m  choose another model" in hand.screen()


def test_the_page_is_imported_without_numpy() -> None:
    code = "import sys, studio.pages.text; sys.exit('numpy' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Lanes


async def test_the_lanes_show_what_is_written(paths: Paths) -> None:
    async with studio(paths, MODEL, size=(200, 50)) as hand:
        await hand.write(35)
        screen = hand.screen()
        for text in written(hand):
            assert max(text.split("\n"), key=len).strip() in screen
        assert screen.count("writing") == 4
        assert "nats/char" in screen


async def test_lanes_stream_by_themselves_at_the_pace_that_is_set(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        hand.room.streamer.hold(False)
        await until(lambda: all(len(text) > 5 for text in written(hand)), hand.pilot)
        await hand.press("plus", "plus", "minus")
        assert hand.room.streamer.pace == 50
        assert "50 char/s" in hand.screen()


@pytest.mark.parametrize(
    ("lanes", "size", "expected"),
    [(4, (80, 19), (2, 2)), (4, (120, 35), (4, 1)), (5, (120, 35), (3, 2)), (6, (200, 45), (6, 1)),
     (1, (80, 19), (1, 1)), (3, (80, 19), (3, 1)), (6, (80, 19), (3, 2)), (4, (40, 10), (1, 1))],
)  # fmt: skip
def test_as_many_lanes_stand_side_by_side_as_can_be_read(
    lanes: int, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert shape(lanes, *size) == expected


async def test_in_a_tiny_window_the_chosen_lane_shows_alone_and_tab_goes_on(paths: Paths) -> None:
    async with studio(paths, MODEL, size=(36, 10)) as hand:
        await hand.write(10)
        assert [pane.display for pane in hand.panes] == [True, False, False, False]
        await hand.press("tab")
        assert [pane.display for pane in hand.panes] == [False, True, False, False]
        await hand.pilot.resize_terminal(120, 40)
        await hand.settle()
        assert all(pane.display for pane in hand.panes)


async def test_keys_mean_the_chosen_lane_or_all_of_them(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("up", "up")
        assert temperatures(hand) == [0.4, 0.5, 1.0, 1.2]
        await hand.press("right", "down")
        assert temperatures(hand) == [0.4, 0.4, 1.0, 1.2]
        await hand.press("left", "left", "up")
        assert temperatures(hand) == [0.4, 0.4, 1.0, 1.3]
        await hand.press("asterisk", "up")
        assert temperatures(hand) == [0.5, 0.5, 1.1, 1.4]
        assert "all lanes" in hand.screen()
        await hand.press("space")
        assert all(channel.paused for channel in hand.channels)
        assert hand.screen().count("paused") == 4


async def test_a_click_chooses_a_lane(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.pilot.click(hand.panes[2].view)
        await hand.press("up")
        assert temperatures(hand) == [0.2, 0.5, 1.1, 1.2]


async def test_pause_one_character_and_take_back(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(20)
        before = written(hand)[0]
        await hand.press("n", "n", "n")
        assert [len(text) for text in written(hand)] == [23, 20, 20, 20]
        assert hand.channels[0].state == "paused"
        await hand.press("backspace", "backspace")
        assert written(hand)[0][:20] == before
        assert len(written(hand)[0]) == 21
        await hand.press("ctrl+w")
        assert written(hand)[0] == before[:11]
        await hand.press("space")
        assert hand.channels[0].state == "writing"


async def test_truncation_goes_round_and_the_header_says_it(paths: Paths) -> None:
    async with studio(paths, MODEL, size=(200, 50)) as hand:
        await hand.press("k", "k", "p")
        settings = hand.channels[0].lane.settings
        assert (settings.top_k, settings.top_p) == (20, 0.98)
        assert "k20 p.98" in hand.screen()
        await hand.press("K", "K", "P")
        settings = hand.channels[0].lane.settings
        assert (settings.top_k, settings.top_p) == (0, 1.0)


async def test_lanes_are_added_branched_and_taken_away(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(15)
        await hand.press("b")
        assert len(hand.panes) == 5
        assert hand.channels[1].lane.text == hand.channels[0].lane.text
        await hand.press("a")
        assert len(hand.panes) == 6
        assert written(hand)[5] == ""
        await hand.press("a")
        assert len(hand.panes) == 6
        await hand.press("tab", "x")
        assert len(hand.panes) == 5
        assert [pane.channel for pane in hand.panes] == list(hand.channels)
        assert hand.page.chosen is hand.panes[1]
        for _ in range(6):
            await hand.press("x")
        assert len(hand.panes) == 1


async def test_a_restart_begins_again_with_another_seed(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(15)
        seed = hand.channels[0].lane.seed
        await hand.press("r")
        assert written(hand)[0] == ""
        assert hand.channels[0].lane.seed != seed
        assert len(written(hand)[1]) == 15


async def test_one_lane_alone_and_all_again(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("z")
        assert [pane.display for pane in hand.panes] == [True, False, False, False]
        assert hand.panes[0].size.width > 110
        await hand.press("z")
        assert all(pane.display for pane in hand.panes)


async def test_scrolling_back_stays_there_while_more_is_written(paths: Paths) -> None:
    async with studio(paths, MODEL, size=(80, 24)) as hand:
        await hand.write(2000)
        view = hand.panes[0].view
        assert view.is_following
        await hand.press("pageup", "pageup")
        assert not view.is_following
        top, line = view.top, view.flow.line(view.top)
        await hand.write(200)
        assert (view.top, view.flow.line(view.top)) == (top, line)
        assert "more below: End" in hand.screen()
        await hand.press("end")
        assert view.is_following
        assert "more below" not in hand.screen()


async def test_the_wheel_scrolls_the_lane_under_the_mouse(paths: Paths) -> None:
    from textual import events

    async with studio(paths, MODEL, size=(80, 24)) as hand:
        await hand.write(900)
        view = hand.panes[3].view
        top = view.top

        def wheel(kind: type[events.MouseEvent], dy: int) -> events.MouseEvent:
            return kind(view, 2, 2, 0, dy, 0, False, False, False)

        view.post_message(wheel(events.MouseScrollUp, -1))
        await hand.settle()
        assert (view.top, view.is_following) == (top - 3, False)
        view.post_message(wheel(events.MouseScrollDown, 1))
        await hand.settle()
        assert view.is_following


async def test_another_width_keeps_who_has_scrolled_back_at_the_same_text(paths: Paths) -> None:
    async with studio(paths, MODEL, size=(100, 30)) as hand:
        await hand.write(1500)
        view = hand.panes[0].view
        await hand.press("home", "pagedown")
        place = view.flow.start_of(view.top)
        await hand.pilot.resize_terminal(80, 24)
        await hand.settle()
        assert view.flow.line_at(place) == view.top
        await hand.pilot.resize_terminal(120, 40)
        await hand.settle()
        assert view.flow.line_at(place) == view.top
        await hand.press("end")
        assert view.is_following


async def test_selected_text_is_what_was_written_without_the_wrapping(paths: Paths) -> None:
    from textual.geometry import Offset
    from textual.selection import Selection

    async with studio(paths, MODEL, size=(80, 24)) as hand:
        for symbol in "some words that are wrapped at the end of the line\nand more":
            hand.room.do(lambda desk, symbol=symbol: desk.choose(desk.channels[0], symbol))
        await hand.settle()
        view = hand.panes[0].view
        assert view.flow.last == 2
        hand.app.screen.selections = {view: Selection(Offset(5, 0), Offset(3, 2))}
        await hand.settle()
        assert hand.app.screen.get_selected_text() == "words that are wrapped at the end of the line\nand"


async def test_another_theme_colours_what_is_there_already(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(20)
        view = hand.panes[0].view
        before = view.render_lines(view.size.region)[0]
        hand.app.theme = "textual-light"
        await hand.settle()
        after = view.render_lines(view.size.region)[0]
        assert after.text == before.text
        assert [segment.style for segment in after] != [segment.style for segment in before]


async def test_only_lines_that_changed_are_drawn_again(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(100)
        view = hand.panes[0].view
        drawn = dict(view._strips)
        first = view.flow.last
        await hand.write(40)
        assert all(view._strips[number] is strip for number, strip in drawn.items() if number < first)


# Prompt, candidates, settings


async def test_a_prompt_is_edited_and_what_the_model_never_read_is_named_and_left_out(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("e", *"abZ")
        hand.page.query_one(PromptArea).insert("😀")
        await hand.press("ctrl+j", "c")
        assert "left out, the model never read them: 'Z', '😀'" in hand.screen()
        await hand.press("enter")
        assert hand.channels[0].lane.prompt == "ab\nc"
        assert hand.channels[1].lane.prompt == "\n"
        assert not hand.page.query_one(PromptEditor).display
        await hand.press("up")
        assert temperatures(hand)[0] == 0.3


async def test_escape_leaves_the_prompt_as_it_was(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("e", "x", "escape")
        assert hand.channels[0].lane.prompt == "\n"
        await hand.press("asterisk", "e", *"hello", "enter")
        assert [channel.lane.prompt for channel in hand.channels] == ["hello"] * 4


async def test_what_would_steer_the_terminal_cannot_be_pasted_into_a_prompt(paths: Paths) -> None:
    from textual import events

    async with studio(paths, MODEL) as hand:
        await hand.press("e")
        area = hand.page.query_one(PromptArea)
        area.post_message(events.Paste("a\x1b[2J\r\nb\u202ec\x07"))
        await hand.settle()
        assert area.text == "a[2J\nbc"
        area.post_message(events.Paste("x" * 30_000))
        await hand.settle()
        assert len(area.text) == 10_000


async def test_candidates_show_as_bars_and_one_is_picked(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("tab", "c")
        channel = hand.channels[1]
        assert f"{channel.candidates[0].probability:5.3f}" in hand.screen()
        assert "█" in hand.screen()
        third = channel.candidates[2].symbol
        await hand.press("down", "down")
        assert channel.paused
        await hand.press("enter")
        assert channel.lane.written == third
        assert hand.panes[1].candidates.cursor == 0
        await hand.press("tab")
        assert [pane.candidates.display for pane in hand.panes] == [False, False, True, False]
        await hand.press("escape")
        assert not any(pane.candidates.display for pane in hand.panes)
        await hand.press("up")
        assert temperatures(hand)[2] == 1.1


async def test_all_settings_are_checked_as_they_are_typed(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("o")
        field = hand.app.screen.query_one("#temperature", Input)
        field.value = "11"
        await hand.settle()
        assert "must be from 0 to 10" in hand.screen()
        await hand.press("enter")
        assert hand.app.screen.query("#temperature")
        field.value = "0,7"
        hand.app.screen.query_one("#length", Input).value = "12"
        hand.app.screen.query_one("#stop", Input).value = "\\n\\n"
        await hand.press("enter")
        settings = hand.channels[0].lane.settings
        assert (settings.temperature, settings.length, settings.stop) == (0.7, 12, "\n\n")
        assert temperatures(hand)[1:] == [0.5, 1.0, 1.2]
        await hand.press("o", "escape")
        assert hand.channels[0].lane.settings == settings


async def test_surprise_is_a_colour_that_can_be_turned_on_and_off(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(60)
        view = hand.panes[3].view

        def styles() -> set[object]:
            segments = [segment for y in range(3) for segment in view.render_line(y) if segment.text.strip()]
            return {(segment.style.color, segment.style.bold) for segment in segments if segment.style}

        assert len(styles()) == 1
        await hand.press("v")
        assert len(styles()) > 2
        await hand.press("v")
        assert len(styles()) == 1


# Outside text is shown to the letter (U1, U2)


@pytest.mark.parametrize("text", MARKUP)
async def test_markup_is_shown_to_the_letter_as_model_name_prompt_and_text(paths: Paths, text: str) -> None:
    symbols = "".join(sorted({*text, *LETTERS}))
    async with studio(paths, (text, tiny_checkpoint(symbols)), size=(200, 50)) as hand:
        assert text in hand.screen()
        await hand.press("e", *("left_square_bracket" if key == "[" else key for key in text))
        await hand.press("enter")
        assert hand.channels[0].lane.prompt == text
        for symbol in text:
            hand.room.do(lambda desk, symbol=symbol: desk.choose(desk.channels[1], symbol))
        await hand.settle()
        lines = hand.screen().split("\n")
        assert any(line.startswith(text) for line in lines)
        assert sum(line.count(text) for line in lines) >= 3
        await hand.press("m")
        assert text in hand.screen()
        await hand.press("escape", "s")
        assert text in hand.screen()


async def test_no_control_character_of_a_text_reaches_the_terminal(paths: Paths) -> None:
    text = "a\x1b[2Jx\x07\u202eb\x9b3m\x00\r"
    async with studio(paths, ("hostile", tiny_checkpoint("".join(sorted({*text}))))) as hand:
        for symbol in text:
            hand.room.do(lambda desk, symbol=symbol: desk.choose(desk.channels[0], symbol))
        await hand.settle()
        screen = hand.screen()
        assert "a␛[2Jx␇<RLO>b<9B>3m␀␍" in screen
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in screen.replace("\n", ""))
        assert "\u202e" not in screen
        await hand.press("c")
        assert not any(ord(character) < 32 for character in hand.screen().replace("\n", ""))


async def test_wide_characters_line_up(paths: Paths) -> None:
    symbols = "日本語😀é\u0301 \na"
    async with studio(paths, ("wide", tiny_checkpoint("".join(sorted({*symbols})))), size=(80, 24)) as hand:
        await hand.write(300)
        hand.screen()  # checks that every line is as wide as the screen
        assert "日" in hand.screen()


# Models and sessions


async def test_another_model_is_picked_from_a_list(paths: Paths) -> None:
    async with studio(paths, ("first", tiny_checkpoint(step=1)), ("second", tiny_checkpoint(step=2))) as hand:
        assert hand.room.source.name == "second"
        await hand.press("m", "down", "enter")
        assert hand.room.source.name == "first"


async def test_following_needs_a_training_and_is_given_up_with_the_same_key(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.press("f")
        assert hand.room.following is None
        run = hand.room.registry.add_run("text", {}, "learning")
        hand.room.registry.claim_run(run.id, "someone", "CPU")
        await hand.press("f")
        assert hand.room.following is not None
        assert "● waiting" in hand.screen()  # it has no weights yet: the lanes are still written by the model
        assert "tiny" in hand.screen().split("\n")[1]
        hand.room.registry.save_checkpoint(run.id, tiny_checkpoint(step=3))
        await until(lambda: hand.room.is_reached, hand.pilot)
        await hand.settle()
        assert "● following" in hand.screen()
        assert "learning" in hand.screen().split("\n")[1]
        await hand.press("f")
        assert hand.room.following is None


async def test_what_was_written_is_there_again_at_the_next_start(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(40)
        await hand.press("asterisk", "space", "asterisk", "tab", "v")
        before = [channel.lane.text for channel in hand.channels]
    async with studio(paths, fresh=False) as hand:
        assert [channel.lane.text for channel in hand.channels] == before
        assert all(channel.paused for channel in hand.channels)
        assert hand.page.chosen is hand.panes[1]
        assert hand.room.keeper.surprise
        assert before[0].strip()[:9].split("\n")[0] in hand.screen()


async def test_a_session_is_replayed_named_written_and_deleted(paths: Paths, tmp_path: Path) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(40)
        text = hand.channels[0].lane.text
        hand.room.keep(lambda keeper: keeper.save())
        await hand.settle()
        await hand.press("s", "r")
        assert "● replay" in hand.screen()
        await hand.press("e")
        assert not hand.page.query_one(PromptEditor).display
        await hand.press("n", "n", "n", "n")
        assert written_of(hand) == text[1:5]
        await hand.press("escape")
        assert hand.channels[0].lane.text == text
        await hand.press("s", "e")
        field = hand.app.screen.query_one(Input)
        field.value = "[b]mine"
        await hand.press("enter")
        assert hand.room.keeper.name == "[b]mine"
        await hand.press("w")
        hand.app.screen.query_one(Input).value = str(tmp_path / "out.txt")
        await hand.press("enter")
        assert text in (tmp_path / "out.txt").read_text()
        await hand.press("s", "d", "d")
        assert hand.room.registry.sessions() == []


def written_of(hand: Hand) -> str:
    lane = hand.channels[0].lane
    return "".join(lane.symbols(lane.read(lane.prompt_end)))


async def test_a_file_name_is_asked_for_until_it_can_be_one(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(4)
        await hand.press("w")
        field = hand.app.screen.query_one(Input)
        assert field.value.startswith(str(paths.home / "transcripts" / "tiny-"))
        field.value = str(paths.home)
        await hand.press("enter")
        assert "this is a folder" in str(hand.app.screen.query_one("#problem", Static).content)


async def test_the_text_is_copied(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(20)
        await hand.press("y")
        assert hand.app.clipboard == hand.channels[0].lane.text
        await hand.press("asterisk", "y")
        assert hand.app.clipboard == "\n\n".join(channel.lane.text for channel in hand.channels)


async def test_a_new_session_begins_with_empty_lanes(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        await hand.write(20)
        await hand.press("s", "n")
        assert written(hand) == [""] * 4
        assert len(hand.room.registry.sessions()) == 1


# Hidden


async def test_a_hidden_page_writes_and_draws_nothing(paths: Paths) -> None:
    async with studio(paths, MODEL) as hand:
        hand.room.streamer.hold(False)
        await until(lambda: len(written(hand)[0]) > 3, hand.pilot)
        await hand.pilot.press("2")
        await hand.pilot.pause(0.1)
        before, texts = written(hand), [pane.view.flow.text for pane in hand.panes]
        await hand.pilot.pause(0.4)
        assert written(hand) == before
        assert [pane.view.flow.text for pane in hand.panes] == texts
        await hand.pilot.press("1")
        await until(lambda: len(written(hand)[0]) > len(before[0]) + 3, hand.pilot)


async def test_the_footer_has_seven_keys_at_most(paths: Paths) -> None:
    from studio.widgets.keybar import KeyBar

    async with studio(paths, MODEL) as hand:
        assert 4 <= len(hand.app.query_one(KeyBar).keys) <= 7


async def test_the_lists_say_so_when_there_is_nothing_in_them(paths: Paths) -> None:
    async with studio(paths) as hand:
        await hand.press("m")
        assert "No models and no trainings yet" in hand.screen()
        assert not hand.app.screen.query(RowList)
        await hand.press("escape", "s")
        assert "No sessions yet" in hand.screen()
