"""Sessions: kept as they go, restored, named, replayed, written out; and the room that opens and follows models."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import CorruptFileError, UserError
from models.events import Step
from studio.jobs import Fact, Jobs, Slots
from studio.registry import Registry
from studio.sessions import SessionData, default_name, export, file_name, transcript
from studio.streaming import Room, Told
from studio.streaming.desk import FIRST_TEMPERATURES
from studio.streaming.replay import Replay
from tests.support import tiny_checkpoint

MARKUP = "[/] [red]x[/red] [@click=app.quit]日本語"


class Ears:
    """Hears what a room tells."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def __call__(self, told: Told) -> None:
        self.told.append(told)

    def texts(self, kind: str) -> list[str]:
        return [told.text for told in self.told if told.kind == kind]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def jobs(registry: Registry) -> Jobs:
    """Jobs that execute nothing."""
    facts: list[Fact] = []
    return Jobs(registry, facts.append)


@pytest.fixture
def room_of(registry: Registry, jobs: Jobs, ears: Ears) -> Iterator[Callable[[], Room]]:
    """Makes rooms whose lanes write nothing by themselves, and closes them."""
    rooms = []

    def make() -> Room:
        room = Room(registry, jobs, ears)
        room.streamer.hold(True)
        rooms.append(room)
        room.start()
        assert room.settle()
        return room

    yield make
    for room in rooms:
        room.close()


def write(room: Room, count: int) -> None:
    desk = room.desk
    assert desk is not None
    assert room.streamer.ask(lambda: desk.step(desk.writing(), count))


def texts(room: Room) -> list[str]:
    return [channel.lane.text for channel in room.channels]


def save(room: Room) -> None:
    room.keep(lambda keeper: keeper.save())
    assert room.settle()


def until(condition: Callable[[], object], timeout: float = 10.0) -> bool:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


# What is opened


def test_with_nothing_trained_the_room_is_empty_and_training_is_queued_when_asked(
    room_of: Callable[[], Room], registry: Registry
) -> None:
    room = room_of()
    assert room.state.word == "empty"
    room.train()
    assert room.settle()
    assert room.state.word == "waiting"
    [run] = registry.runs()
    assert (run.family, run.state, run.name) == ("text", "queued", "python-docs")
    assert run.recipe["corpus"] == ["python-docs"]
    assert room.following is not None
    assert room.following.id == run.id


def test_a_training_that_was_broken_off_is_offered_and_taken_up_again(
    room_of: Callable[[], Room], registry: Registry
) -> None:
    run = registry.add_run("text", {}, "broken")
    registry.claim_run(run.id, "someone", "CPU")
    registry.finish_run(run.id, "interrupted", "the program was ended")
    room = room_of()
    assert (room.state.word, room.state.resumable) == ("empty", run.id)
    room.train(run.id)
    assert room.settle()
    assert registry.run(run.id).state == "queued"


def test_the_newest_model_is_opened_with_the_first_lanes(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(step=1), name="old")
    registry.save_model(tiny_checkpoint(step=2), name=MARKUP)
    room = room_of()
    assert room.state.word == "ready"
    assert (room.source.name, room.standing.step) == (MARKUP, 2)
    assert [channel.lane.settings.temperature for channel in room.channels] == list(FIRST_TEMPERATURES)


def test_a_training_that_is_started_elsewhere_is_followed_by_an_empty_room(
    room_of: Callable[[], Room], registry: Registry
) -> None:
    room = room_of()
    assert room.state.word == "empty"
    run = registry.add_run("text", {}, "from another page")
    assert until(lambda: room.following is not None)
    assert room.following is not None
    assert room.following.id == run.id
    assert room.state.word == "waiting"


def test_another_model_takes_over_prompts_and_settings(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="one")
    room = room_of()
    other = registry.save_model(tiny_checkpoint("abcdeé\n", seed=3), name="other")
    room.do(lambda desk: desk.edit(desk.channels[:1], "a bad cab"))
    room.do(lambda desk: desk.change(desk.channels[:1], temperature=0.7, top_k=3))
    write(room, 5)
    room.open_model(other.id)
    assert room.settle()
    assert room.source.model_id == other.id
    lane = room.channels[0].lane
    assert (lane.prompt, lane.settings.temperature, lane.settings.top_k) == ("abadcab", 0.7, 3)
    assert len(registry.sessions()) == 1  # what the first one wrote was kept


