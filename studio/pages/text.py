"""The Text page: lanes that stream side by side. What happens behind them is in `studio.streaming`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from studio.pages.text_dialogs import TextDialogs
from studio.widgets.candidates import Candidates
from studio.widgets.lanes import LanePane, Lanes
from studio.widgets.prompt_editor import PromptArea, PromptEditor
from studio.widgets.text_head import Head, TextHead, Waiting, waiting_lines

if TYPE_CHECKING:
    from studio.streaming import Room, Told

READABLE = 200
"""Characters a second up to which every tick is drawn."""
FIGURES_PERIOD = 0.25
"""Seconds between two updates of the figures, which could not be read if they changed faster."""


class TextPage(TextDialogs):
    """Lanes under a head line; the prompt editor comes up under them."""

    title = "Text"
    key = "1"
    accent = "$family-text"
    help: ClassVar[str] = """
Lanes write side by side with one model. The keys mean the chosen lane, the highlighted one, or after * all of
them. What is written is kept as it goes: s lists the sessions. Coloured by surprise, a character is grey where
the model expected it, and the redder the less it did.
"""
    DEFAULT_CSS = """
    TextPage { layout: vertical; }
    TextPage Lanes { display: none; }
    TextPage.-ready Lanes { display: block; }
    TextPage.-ready Waiting { display: none; }
    """

    class Spoke(Message):
        """The room has something to say."""

        def __init__(self, told: Told) -> None:
            super().__init__()
            self.told = told

    class Imported(Message):
        """What the room needs has been imported."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wish: tuple[str, str] | None = None
        self._in_sight = False
        self._ticks = 0
        self._figures_at = 0.0
        self._since = time.monotonic()

    def compose(self) -> ComposeResult:
        """Head, what is waited for, lanes, prompt."""
        yield TextHead()
        yield Waiting()
        yield Lanes()
        yield PromptEditor()

    def on_mount(self) -> None:
        """NumPy is imported after the first paint, on a thread."""
        self._show_waiting()
        self.call_after_refresh(threading.Thread(target=self._import, name="text import", daemon=True).start)

    def _import(self) -> None:
        import studio.streaming  # noqa: F401

        self.post_message(self.Imported())

    def on_text_page_imported(self) -> None:
        """Open the room."""
        from studio.streaming import Room

        with self.studio.telling():
            self.room = Room(self.services.registry, self.services.jobs, self._heard)
            if self._wish is None:
                self.room.start()
            elif self._wish[0] == "model":
                self.room.open_model(self._wish[1])
            else:
                self.room.follow(self._wish[1])
            self.room.streamer.hold(not self._in_sight)

    def _heard(self, told: Told) -> None:
        if self.is_attached:
            self.post_message(self.Spoke(told))

    def on_text_page_spoke(self, event: Spoke) -> None:
        """Show at once what was obeyed; say what has to be said."""
        told = event.told
        if told.kind in ("notice", "problem"):
            self.studio.tell(told.text, "error" if told.kind == "problem" else "information")
        elif self._in_sight:
            self.look(now=True)
        if told.kind == "state":
            self.refresh_bindings()

    # As every page

    def shown(self) -> None:
        self._in_sight = True
        if self.room is not None:
            self.room.streamer.hold(False)
            self.look(now=True)

    def hidden(self) -> None:
        self._in_sight = False
        if self.room is not None:
            self.room.streamer.hold(True)

    def tick(self) -> None:
        """Look; at a pace that no one can read every second time only, which leaves the thread that writes its turn."""
        self._ticks += 1
        if self.room is None or self.room.streamer.pace <= READABLE or self._ticks % 2:
            self.look()

    def open_model(self, model_id: str) -> None:
        if self.room is None:
            self._wish = ("model", model_id)
        else:
            self.room.open_model(model_id)

    def open_run(self, run_id: str) -> None:
        if self.room is None:
            self._wish = ("run", run_id)
        else:
            self.room.follow(run_id)

    def closing(self) -> None:
        if self.room is not None:
            self.room.close()

    # Looking

    def look(self, *, now: bool = False) -> None:
        room = self.room
        if room is None:
            return
        ready = bool(room.channels)
        if ready != self.has_class("-ready"):
            self.set_class(ready, "-ready")
            self.refresh_bindings()
        if ready:
            self._match_panes(room)
            for pane in self.lanes.panes:
                if pane.display:
                    pane.pull()
        clock = time.monotonic()
        if now or clock - self._figures_at >= FIGURES_PERIOD:
            self._figures_at = clock
            self._show_figures(room)

    def _match_panes(self, room: Room) -> None:
        """Have one pane a lane, in the same order; those of lanes that stay are left alone."""
        from studio.streaming import Reader

        lanes, channels = self.lanes, room.channels
        panes = {pane.channel: pane for pane in lanes.panes}
        if tuple(panes) == channels:
            return
        old = list(panes)
        with self.app.batch_update():
            for channel, pane in panes.items():
                if channel not in channels:
                    pane.remove()
            before: Widget | None = None
            for channel in reversed(channels):
                pane = panes.get(channel) or LanePane(channel, Reader(channel.lane))
                if channel not in panes:
                    lanes.mount(pane, before=before) if before is not None else lanes.mount(pane)
                before = panes[channel] = pane
            kept = [panes[channel] for channel in channels]
            chosen = lanes.chosen
            if chosen not in kept:
                gone = old.index(chosen.channel) if chosen is not None and chosen.channel in old else room.keeper.chosen
                self.choose(kept[min(gone, len(kept) - 1)])
            lanes.arrange_panes()

    def choose(self, pane: LanePane) -> None:
        lanes = self.lanes
        before, lanes.chosen = lanes.chosen, pane
        looking = before is not None and before.candidates.display
        for each in lanes.panes:
            each.look_ahead(looking and each is pane)
        if self.room is not None and pane in lanes.panes:
            self.room.keeper.chosen = lanes.panes.index(pane)
        lanes.arrange_panes()
        if self._in_sight and not self.is_editing:
            (pane.candidates if looking else self).focus(scroll_visible=False)
        self.look(now=True)

    def _show_figures(self, room: Room) -> None:
        standing, run = room.standing, room.following
        model = room.model
        unit = model.vocabulary.unit if model is not None else "char"
        word = "following" if room.is_reached else "waiting" if run is not None else ""
        self.query_one(TextHead).head = Head(
            name=room.source.name,
            step=standing.step,
            loss=standing.metrics.get("loss"),
            val_loss=standing.metrics.get("val_loss"),
            word="replay" if room.replaying else word,
            pace=room.streamer.pace,
            unit=unit,
            reach="all lanes" if self.all_lanes else "",
            session=room.replaying or room.keeper.name,
        )
        for number, pane in enumerate(self.lanes.panes, 1):
            pane.header.set_class(self.all_lanes or pane is self.lanes.chosen, "-chosen")
            pane.view.show_surprise(room.keeper.surprise)
            pane.head(number, unit)
        if not room.channels:
            self._show_waiting()

    def _show_waiting(self) -> None:
        room = self.room
        waiting = self.query_one(Waiting)
        if room is None:
            waiting.lines = waiting_lines("opening", "", False, "", 0)
            return
        state = room.state
        if state.word != "waiting":
            self._since = time.monotonic()
        waiting.lines = waiting_lines(
            state.word, state.text, bool(state.resumable), room.standing.phase, time.monotonic() - self._since
        )

    # Hearing

    @on(LanePane.Touched)
    def _touched(self, event: LanePane.Touched) -> None:
        self.choose(event.pane)

    @on(PromptArea.Done)
    def _prompt_done(self, event: PromptArea.Done) -> None:
        self.query_one(PromptEditor).close()
        text = event.text
        if text is not None:
            self.do(lambda desk, meant: desk.edit(meant, text))
        self.focus(scroll_visible=False)

    @on(Candidates.Picked)
    def _picked(self, event: Candidates.Picked) -> None:
        pane, room = self.chosen, self.room
        if pane is not None and room is not None:
            room.do(lambda desk: desk.choose(pane.channel, event.symbol))

    @on(Candidates.Choosing)
    def _choosing(self) -> None:
        pane, room = self.chosen, self.room
        if pane is not None and room is not None and not pane.channel.paused:
            room.do(lambda desk: desk.pause([pane.channel], True))

    @on(Candidates.Closed)
    def _candidates_closed(self) -> None:
        self.action_candidates()

    def action_leave(self) -> None:
        """Out of the replay; otherwise the keys are given back to the lane."""
        if self.room is not None and self.room.replaying:
            self.room.leave_replay()
        else:
            self.focus(scroll_visible=False)
