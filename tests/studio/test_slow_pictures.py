"""Pictures on a slow line: bit by bit, with the one before in sight until then, and nothing left half-way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from studio.flow import Flow
from studio.pictures import Way
from studio.widgets.dialogs import Answer, Question
from studio.widgets.picture import view
from tests.studio.test_picture_view import Show, colours, flat
from tests.studio.text_page import until


class Narrow(Flow):
    """A line with as much room as the test gives it, and what was written on it."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.texts = 0, []

    def write(self, text: str) -> None:
        self.written += len(text)
        self.left -= len(text)
        self.texts.append(text)

    @property
    def is_known(self) -> bool:
        return True

    @property
    def is_slow(self) -> bool:
        return True

    @property
    def is_behind(self) -> bool:
        return self.left <= 0

    @property
    def under_way(self) -> int:
        return self.window - max(0, self.left)


class Slow(Show):
    """The picture at the end of such a line."""

    def narrow(self) -> None:
        driver: Any = self._driver
        self.line = Narrow()
        driver.flow, driver.write = self.line, self.line.write


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "REST", 0.0)
    monkeypatch.setattr(view, "LEAST_WAIT", 0.0)
    monkeypatch.setattr(view, "DRAWN", 0.05)


@asynccontextmanager
async def slow(way: Way) -> AsyncIterator[tuple[Slow, Pilot[int]]]:
    app = Slow(way)
    async with app.run_test(size=(40, 12)) as pilot:
        app.narrow()
        app.line.left = 10_000_000
        app.view.show(flat("ff0000"))
        await until(lambda: app.view._painted is not None, pilot)
        await pilot.pause(0.1)
        yield app, pilot


async def test_half_blocks_come_in_bands_over_the_picture_before() -> None:
    async with slow("half") as (app, pilot):
        rows = app.view._painted.rows  # type: ignore[union-attr]
        app.line.left = 4 * view.HALF_BYTES * 40
        app.view.show(flat("00ff00"))
        await until(lambda: app.view._revealed > 0, pilot)
        app.line.left = 0
        await pilot.pause(0.2)
        assert 0 < app.view._revealed < rows
        assert colours(app) == {"ff0000", "00ff00"}
        app.view.show(flat("0000ff"))
        await pilot.pause(0.1)
        assert colours(app) == {"ff0000", "00ff00"}, "a newer picture waits for the one under way"
        app.line.left = 10_000_000
        await until(lambda: colours(app) == {"0000ff"}, pilot)


async def test_a_screen_comes_back_without_the_picture_which_follows() -> None:
    async with slow("half") as (app, pilot):
        app.push_screen(Question("Really?", "It is asked.", [Answer("y", "Yes", True)]))
        await pilot.pause(0.1)
        assert app.has_class("-slow-line")
        app.line.left = 0
        app.pop_screen()
        await pilot.pause(0.2)
        assert colours(app) == set()
        app.line.left = 10_000_000
        await until(lambda: colours(app) == {"ff0000"}, pilot)


def chunks(app: Slow) -> list[str]:
    return [found for text in app.line.texts for found in re.findall(r"\x1b_G[^\x1b]*\x1b\\", text)]


async def test_a_kitty_picture_is_sent_in_parts_and_broken_off_whole() -> None:
    async with slow("kitty") as (app, pilot):
        random = np.random.default_rng(0).integers(0, 255, (160, 320, 3)).astype("uint8")
        before = app.view._painted
        app.line.texts.clear()
        app.line.left = 2 * 4096
        app.view.show(random)
        await until(lambda: len(chunks(app)) >= 2, pilot)
        await pilot.pause(0.2)
        assert "m=1" in chunks(app)[-1]
        assert app.view._painted is before, "the one before stays in sight"
        number = int(re.search(r"i=(\d+)", chunks(app)[0])[1])  # type: ignore[index]
        await app.view.remove()
        assert chunks(app)[-3:][0] == "\x1b_Gq=2,m=0;\x1b\\"
        assert f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" in chunks(app)[-2:]
        app.line.left = 10_000_000
        sent = len(chunks(app))
        await pilot.pause(0.2)
        assert len(chunks(app)) == sent


async def test_sixels_are_cut_at_rows_of_cells_and_what_is_above_them_drawn_again() -> None:
    async with slow("sixel") as (app, pilot):
        random = np.random.default_rng(0).integers(0, 255, (160, 320, 3)).astype("uint8")
        app.line.texts.clear()
        app.line.left = 20_000
        app.view.show(random)
        await until(lambda: any("\x1bP" in text for text in app.line.texts), pilot)
        await pilot.pause(0.2)
        places = [re.search(r"\x1b\[(\d+);\d+H\x1bP", text) for text in app.line.texts]
        begun = [int(found[1]) for found in places if found]
        app.line.left = 10_000_000
        await until(lambda: len([text for text in app.line.texts if "\x1bP" in text]) > len(begun), pilot)
        await pilot.pause(0.2)
        rows = [int(found[1]) for text in app.line.texts if (found := re.search(r"\x1b\[(\d+);\d+H\x1bP", text))]
        assert rows == sorted(rows)
        assert len(rows) > len(begun) >= 1
        assert rows[0] == app.view.picture_region.y + 1


async def test_keys_are_drawn_while_a_picture_waits() -> None:
    async with slow("kitty") as (app, pilot):
        app.line.left = 0
        app.view.show(flat("00ff00"))
        await app.mount(Label("typed"))
        await pilot.pause(0.1)
        assert any("typed" in strip.text for strip in app.screen._compositor.render_strips())
