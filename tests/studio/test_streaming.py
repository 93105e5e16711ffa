"""The desk of lanes, the thread that writes them, and what a viewer sees of them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from models.errors import UsageError, UserError
from models.text.sampler import Sampler, Settings
from studio.streaming import PROMPT, Desk, Reader, Streamer
from studio.streaming.desk import FIRST_TEMPERATURES, LONG, NO_REPEAT, fresh
from studio.streaming.streamer import PACES
from studio.widgets.flow import Flow
from tests.models.text.sampler.made import model as made
from tests.support import tiny_text_model


@pytest.fixture
def desk() -> Desk:
    return fresh(tiny_text_model())


def write(desk: Desk, count: int) -> None:
    desk.step(desk.writing(), count)


class Ears:
    """Hears what a streamer tells."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []
        self.obeyed = 0

    def __call__(self, error: UserError | None) -> None:
        if error is None:
            self.obeyed += 1
        else:
            self.errors.append(error)


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def streamer(ears: Ears) -> Iterator[Streamer]:
    streamer = Streamer(ears)
    yield streamer
    streamer.close()


def until(condition, timeout: float = 10.0) -> bool:
    """Wait for something that another thread does."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


# The desk


def test_a_first_start_has_four_lanes_at_the_four_temperatures(desk: Desk) -> None:
    assert [channel.lane.settings.temperature for channel in desk.channels] == list(FIRST_TEMPERATURES)
    assert all(channel.state == "writing" for channel in desk.channels)


def test_the_first_lanes_keep_out_of_loops_unless_the_model_writes_as_the_classic_recipe_does(desk: Desk) -> None:
    assert {channel.lane.settings.no_repeat_ngram for channel in desk.channels} == {NO_REPEAT}
    classic = fresh(made(target="last", stateful=False))
    assert {channel.lane.settings.no_repeat_ngram for channel in classic.channels} == {0}


def test_seeds_have_at_most_six_digits_and_give_the_same_text_again(desk: Desk) -> None:
    write(desk, 40)
    lane = desk.channels[2].lane
    assert 0 <= lane.seed < 1_000_000
    again = Sampler(tiny_text_model()).add("", lane.settings, lane.seed)
    again._owner.step(count=40)
    assert again.text == lane.text


def test_pausing_holds_one_lane_while_the_others_write(desk: Desk) -> None:
    desk.pause([desk.channels[1]], True)
    before = desk.channels[1].lane.text
    write(desk, 5)
    assert desk.channels[1].lane.text == before
    assert [len(channel.lane.written) for channel in desk.channels] == [5, 0, 5, 5]
    assert desk.channels[1].state == "paused"


def test_one_character_is_written_and_then_the_lane_is_paused(desk: Desk) -> None:
    desk.one(desk.channels[:2])
    assert [len(channel.lane.written) for channel in desk.channels] == [1, 1, 0, 0]
    assert [channel.paused for channel in desk.channels] == [True, True, False, False]


def test_hotter_and_cooler_go_in_tenths_and_stay_within_bounds(desk: Desk) -> None:
    channel = desk.channels[0]
    desk.warm([channel], 1)
    assert channel.lane.settings.temperature == 0.3
    desk.warm([channel], -9)
    assert channel.lane.settings.temperature == 0.0
    desk.change([channel], temperature=2.0)
    desk.warm([channel], 1)
    assert channel.lane.settings.temperature == 2.5
    desk.warm([channel], -2)
    assert channel.lane.settings.temperature == 1.9
    desk.warm([channel], 99)
    assert channel.lane.settings.temperature == 10.0


def test_top_k_goes_round_and_several_lanes_get_the_same(desk: Desk) -> None:
    desk.change([desk.channels[1]], top_k=5)
    desk.cycle(desk.channels, "top_k", (0, 40, 20), 1)
    assert {channel.lane.settings.top_k for channel in desk.channels} == {40}
    desk.cycle(desk.channels, "top_k", (0, 40, 20), 2)
    assert {channel.lane.settings.top_k for channel in desk.channels} == {0}


def test_a_branch_stands_beside_its_lane_with_the_same_text_and_another_seed(desk: Desk) -> None:
    write(desk, 30)
    first = desk.channels[2]
    branch = desk.branch(first)
    assert desk.channels.index(branch) == 3
    assert branch.lane.text == first.lane.text
    assert (branch.lane.seed, branch.lane.stream) != (first.lane.seed, first.lane.stream)
    write(desk, 60)
    assert branch.lane.text != first.lane.text


def test_there_are_six_lanes_at_most_and_one_at_least(desk: Desk) -> None:
    desk.add(Settings())
    desk.branch(desk.channels[0])
    with pytest.raises(UsageError, match="6 lanes"):
        desk.add(Settings())
    for channel in desk.channels[1:]:
        desk.remove(channel)
    with pytest.raises(UsageError, match="last lane"):
        desk.remove(desk.channels[0])
    assert len(desk.channels) == len(desk.sampler.lanes) == 1


def test_taking_back_pauses_and_what_follows_is_drawn_anew(desk: Desk) -> None:
    channel = desk.channels[3]
    write(desk, 60)
    text = channel.lane.text
    desk.take_back([channel], 40)
    assert channel.lane.text == text[:-40]
    assert channel.paused
    desk.step([channel.lane], 40)
    assert channel.lane.text[:-40] == text[:-40]
    assert channel.lane.text != text


def test_taking_back_more_than_was_written_leaves_the_prompt(desk: Desk) -> None:
    desk.edit(desk.channels[:1], "once upon")
    write(desk, 7)
    desk.take_back(desk.channels[:1], 1000)
    assert desk.channels[0].lane.text == "once upon"


def test_a_prompt_is_begun_from_and_what_the_model_never_read_is_left_out(desk: Desk) -> None:
    desk.edit(desk.channels[:2], "a Zebra 😀 b")
    write(desk, 3)
    assert [channel.lane.prompt for channel in desk.channels[:2]] == ["a ebra  b"] * 2
    assert all(channel.lane.text.startswith("a ebra  b") for channel in desk.channels[:2])


def test_a_restart_keeps_the_prompt_and_takes_another_seed(desk: Desk) -> None:
    channel = desk.channels[0]
    desk.edit([channel], "abc")
    seed = channel.lane.seed
    write(desk, 10)
    desk.restart([channel])
    assert channel.lane.text == "abc"
    assert channel.lane.seed != seed


def test_candidates_are_looked_up_for_watched_lanes_and_a_choice_is_written(desk: Desk) -> None:
    channel = desk.channels[2]
    channel.watched = True
    desk.look()
    assert len(channel.candidates) == 10
    assert desk.channels[0].candidates == ()
    chances = [candidate.probability for candidate in channel.candidates]
    assert chances == sorted(chances, reverse=True)
    symbol = channel.candidates[4].symbol
    desk.choose(channel, symbol)
    assert channel.lane.written == symbol
    assert channel.paused


def test_a_length_or_a_stop_text_ends_a_lane_and_its_state_says_which(desk: Desk) -> None:
    desk.change(desk.channels[:1], length=4)
    write(desk, 9)
    assert desk.channels[0].state == "ended: length"
    assert len(desk.channels[0].lane.written) == 4
    assert desk.channels[0].lane not in desk.writing()


def test_mean_surprise_is_that_of_the_last_symbols_in_nats(desk: Desk) -> None:
    channel = desk.channels[2]
    assert channel.surprise is None
    write(desk, LONG + 100)
    expected = -np.log(channel.lane.probabilities[-LONG:]).mean()
    assert channel.surprise == pytest.approx(expected, rel=1e-5)


def test_the_rate_counts_what_was_written_and_is_zero_when_paused(desk: Desk) -> None:
    channel = desk.channels[0]
    for moment in range(5):
        channel.measure(moment * 0.4)
        write(desk, 8)
    assert channel.rate == pytest.approx(20)
    desk.pause([channel], True)
    assert channel.rate == 0


def test_lanes_are_saved_and_go_on_with_the_same_text(desk: Desk) -> None:
    write(desk, 50)
    desk.pause(desk.channels[1:2], True)
    saved = desk.save()
    other = Desk(Sampler(tiny_text_model()))
    other.load(saved)
    assert [channel.paused for channel in other.channels] == [False, True, False, False]
    write(desk, 50)
    write(other, 50)
    assert [channel.lane.text for channel in other.channels] == [channel.lane.text for channel in desk.channels]


# A viewer


class View:
    """Puts the changes together, as a lane view does."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.text = ""
        self.levels = b""

    def pull(self) -> bool:
        change = self.reader.pull()
        if change is None:
            return False
        place = 0 if change.anew else change.place
        assert place <= len(self.text)
        self.text = self.text[:place] + change.text
        self.levels = self.levels[:place] + change.levels
        return True