def test_a_damaged_model_is_named_and_the_lanes_of_another_go_on(
    room_of: Callable[[], Room], registry: Registry, ears: Ears
) -> None:
    registry.save_model(tiny_checkpoint(), name="good")
    room = room_of()
    bad = registry.save_model(tiny_checkpoint(), name="bad one")
    file = registry.model_file(bad.id)
    file.write_bytes(file.read_bytes()[:-5])
    room.open_model(bad.id)
    assert room.settle()
    assert room.state.word == "ready"
    assert room.source.name == "good"
    assert any("corrupt" in text and "bad one" in text for text in ears.texts("problem"))


def test_a_session_whose_model_is_damaged_says_so(room_of: Callable[[], Room], registry: Registry) -> None:
    model = registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    write(room, 5)
    save(room)
    registry.model_file(model.id).write_bytes(b"")
    again = room_of()
    assert again.state.word == "failed"
    assert "corrupt" in again.state.text


# Sessions


def test_a_session_is_kept_as_it_goes_and_restored_as_it_was(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    room.do(lambda desk: desk.pause(desk.channels[1:3], True))
    room.do(lambda desk: desk.change(desk.channels[3:], temperature=0.9, top_p=0.8, stop="zz"))
    room.streamer.faster(99)
    room.keeper.surprise, room.keeper.chosen = True, 2
    write(room, 50)
    assert until(lambda: room.keeper.session is not None)
    save(room)
    written = texts(room)
    room.close()
    again = room_of()
    assert texts(again) == written
    assert [channel.paused for channel in again.channels] == [False, True, True, False]
    settings = again.channels[3].lane.settings
    assert (settings.temperature, settings.top_p, settings.stop) == (0.9, 0.8, "zz")
    assert (again.streamer.pace, again.keeper.surprise, again.keeper.chosen) == (math.inf, True, 2)
    write(again, 50)
    assert room.desk is not None
    room.desk.step(room.desk.writing(), 50)
    assert texts(again) == texts(room)


def test_closing_keeps_what_was_written_last(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    write(room, 10)
    save(room)
    write(room, 10)
    written = texts(room)
    room.close()
    assert texts(room_of()) == written


def test_lanes_that_wrote_nothing_leave_no_session(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    save(room)
    room.close()
    assert registry.sessions() == []


def test_a_session_is_named_listed_and_deleted(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    write(room, 25)
    save(room)
    [session] = registry.sessions()
    assert session.name.startswith("mine 20")
    assert session.summary == "mine, 4 lanes, 104 characters"
    room.keep(lambda keeper: keeper.rename(MARKUP, session.id))
    assert room.settle()
    assert [each.name for each in registry.sessions()] == [MARKUP]
    assert room.keeper.name == MARKUP
    room.keep(lambda keeper: keeper.forget(session.id))
    assert room.settle()
    assert registry.sessions() == []
    write(room, 5)
    save(room)
    assert len(registry.sessions()) == 1


def test_a_new_session_leaves_the_old_one_as_it_is(room_of: Callable[[], Room], registry: Registry) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    write(room, 20)
    first = texts(room)
    room.new_session()
    assert room.settle()
    assert [channel.lane.written for channel in room.channels] == [""] * 4
    write(room, 5)
    save(room)
    old = registry.sessions()[1]
    room.open_session(old.id)
    assert room.settle()
    assert texts(room) == first


def test_a_replay_shows_the_recorded_text_again_and_changes_nothing(
    room_of: Callable[[], Room], registry: Registry, ears: Ears
) -> None:
    registry.save_model(tiny_checkpoint(), name="mine")
    room = room_of()
    room.do(lambda desk: desk.edit(desk.channels, "once "))
    write(room, 30)
    save(room)
    recorded = texts(room)
    levels = [channel.lane.probabilities.tolist() for channel in room.channels]
    [session] = registry.sessions()
    registry.delete_model(room.source.model_id)
    room.replay(session.id)
    assert room.settle()
    assert room.replaying == session.name
    lane = room.channels[0].lane
    assert (lane.position, lane.prompt_end) == (5, 5)
    write(room, 12)
    span = lane.read()
    assert "".join(lane.symbols(span)) == recorded[0][:17]
    assert span.probabilities[5:].tolist() == levels[0][:12]
    room.do(lambda desk: desk.restart(desk.channels))
    room.do(lambda desk: desk.edit(desk.channels, "other"))
    write(room, 100)
    assert texts(room) == recorded
    assert {channel.state for channel in room.channels} == {"ended: replay"}
    assert any("replay" in text for text in ears.texts("problem"))
    room.leave_replay()
    assert room.settle()
    assert room.replaying == ""
    assert texts(room) == recorded
    save(room)
    assert len(registry.sessions()) == 1


def test_a_transcript_has_settings_seed_and_text_of_each_lane(
    room_of: Callable[[], Room], registry: Registry, tmp_path: Path, ears: Ears
) -> None:
    registry.save_model(tiny_checkpoint(), name=MARKUP)
    room = room_of()
    room.do(lambda desk: desk.change(desk.channels[1:2], top_k=5, stop="a\nb"))
    write(room, 20)
    plain, data = tmp_path / "new" / "out.txt", tmp_path / "out.JSON"
    room.keep(lambda keeper: keeper.export(plain, None))
    room.keep(lambda keeper: keeper.export(data, None))
    assert room.settle()
    text = plain.read_text("utf-8")
    for number, channel in enumerate(room.channels, 1):
        assert f"--- lane {number}: temperature {channel.lane.settings.temperature:g}" in text
        assert f"seed {channel.lane.seed}\n{channel.lane.text}" in text
    assert 'top_k 5, stop "a\\nb"' in text
    assert MARKUP in text
    found = json.loads(data.read_text("utf-8"))
    assert found["model"]["name"] == MARKUP
    assert [lane["text"] for lane in found["lanes"]] == texts(room)
    assert found["lanes"][1]["settings"]["top_k"] == 5
    assert ears.texts("notice") == [f"written: {plain}", f"written: {data}"]


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    data = SessionData({"name": "m"}, [{"state": {"text": "x", "settings": {}}}])
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        export(tmp_path / "file" / "out.txt", "name", data)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_text_that_no_encoding_takes_is_written_all_the_same(tmp_path: Path) -> None:
    data = SessionData({"name": "m"}, [{"state": {"text": "a\x1b[2J\ud800", "settings": {}}}])
    path = export(tmp_path / "out.txt", "name", data)
    assert path.read_text("utf-8").endswith("a\x1b[2J\\ud800\n")
    assert export(tmp_path / "out.json", "name", data).exists()


@pytest.mark.parametrize(
    "broken",
    [{}, {"version": 2}, {"version": 1, "source": {}, "lanes": [], "pace": 1, "surprise": False, "chosen": 0},
     {"version": 1, "source": {}, "lanes": [3], "pace": 1, "surprise": False, "chosen": 0},
     {"version": 1, "source": {}, "lanes": [{"state": {}}], "pace": "x", "surprise": False, "chosen": 0}],
)  # fmt: skip
def test_a_damaged_session_is_a_clear_error(broken: dict[str, object]) -> None:
    with pytest.raises(CorruptFileError):
        SessionData.from_json(broken)


def test_a_damaged_lane_cannot_be_replayed() -> None:
    with pytest.raises(CorruptFileError, match="recorded lane"):
        Replay([{"text": "abc"}])


def test_names_of_sessions_and_files_are_short_and_safe() -> None:
    assert default_name("日本語" * 40, 0).startswith("日本語")
    assert len(file_name("../../etc/passwd [red]")) > 4
    assert "/" not in file_name("../../etc/passwd")
    assert file_name("日本 語 2025-11-25 10:00") == "日本-語-2025-11-25-10-00.txt"


def test_the_transcript_of_a_lane_with_every_setting_names_them_all() -> None:
    settings = {"temperature": 0.5, "top_k": 4, "top_p": 0.9, "min_p": 0.1, "repetition": 1.2, "length": 9, "stop": ""}
    data = SessionData({"name": "m"}, [{"state": {"text": "x", "settings": settings, "seed": 7, "stream": 2}}])
    line = "temperature 0.5, top_k 4, top_p 0.9, min_p 0.1, repetition 1.2, length 9, seed 7 (branch 2)"
    assert f"--- lane 1: {line}\nx\n" in transcript("n", data)


# Following


class FakeJobs:
    """Jobs of which a test sets the slots by hand."""

    def __init__(self) -> None:
        self.by_run: dict[str, Slots] = {}

    def slots(self, run_id: str) -> Slots | None:
        return self.by_run.get(run_id)


@pytest.fixture
def training(registry: Registry) -> str:
    run = registry.add_run("text", {}, "learning")
    registry.claim_run(run.id, "someone", "CPU")
    return run.id


@pytest.fixture
def following(registry: Registry, training: str, ears: Ears) -> Iterator[tuple[Room, Slots]]:
    """A room that follows a training of this process, which has no weights yet."""
    jobs = FakeJobs()
    slots = jobs.by_run[training] = Slots(training)
    slots.say("loading TensorFlow")
    room = Room(registry, jobs, ears)  # type: ignore[arg-type]
    room.streamer.hold(True)
    room.start()
    assert room.settle()
    yield room, slots
    room.close()


def test_what_is_waited_for_is_known_and_the_first_weights_start_the_lanes(following: tuple[Room, Slots]) -> None:
    room, slots = following
    assert room.state.word == "waiting"
    assert until(lambda: room.standing.phase == "loading TensorFlow")
    slots.put_step(Step(7, 100, {"loss": 2.5}, 1.0))
    slots.put_checkpoint(tiny_checkpoint(step=7))
    assert until(lambda: room.state.word == "ready")
    assert until(lambda: room.standing.metrics.get("loss") == 2.5)
    assert (room.standing.step, room.standing.total) == (7, 100)
    assert len(room.channels) == 4


def test_newer_weights_reach_the_lanes_without_a_gap_in_their_text(following: tuple[Room, Slots]) -> None:
    room, slots = following
    slots.put_checkpoint(tiny_checkpoint(step=1, seed=1))
    assert until(lambda: room.state.word == "ready")
    write(room, 40)
    before, channels, first = texts(room), room.channels, room.model
    slots.put_checkpoint(tiny_checkpoint(step=2, seed=2))
    assert until(lambda: room.model is not first)
    write(room, 40)
    assert room.channels == channels
    for text, longer in zip(before, texts(room), strict=True):
        assert longer.startswith(text)
        assert len(longer) == len(text) + 40


def test_weights_of_a_run_of_another_process_come_from_the_registry(
    room_of: Callable[[], Room], registry: Registry, training: str
) -> None:
    room = room_of()
    assert room.state.word == "waiting"
    registry.save_checkpoint(training, tiny_checkpoint(step=5))
    registry.update_run(training, step=5, metrics={"loss": 2.0, "val_loss": 2.1})
    assert until(lambda: room.state.word == "ready")
    assert until(lambda: room.standing.metrics.get("val_loss") == 2.1)
    first = room.model
    registry.save_checkpoint(training, tiny_checkpoint(step=6, seed=6))
    assert until(lambda: room.model is not first)


def test_after_the_end_the_lanes_go_on_with_the_model_that_was_made(
    room_of: Callable[[], Room], registry: Registry, training: str
) -> None:
    room = room_of()
    registry.save_checkpoint(training, tiny_checkpoint(step=5))
    assert until(lambda: room.state.word == "ready")
    write(room, 10)
    before = texts(room)
    model = registry.save_model(tiny_checkpoint(step=9, seed=9), name="learning", run_id=training)
    registry.finish_run(training, "done")
    assert until(lambda: room.source.model_id == model.id)
    assert room.following is None
    assert room.standing.step == 9
    assert texts(room) == before
    save(room)
    room.close()
    again = room_of()
    assert (again.source.model_id, texts(again)) == (model.id, before)


def test_a_training_that_fails_before_it_has_weights_says_why(
    room_of: Callable[[], Room], registry: Registry, training: str
) -> None:
    room = room_of()
    registry.finish_run(training, "failed", "non-finite loss at step 5")
    assert until(lambda: room.state.word == "failed")
    assert "non-finite loss at step 5" in room.state.text


def test_following_can_be_given_up_and_the_weights_stay(following: tuple[Room, Slots]) -> None:
    room, slots = following
    slots.put_checkpoint(tiny_checkpoint(step=1))
    assert until(lambda: room.state.word == "ready")
    room.unfollow()
    assert room.settle()
    model = room.model
    slots.put_checkpoint(tiny_checkpoint(step=2))
    time.sleep(0.6)
    assert room.settle()
    assert room.model is model
    assert room.following is None
