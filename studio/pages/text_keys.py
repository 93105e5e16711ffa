"""What the keys of the Text page do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from models.errors import UsageError
from studio.pages.base import Page
from studio.widgets.dialogs import Answer, Prompt, Question
from studio.widgets.lane_settings import LaneSettings
from studio.widgets.lanes import LanePane, Lanes
from studio.widgets.pickers import SessionPicker, WriterPicker, writers
from studio.widgets.prompt_editor import PromptEditor

if TYPE_CHECKING:
    from studio.streaming import Channel, Desk, Room

STEERING = frozenset(["warm", "edit", "candidates", "branch", "add", "remove", "cycle", "settings", "write"])
"""Actions that make sense only while lanes write."""
WATCHING = frozenset(
    ["pause", "one", "back", "restart", "pace", "zoom", "reach", "choose", "surprise", "copy", "scroll"]
)
"""Actions that make sense in a replay, too."""


class TextKeys(Page):
    """The actions; they steer the room, which does what takes time on threads of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Train", id="text.begin", tooltip="Train on python-docs, and watch"),
        Binding("space", "pause", "Pause", id="text.pause", tooltip="Pause, or go on"),
        Binding("up", "warm(1)", "Hotter", id="text.hotter"),
        Binding("plus,equals_sign", "pace(1)", "Faster", id="text.faster", key_display="+"),
        Binding("e", "edit", "Prompt", id="text.prompt", tooltip="Edit the prompt, and begin again from it"),
        Binding("c", "candidates", "Choices", id="text.candidates", tooltip="What may come next; pick one"),
        Binding("down", "warm(-1)", "Cooler", id="text.cooler", show=False),
        Binding("minus", "pace(-1)", "Slower", id="text.slower", show=False, key_display="-"),
        Binding("n,full_stop", "one", "One character, then pause", id="text.one", show=False, key_display="n"),
        Binding("backspace", "back(1)", "Take back a character", id="text.back", show=False),
        Binding("ctrl+w", "back(10)", "Take back ten characters", id="text.back_ten", show=False),
        Binding("r", "restart", "Restart with a new seed", id="text.restart", show=False),
        Binding("b", "branch", "Branch: a copy that goes its own way", id="text.branch", show=False),
        Binding("a", "add", "Add a lane", id="text.add", show=False),
        Binding("x", "remove", "Take the lane away", id="text.remove", show=False),
        Binding("k", "cycle('top_k', 1)", "Top-k: off, 40, 20, 10, 5, 2", id="text.top_k", show=False),
        Binding("K", "cycle('top_k', -1)", "Top-k, the other way", id="text.top_k_back", show=False),
        Binding("p", "cycle('top_p', 1)", "Top-p: off, .98, .95, .9, .8, .6", id="text.top_p", show=False),
        Binding("P", "cycle('top_p', -1)", "Top-p, the other way", id="text.top_p_back", show=False),
        Binding("o", "settings", "All settings of the lane", id="text.settings", show=False),
        Binding("v", "surprise", "Colour by surprise", id="text.surprise", show=False),
        Binding("z", "zoom", "The chosen lane alone, or all", id="text.zoom", show=False),
        Binding("asterisk", "reach", "Keys mean all lanes, or the chosen one", id="text.all", show=False),
        Binding("tab,right", "choose(1)", "The next lane", id="text.next", show=False),
        Binding("shift+tab,left", "choose(-1)", "The lane before", id="text.previous", show=False),
        Binding("pageup", "scroll(-1)", "Scroll back", id="text.scroll_back", show=False),
        Binding("pagedown", "scroll(1)", "Scroll forward", id="text.scroll_forward", show=False),
        Binding("home", "scroll(-1000)", "To the oldest text", id="text.scroll_start", show=False),
        Binding("end", "scroll(1000)", "To the end, and follow it", id="text.scroll_end", show=False),
        Binding("m", "model", "Choose the model that writes", id="text.model", show=False),
        Binding("f", "follow", "Follow a training, or stop following", id="text.follow", show=False),
        Binding("s", "sessions", "Sessions: go on, replay, name, delete", id="text.sessions", show=False),
        Binding("w", "write", "Write the transcript to a file", id="text.write", show=False),
        Binding("y", "copy", "Copy the text", id="text.copy", show=False),
        Binding("escape", "leave", "Back", id="text.leave", show=False),
    ]

    room: Room | None = None
    all_lanes = False

    # Which lanes are meant

    @property
    def lanes(self) -> Lanes:
        return self.query_one(Lanes)

    @property
    def chosen(self) -> LanePane | None:
        """The pane that the keys mean."""
        return self.lanes.chosen

    def meant(self) -> list[Channel]:
        """The lanes that the keys mean: the chosen one, or all."""
        if self.room is None or self.chosen is None:
            return []
        return list(self.room.channels) if self.all_lanes else [self.chosen.channel]

    def do(self, command: Callable[[Desk, list[Channel]], Any]) -> None:
        """Do something to the lanes that are meant."""
        channels = self.meant()
        if self.room is not None and channels:
            self.room.do(lambda desk: command(desk, channels))

    def steer(self, command: Callable[[Desk, list[Channel]], Any]) -> None:
        """Change settings or pause, at once: it needs no turn of the thread that writes, so the key shows sooner."""
        channels, room = self.meant(), self.room
        if room is not None and room.desk is not None and channels:
            command(room.desk, channels)
            room.do(lambda _desk: None)  # wakes the thread
            self.look(now=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Keys that mean nothing now are not shown."""
        room = self.room
        if action in STEERING | WATCHING and self.is_editing:
            return False
        word = room.state.word if room is not None else "opening"
        if action == "begin":
            return word in ("empty", "failed")
        if action in WATCHING:
            return word == "ready"
        if action in STEERING:
            return word == "ready" and room is not None and not room.replaying
        if action in ("model", "follow", "sessions"):
            return room is not None
        return True

    @property
    def is_editing(self) -> bool:
        """Whether the keys belong to the prompt."""
        return any(editor.display for editor in self.query(PromptEditor))

    # Pace and pause

    def action_pause(self) -> None:
        channels = self.meant()
        paused = not all(channel.paused for channel in channels)
        self.steer(lambda desk, meant: desk.pause(meant, paused))

    def action_one(self) -> None:
        self.do(lambda desk, meant: desk.one(meant))

    def action_pace(self, steps: int) -> None:
        if self.room is not None:
            self.room.streamer.faster(steps)
            self.look(now=True)

    # What is written

    def action_warm(self, steps: int) -> None:
        self.steer(lambda desk, meant: desk.warm(meant, steps))

    def action_cycle(self, name: str, by: int) -> None:
        from studio.streaming import TOP_K, TOP_P

        values: Sequence[float] = {"top_k": TOP_K, "top_p": TOP_P}[name]
        self.steer(lambda desk, meant: desk.cycle(meant, name, values, by))

    def action_back(self, count: int) -> None:
        self.do(lambda desk, meant: desk.take_back(meant, count))

    def action_restart(self) -> None:
        self.do(lambda desk, meant: desk.restart(meant))

    def action_settings(self) -> None:
        pane = self.chosen
        if pane is None:
            return

        def apply(changes: dict[str, Any] | None) -> None:
            if changes:
                self.steer(lambda desk, meant: desk.change(meant, **changes))

        self.app.push_screen(LaneSettings(f"Settings of {self.reach_name()}", pane.channel.lane.settings), apply)

    def action_edit(self) -> None:
        pane, room = self.chosen, self.room
        if pane is None or room is None or room.model is None:
            return
        vocabulary = room.model.vocabulary

        def unknown(text: str) -> str:
            from models.text.vocabulary import named

            characters = vocabulary.unknown([text])
            return f"left out, the model never read them: {named(characters)}" if characters else ""

        prompt = pane.channel.lane.prompt
        about = f"Prompt of {self.reach_name()}: Enter writes from it, Ctrl+J is a new line, Escape goes back"
        self.query_one(PromptEditor).open(about, prompt if prompt.strip() else "", unknown)

    def reach_name(self) -> str:
        """The lanes that are meant, in words."""
        return "all lanes" if self.all_lanes else f"lane {self.number()}"

    def number(self) -> int:
        """The number of the chosen lane, from 1."""
        pane = self.chosen
        return self.lanes.panes.index(pane) + 1 if pane is not None else 0

    def action_candidates(self) -> None:
        pane = self.chosen
        if pane is None:
            return
        on = not pane.candidates.display
        for each in self.lanes.panes:
            each.look_ahead(on and each is pane)
        (pane.candidates if on else self).focus(scroll_visible=False)
        self.do(lambda desk, _meant: desk.look())

    # Which lanes there are

    def action_add(self) -> None:
        pane = self.chosen
        if pane is not None and self.room is not None:
            lane = pane.channel.lane
            self.room.do(lambda desk: desk.add(lane.settings, lane.prompt))

    def action_branch(self) -> None:
        pane = self.chosen
        if pane is not None and self.room is not None:
            self.room.do(lambda desk: desk.branch(pane.channel))

    def action_remove(self) -> None:
        pane = self.chosen
        if pane is not None and self.room is not None:
            self.room.do(lambda desk: desk.remove(pane.channel))

    def action_choose(self, by: int) -> None:
        panes, pane = self.lanes.panes, self.chosen
        if pane is not None and len(panes) > 1:
            self.choose(panes[(panes.index(pane) + by) % len(panes)])

    def choose(self, pane: LanePane) -> None:
        """Have the keys mean this lane."""
        raise NotImplementedError

    def action_scroll(self, pages: int) -> None:
        if self.chosen is not None:
            self.chosen.view.scroll_pages(pages)

    def action_reach(self) -> None:
        self.all_lanes = not self.all_lanes
        self.look(now=True)

    def action_zoom(self) -> None:
        self.lanes.zoomed = not self.lanes.zoomed
        self.lanes.arrange_panes()

    def action_surprise(self) -> None:
        if self.room is not None:
            self.room.keeper.surprise = not self.room.keeper.surprise
            self.look(now=True)

    def look(self, *, now: bool = False) -> None:
        """Bring everything up to date; with `now` the figures, too."""
        raise NotImplementedError

    # Models and sessions

    def action_begin(self) -> None:
        if self.room is not None:
            self.room.train(self.room.state.resumable)

    def action_model(self) -> None:
        room = self.room
        if room is None:
            return
        items = writers(room.registry)
        run = room.following

        def open_it(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                (room.follow if answer[0] == "run" else room.open_model)(answer[1])

        self.app.push_screen(WriterPicker(items, run.id if run else room.source.model_id), open_it)

    def action_follow(self) -> None:
        room = self.room
        if room is None:
            return
        if room.following is not None:
            room.unfollow()
            return
        items = [item for item in writers(room.registry) if item.kind == "run"]
        if not items:
            raise UsageError("no training runs now: 2 starts one")
        if len(items) == 1:
            room.follow(items[0].id)
        else:
            self.action_model()

    def action_sessions(self) -> None:
        room = self.room
        if room is None:
            return
        sessions = room.registry.sessions()
        names = {session.id: session.name for session in sessions}
        present = room.keeper.session

        def answered(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            what, session_id = answer
            name = names.get(session_id, "")
            if what == "open":
                room.open_session(session_id)
            elif what == "replay":
                room.replay(session_id)
            elif what == "new":
                room.new_session()
            elif what == "name":
                self._name_session(session_id, name)
            elif what == "delete":
                self._delete_session(session_id, name)
            else:
                self._ask_where(name, session_id)

        self.app.push_screen(SessionPicker(sessions, present.id if present else ""), answered)

    def _name_session(self, session_id: str, name: str) -> None:
        from studio.registry import check_name

        room = self.room

        def rename(answer: str | None) -> None:
            if answer is not None and room is not None:
                room.keep(lambda keeper: keeper.rename(answer, session_id))

        self.app.push_screen(Prompt("Name of the session", name, check=check_name), rename)

    def _delete_session(self, session_id: str, name: str) -> None:
        room = self.room

        def delete(answer: str | None) -> None:
            if answer and room is not None:
                room.keep(lambda keeper: keeper.forget(session_id))

        answers = [Answer("d", "Delete it", "delete")]
        self.app.push_screen(Question(f"Delete the session '{name}'?", "Its text is gone then.", answers), delete)

    def action_write(self) -> None:
        if self.room is not None:
            self._ask_where(self.room.keeper.name, None)

    def _ask_where(self, name: str, session_id: str | None) -> None:
        """Ask for a file, and write the transcript there."""
        from studio.sessions import file_name

        room, folder = self.room, self.services.paths.home / "transcripts"
        if room is None:
            return

        def write(answer: str | None) -> None:
            if answer is not None:
                room.keep(lambda keeper: keeper.export(Path(answer), session_id))

        detail = "A name that ends in .json gives JSON, any other plain text. A file that is there is replaced."
        dialog = Prompt("Write the transcript to", str(folder / file_name(name)), detail=detail, check=checked_path)
        self.app.push_screen(dialog, write)

    async def action_copy(self) -> None:
        channels = self.meant()
        texts = await asyncio.to_thread(lambda: [channel.lane.text for channel in channels])
        text = "\n\n".join(texts)
        self.app.copy_to_clipboard(text)
        self.studio.tell(f"copied {len(text):,} characters of {self.reach_name()}")


def checked_path(text: str) -> str:
    """A path that was typed. Raises UsageError for none, or for a folder."""
    if not text.strip():
        raise UsageError("a file name is wanted")
    if Path(text).expanduser().is_dir():
        raise UsageError("this is a folder: a file name is wanted")
    return text