def test_a_reader_sees_every_change_once(desk: Desk) -> None:
    channel = desk.channels[0]
    view = View(Reader(channel.lane))
    desk.edit([channel], "prompt")
    assert view.pull()
    assert not view.pull()
    for count in (1, 30, 7):
        write(desk, count)
        assert view.pull()
        assert view.text == channel.lane.text
    desk.take_back([channel], 12)
    desk.step([channel.lane], 3)
    desk.take_back([channel], 5)
    assert view.pull()
    assert view.text == channel.lane.text
    desk.restart([channel])
    view.pull()
    assert view.text == "prompt"


def test_levels_tell_the_prompt_from_the_likely_and_the_surprising(desk: Desk) -> None:
    channel = desk.channels[3]
    desk.edit([channel], "abc")
    write(desk, 200)
    view = View(Reader(channel.lane))
    view.pull()
    assert view.levels[:3] == bytes([PROMPT] * 3)
    chances = channel.lane.probabilities
    edges = (0.005, 0.02, 0.1, 0.3, 0.7)
    assert list(view.levels[3:]) == [sum(chance >= edge for edge in np.float32(edges)) for chance in chances]


def test_a_default_prompt_that_is_blank_is_not_shown(desk: Desk) -> None:
    write(desk, 5)
    view = View(Reader(desk.channels[0].lane))
    view.pull()
    assert desk.channels[0].lane.prompt == "\n"
    assert view.text == desk.channels[0].lane.written
    desk.restart(desk.channels[:1])
    write(desk, 3)
    view.pull()
    assert view.text == desk.channels[0].lane.written


