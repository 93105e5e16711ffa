"""How the Text page looks, without the frame that the app puts around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from textual.pilot import Pilot

from models.checkpoint import Checkpoint
from studio.config import Paths, load_settings
from studio.registry import Registry
from studio.streaming import desk as desk_module
from tests.studio.text_page import Hand, QuietStudio, until
from tests.support import LETTERS, tiny_checkpoint

Act = Callable[[Hand], Awaitable[None]]


class Bare(QuietStudio):
    """The page alone, which writes nothing by itself."""

    CSS = "PageTabs, StatusLine, KeyBar { display: none; }"


@pytest.fixture
def looks(paths: Paths, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Compares the page with its picture, after something was done to it."""
    seeds = count(100)
    monkeypatch.setattr(desk_module, "new_seed", lambda: next(seeds))
    monkeypatch.setattr(desk_module.Channel, "rate", property(lambda channel: 0.0 if channel.paused else 20.0))

    def compare(act: Act, size: tuple[int, int], model: Checkpoint | None = None, theme: str = "") -> bool:
        registry = Registry(paths)
        if model is not None:
            registry.save_model(model, name="tiny [red]letters[/]")
        registry.close()
        app = Bare(paths, load_settings(paths, {"STUDIO_THEME": theme} if theme else {}))

        async def before(pilot: Pilot[int]) -> None:
            hand = Hand(app, pilot)
            await until(lambda: "text" in app.pages and hand.page.room is not None, pilot)
            hand.room.streamer.hold(True)
            await hand.settle()
            for seed, channel in enumerate(hand.channels):
                hand.room.do(lambda desk, each=channel, seed=seed: desk.sampler.restart(each.lane, seed))
            hand.room.keeper._default = "an evening"
            await hand.settle()
            await act(hand)
            await asyncio.to_thread(hand.page.closing)

        return bool(snap_compare(app, terminal_size=size, run_before=before))

    return compare


async def nothing(hand: Hand) -> None:
    await hand.settle()


def test_the_first_start(looks: Callable[..., bool]) -> None:
    assert looks(nothing, (80, 20))


def test_four_lanes_in_a_small_window(looks: Callable[..., bool]) -> None:
    async def act(hand: Hand) -> None:
        await hand.write(260)
        await hand.press("tab", "space")

    assert looks(act, (80, 20), tiny_checkpoint(loud=1.5))


def test_surprise_truncation_and_a_lane_scrolled_back(looks: Callable[..., bool]) -> None:
    async def act(hand: Hand) -> None:
        await hand.write(900)
        await hand.press("v", "k", "p", "pageup", "tab", "tab")

    assert looks(act, (80, 16), tiny_checkpoint(loud=1.5))


def test_candidates_and_the_prompt_in_a_light_theme(looks: Callable[..., bool]) -> None:
    async def act(hand: Hand) -> None:
        hand.room.do(lambda desk: desk.edit(desk.channels[:3], "once upon a time"))
        await hand.write(60)
        await hand.press("tab", "c", "down", "down", "left", "e")

    assert looks(act, (100, 30), tiny_checkpoint(loud=1.5), "studio-light")


def test_wide_and_hostile_characters_in_six_lanes(looks: Callable[..., bool]) -> None:
    async def act(hand: Hand) -> None:
        await hand.press("a", "a")
        text = "日本語😀 e\u0301\x1b[2J\u202e 👩\u200d🔬 [/] \t|\n"
        for lane in range(6):
            for symbol in text[lane:] * 4:
                hand.room.do(lambda desk, lane=lane, symbol=symbol: desk.choose(desk.channels[lane], symbol))
        await hand.settle()

    symbols = "".join(sorted({*LETTERS, *"日本語😀e\u0301\x1b[2J\u202e👩\u200d🔬/]\t|"}))
    assert looks(act, (110, 30), tiny_checkpoint(symbols))
