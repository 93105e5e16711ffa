"""What the keys of the Text page do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from studio.pages.base import Page
from studio.pages.text_bindings import KEYS
from studio.widgets.lane_settings import LaneSettings
from studio.widgets.lanes import LanePane, Lanes
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

    BINDINGS: ClassVar[list[BindingType]] = KEYS

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