def test_a_viewer_that_was_away_gets_the_tail_only(desk: Desk) -> None:
    channel = desk.channels[1]
    reader = Reader(channel.lane, kept=100)
    view = View(reader)
    write(desk, 50)
    view.pull()
    write(desk, 1000)
    change = reader.pull()
    assert change is not None
    assert change.anew
    assert change.text == channel.lane.text[-100:]
    write(desk, 30)
    change = reader.pull()
    assert change is not None
    assert (change.place, change.text) == (100, channel.lane.text[-30:])


def test_places_count_characters_where_a_symbol_is_a_word() -> None:
    from models.checkpoint import Checkpoint
    from models.text.model import TextModel
    from models.text.vocabulary import Vocabulary
    from tests.support import tiny_checkpoint

    made = tiny_checkpoint("abcd")
    words = Vocabulary("word", ("a", "banana", " ", "cat"))
    model = TextModel.from_checkpoint(Checkpoint({**made.meta, "vocabulary": words.to_json()}, made.arrays))
    desk = fresh(model)
    channel = desk.channels[3]
    view = View(Reader(channel.lane))
    for _ in range(20):
        write(desk, 3)
        view.pull()
    desk.take_back([channel], 7)
    view.pull()
    assert view.text.strip() == channel.lane.text.strip()
    assert len(view.levels) == len(view.text)


