"""A studio for tests of the Text page: its lanes write only when a test has them write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rich.cells import cell_len
from textual.pilot import Pilot

from models.checkpoint import Checkpoint
from studio.app import StudioApp
from studio.config import Paths, load_settings
from studio.pages.text import TextPage
from studio.registry import Registry
from studio.streaming import Channel, Room
from studio.widgets.lanes import LanePane
from studio.widgets.status import Status


class QuietStudio(StudioApp):
    """A studio that executes no runs and whose status line says nothing that changes."""

    def on_studio_app_warm(self) -> None:
        self.services.jobs.close(0)

    def status(self) -> Status:
        return Status("CPU")


@dataclass
class Hand:
    """What a test does to the page."""

    app: QuietStudio
    pilot: Pilot[int]

    @property
    def page(self) -> TextPage:
        page = self.app.pages["text"]
        assert isinstance(page, TextPage)
        return page

    @property
    def room(self) -> Room:
        assert self.page.room is not None
        return self.page.room

    @property
    def panes(self) -> list[LanePane]:
        return self.page.lanes.panes

    @property
    def channels(self) -> Sequence[Channel]:
        return self.room.channels

    async def settle(self) -> None:
        """Let everything that was asked for be done and shown."""
        await self.pilot.pause()
        assert await asyncio.to_thread(self.room.settle)
        await self.pilot.pause()
        self.page.look(now=True)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def write(self, count: int) -> None:
        """Have every lane that is not paused write so many symbols."""
        self.room.do(lambda desk: desk.step(desk.writing(), count))
        await self.settle()

    def screen(self) -> str:
        """What is on the screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        assert len(lines) == height
        assert all(cell_len(strip.text) == width for strip in lines)
        return "\n".join(strip.text for strip in lines)


async def until(condition: Callable[[], object], pilot: Pilot[int], seconds: float = 10.0) -> None:
    """Wait until something has happened."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not happen")


@asynccontextmanager
async def studio(
    paths: Paths, *checkpoints: tuple[str, Checkpoint], size: tuple[int, int] = (120, 40), fresh: bool = True
) -> AsyncIterator[Hand]:
    """The app on its Text page, with these models in the registry (the last one is the newest).

    The lanes begin with seeds 0, 1 and so on; without `fresh` they are as they were found.
    """
    registry = Registry(paths)
    for name, checkpoint in checkpoints:
        registry.save_model(checkpoint, name=name)
    registry.close()
    app = QuietStudio(paths, load_settings(paths, {}))
    async with app.run_test(size=size) as pilot:
        hand = Hand(app, pilot)
        await until(lambda: "text" in app.pages and hand.page.room is not None, pilot)
        hand.room.streamer.hold(True)
        await hand.settle()
        if fresh:  # what was written before it was held was a matter of time
            for seed, channel in enumerate(hand.channels):
                hand.room.do(lambda desk, each=channel, seed=seed: desk.sampler.restart(each.lane, seed))
        await hand.settle()
        try:
            yield hand
        finally:
            await asyncio.to_thread(hand.page.closing)