def test_what_is_kept_stays_bounded_however_much_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.streaming.desk.KEEP", 2000)
    desk = fresh(tiny_text_model())
    reader, flow = Reader(desk.channels[3].lane, kept=500), Flow(30, keep=500)
    for _ in range(100):
        write(desk, 100)
        change = reader.pull()
        assert change is not None
        flow.append(change.text, change.levels)
        assert len(flow.text) <= 1000
        assert len(reader._places) <= 2100
        assert len(desk.channels[3].lane.text) <= 2000
    assert flow.text.endswith(desk.channels[3].lane.text[-500:])
    assert flow.end == 10_000


# The thread


def test_the_thread_writes_and_obeys_between_two_symbols(streamer: Streamer, ears: Ears, desk: Desk) -> None:
    streamer.pace = math.inf
    streamer.do(lambda: setattr(streamer, "desk", desk))
    assert until(lambda: all(len(channel.lane.written) > 100 for channel in desk.channels))
    assert streamer.ask(lambda: desk.pause(desk.channels, True))
    text = [channel.lane.text for channel in desk.channels]
    time.sleep(0.05)
    assert [channel.lane.text for channel in desk.channels] == text
    assert ears.obeyed >= 2


def test_what_goes_wrong_in_a_command_is_told_and_the_lanes_go_on(streamer: Streamer, ears: Ears, desk: Desk) -> None:
    streamer.pace = math.inf
    streamer.do(lambda: setattr(streamer, "desk", desk))
    streamer.do(lambda: [desk.add(Settings()) for _ in range(3)])
    assert until(lambda: bool(ears.errors))
    assert "6 lanes" in str(ears.errors[0])
    position = desk.channels[0].lane.position
    assert until(lambda: desk.channels[0].lane.position > position)


def test_a_model_that_gives_no_finite_number_pauses_the_lanes_and_is_told(streamer: Streamer, ears: Ears) -> None:
    desk = fresh(tiny_text_model())
    desk.sampler._engine.logits[:] = np.nan
    streamer.pace = math.inf
    streamer.do(lambda: setattr(streamer, "desk", desk))
    assert until(lambda: bool(ears.errors))
    assert "not a finite number" in str(ears.errors[0])
    assert until(lambda: all(channel.paused for channel in desk.channels))


def test_held_it_writes_nothing_but_still_obeys(streamer: Streamer, desk: Desk) -> None:
    streamer.pace = math.inf
    streamer.hold(True)
    assert streamer.ask(lambda: setattr(streamer, "desk", desk))
    assert streamer.ask(lambda: desk.warm(desk.channels, 1))
    assert all(not channel.lane.written for channel in desk.channels)
    assert desk.channels[0].lane.settings.temperature == pytest.approx(0.3)
    streamer.hold(False)
    assert until(lambda: bool(desk.channels[0].lane.written))


def test_a_pace_is_kept_to(streamer: Streamer, desk: Desk) -> None:
    streamer.pace = 200
    streamer.do(lambda: setattr(streamer, "desk", desk))
    start = time.monotonic()
    assert until(lambda: len(desk.channels[0].lane.written) >= 60)
    passed = time.monotonic() - start
    assert streamer.ask(lambda: desk.pause(desk.channels, True))
    written = len(desk.channels[0].lane.written)
    assert written <= 200 * (time.monotonic() - start) + 2
    assert passed >= 59 / 200


def test_faster_and_slower_go_through_the_paces(streamer: Streamer) -> None:
    streamer.faster(99)
    assert streamer.pace == math.inf
    streamer.faster(-1)
    assert streamer.pace == 1000
    streamer.faster(-99)
    assert streamer.pace == PACES[0] == 1


def test_its_thread_ends_when_it_is_closed(ears: Ears, desk: Desk) -> None:
    before = threading.active_count()
    streamer = Streamer(ears)
    streamer.pace = math.inf
    streamer.do(lambda: setattr(streamer, "desk", desk))
    until(lambda: bool(desk.channels[0].lane.written))
    streamer.close()
    assert threading.active_count() == before
