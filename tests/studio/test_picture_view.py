"""The picture on the screen: what is drawn, what is sent to the terminal, and what its keys do."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from queue import Queue
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.binding import Binding
from textual.pilot import Pilot

from studio import theme
from studio.pictures import Means, Way
from studio.showing import PicturingApp
from studio.widgets.picture import PictureView, Thumbnail, painting, thumbnail, view
from studio.widgets.picture.full import FullScreen
from tests.studio.screens import HOSTILE, screen
from tests.studio.text_page import until

Pixels = NDArray[np.uint8]
EVERY: tuple[Way, ...] = ("kitty", "sixel", "half", "off")
COLOURS = ("ff0000", "00ff00", "0000ff", "ffff00")


class Show(PicturingApp):
    """One picture, and all that is sent to the terminal for it."""

    BINDINGS = [Binding("ctrl+g", "images", "Way of pictures", id="app.images")]

    def __init__(self, way: Way = "half") -> None:
        super().__init__(Means(way, (8, 16), EVERY))
        self.sent: list[str] = []

    def get_css_variables(self) -> dict[str, str]:
        return theme.with_accents(super().get_css_variables())

    def compose(self) -> ComposeResult:
        yield PictureView("nothing here yet")

    def on_mount(self) -> None:
        self._driver.write = self.sent.append  # type: ignore[union-attr, method-assign]
        self.query_one(PictureView).focus()

    @property
    def view(self) -> PictureView:
        return self.query_one(PictureView)


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "REST", 0.0)
    monkeypatch.setattr(view, "LEAST_WAIT", 0.0)


@asynccontextmanager
async def shown(way: Way = "half", size: tuple[int, int] = (40, 12)) -> AsyncIterator[tuple[Show, Pilot[int]]]:
    app = Show(way)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot


def flat(colour: str = "ff0000", width: int = 40, height: int = 20) -> Pixels:
    return np.full((height, width, 3), tuple(bytes.fromhex(colour)), np.uint8)


def colours(app: Show) -> set[str]:
    """Those of the half-blocks on the screen."""
    strips = app.screen._compositor.render_strips()
    return {
        f"{int.from_bytes(bytes(segment.style.color.triplet)):06x}"
        for strip in strips for segment in strip
        if "▀" in segment.text and segment.style and segment.style.color and segment.style.color.triplet
    }  # fmt: skip


async def painted_as(app: Show, pilot: Pilot[int], pixels: Pixels, way: Way) -> None:
    """Show a picture and wait for it."""
    before = app.view._painted
    app.view.show(pixels)
    await until(lambda: app.view._painted is not before and app.view._painted is not None, pilot)
    assert app.view._painted is not None
    assert app.view._painted.way == way
    await pilot.pause()


async def test_an_empty_view_says_so() -> None:
    async with shown() as (app, pilot):
        assert "nothing here yet" in screen(app)
        app.view.show(None, "no file of that name")
        await pilot.pause()
        assert "no file of that name" in screen(app)
        assert "nothing here" not in screen(app)


async def test_a_picture_is_drawn_with_its_name_and_size() -> None:
    async with shown() as (app, pilot):
        app.view.show(flat(), "coffee")
        await until(lambda: colours(app) == {"ff0000"}, pilot)
        lines = screen(app).splitlines()
        assert lines[0] == f"{'▀' * 40}"  # 44 x 22 half-blocks would fit; 40 columns are the limit
        assert lines[11].strip() == "coffee  40x20"


async def test_a_picture_is_in_the_middle() -> None:
    async with shown(size=(41, 14)) as (app, pilot):
        app.view.show(flat(width=20, height=20))
        await until(lambda: colours(app), pilot)
        used = [line for line in screen(app).splitlines() if "▀" in line]
        assert used == [" " * 7 + "▀" * 26 + " " * 8] * 13


@pytest.mark.parametrize("title", HOSTILE)
async def test_titles_are_never_markup(title: str) -> None:
    async with shown(size=(60, 12)) as (app, pilot):
        app.view.show(flat(), title)
        await until(lambda: title in screen(app), pilot)
        app.view.show(None, title)
        await until(lambda: title in screen(app) and not colours(app), pilot)


async def test_control_characters_in_a_title_are_made_visible() -> None:
    async with shown() as (app, pilot):
        app.view.show(flat(), "a\x1b[2Jb")
        await until(lambda: "a␛[2Jb" in screen(app), pilot)
        assert "\x1b" not in screen(app)


async def test_the_newest_of_many_frames_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, made = threading.Semaphore(0), []
    real = view.painted

    def slow(pixels: Pixels, *rest: Any) -> Any:
        gate.acquire()
        made.append(int(pixels[0, 0, 0]))
        return real(pixels, *rest)

    monkeypatch.setattr(view, "painted", slow)
    async with shown() as (app, pilot):
        for level in range(200):
            app.view.show(flat(f"{level:02x}0000"))
        gate.release(1000)
        await until(lambda: colours(app) == {"c70000"}, pilot)
        assert made[-1] == 199
        assert len(made) <= 3


async def test_pictures_are_made_ready_off_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()
    real = view.painted

    def noting(*arguments: Any) -> Any:
        threads.add(threading.current_thread())
        return real(*arguments)

    monkeypatch.setattr(view, "painted", noting)
    async with shown() as (app, pilot):
        for colour in COLOURS:
            await painted_as(app, pilot, flat(colour), "half")
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_a_slow_line_gets_no_more_frames_until_it_has_taken_the_last() -> None:
    async with shown() as (app, pilot):
        await painted_as(app, pilot, flat("ff0000"), "half")
        waiting: Queue[str] = Queue()
        waiting.put("the frame before")
        line = SimpleNamespace(_queue=waiting, is_alive=lambda: True, write=lambda _: None)
        app._driver._writer_thread = line  # type: ignore[union-attr]
        for colour in COLOURS:
            app.view.show(flat(colour))
        await pilot.pause(0.3)
        assert colours(app) == {"ff0000"}
        waiting.get()
        await until(lambda: colours(app) == {COLOURS[-1]}, pilot)
        app._driver._writer_thread = None  # type: ignore[union-attr]


def numbers(sent: list[str], pattern: str) -> list[int]:
    return [int(found) for text in sent for found in re.findall(pattern, text)]


async def test_kitty_pictures_are_freed_each_once_it_is_out_of_sight() -> None:
    """A thousand frames: those out of sight are freed at the next drawing of the screen, and all at the end."""
    pictures = [flat(colour, 4, 2) for colour in COLOURS]
    async with shown("kitty") as (app, pilot):
        for frame in range(1000):
            before = app.view._painted
            app.view.show(pictures[frame % 4])
            while app.view._painted is before:
                await asyncio.sleep(0.001)
        await pilot.pause()
        sent = app.sent
    alive: set[int] = set()
    most = 0
    for text in sent:
        for action in re.findall(r"\x1b_G(a=T,U=1,i=\d+|a=d,d=I,i=\d+,q=2)[^\x1b]*\x1b\\", text):
            number = int(re.findall(r"i=(\d+)", action)[0])
            if action.startswith("a=T"):
                alive.add(number)
            else:
                alive.remove(number)
        most = max(most, len(alive))
    assert len(numbers(sent, r"a=T,U=1,i=(\d+)")) == 1000
    assert most <= 50  # a drawing of the screen apart, and here frames come many times as fast as those
    assert alive == set()
    freeing = [text for text in sent if "a=d" in text]
    assert freeing == [f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\" for number in numbers(sent, r"a=T,U=1,i=(\d+)")]


async def test_another_way_frees_the_kitty_picture() -> None:
    async with shown("kitty") as (app, pilot):
        await painted_as(app, pilot, flat(), "kitty")
        await pilot.press("ctrl+g")  # sixel
        await until(lambda: numbers(app.sent, r"a=d,d=I,i=(\d+)") == numbers(app.sent, r"a=T,U=1,i=(\d+)"), pilot)
        await pilot.press("ctrl+g")
        await until(lambda: colours(app) == {"ff0000"}, pilot)


async def test_a_hidden_view_keeps_nothing_in_the_terminal_and_comes_back() -> None:
    async with shown("kitty") as (app, pilot):
        await painted_as(app, pilot, flat(), "kitty")
        app.view.display = False
        await until(lambda: numbers(app.sent, r"a=d,d=I,i=(\d+)"), pilot)
        app.view.display = True
        await until(lambda: len(numbers(app.sent, r"a=T,U=1,i=(\d+)")) == 2, pilot)


def sixels_of(app: Show) -> list[str]:
    return [text for text in app.sent if "\x1bP" in text]


async def test_sixels_are_sent_once_a_picture_and_put_back_after_what_covered_them() -> None:
    async with shown("sixel", (80, 24)) as (app, pilot):
        await painted_as(app, pilot, flat(), "sixel")
        await until(lambda: len(sixels_of(app)) == 1, pilot)
        assert re.match(r"\x1b7\x1b\[2;1H\x1bP.*\x1b\\\x1b8$", sixels_of(app)[0], re.DOTALL)
        await painted_as(app, pilot, flat("00ff00"), "sixel")
        await pilot.pause(0.2)
        assert len(sixels_of(app)) == 2

        app.tell("something over the picture")
        await until(lambda: "something over" in screen(app), pilot)
        await pilot.pause(0.3)
        covered = len(sixels_of(app))
        await pilot.pause(0.3)
        assert len(sixels_of(app)) == covered  # what lies above is drawn again, but does not call for sixels again
        app.clear_notifications()
        await until(lambda: "something over" not in screen(app), pilot)
        await until(lambda: len(sixels_of(app)) == covered + 1, pilot)


async def test_sixels_stay_away_from_dialogs() -> None:
    async with shown("sixel") as (app, pilot):
        await painted_as(app, pilot, flat(), "sixel")
        await pilot.press("ctrl+p")
        await until(lambda: len(app.screen_stack) > 1, pilot)
        await pilot.pause(0.3)
        sent = len(sixels_of(app))
        app.screen_stack[0].query_one(PictureView).show(flat("00ff00"))
        await pilot.pause(0.3)
        assert len(sixels_of(app)) == sent
        await pilot.press("escape")
        await until(lambda: len(sixels_of(app)) > sent, pilot)


async def test_zoom_shows_less_of_the_picture_and_arrows_go_over_it() -> None:
    quarters = np.concatenate(
        [np.concatenate([flat(one, 20, 10), flat(other, 20, 10)], 1) for one, other in (COLOURS[:2], COLOURS[2:])]
    )
    async with shown() as (app, pilot):
        app.view.show(quarters, "quarters")
        await until(lambda: set(COLOURS) <= colours(app), pilot)
        await pilot.press("plus", "plus", "plus", "plus")
        await pilot.press(*["left"] * 9, *["up"] * 9)
        await until(lambda: colours(app) == {COLOURS[0]}, pilot)
        assert "zoom 5.1" in screen(app)
        await pilot.press(*["right"] * 20, *["down"] * 20)
        await until(lambda: colours(app) == {COLOURS[3]}, pilot)
        await pilot.press("0")
        await until(lambda: set(COLOURS) <= colours(app), pilot)
        assert "zoom" not in screen(app)


async def test_a_live_picture_keeps_the_zoom_from_octave_to_octave() -> None:
    async with shown() as (app, pilot):
        await painted_as(app, pilot, flat(width=322, height=214), "half")
        await pilot.press("plus")
        app.view.show(flat(width=451, height=300))
        assert app.view.look.zoom == 1.5
        app.view.show(flat(width=300, height=300))
        assert app.view.look.zoom == 1


async def test_b_shows_the_picture_before() -> None:
    async with shown() as (app, pilot):
        app.view.show(flat("00ff00"), "after")
        await pilot.press("b")
        assert not app.view.comparing  # there is none
        app.view.before(flat("ff0000"))
        await pilot.press("b")
        await until(lambda: colours(app) == {"ff0000"} and "before" in screen(app), pilot)
        await pilot.press("b")
        await until(lambda: colours(app) == {"00ff00"} and "after" in screen(app), pilot)
        await pilot.press("b")
        app.view.before(None)
        await until(lambda: colours(app) == {"00ff00"}, pilot)


async def test_the_whole_screen_stays_live_and_goes_back() -> None:
    async with shown() as (app, pilot):
        await painted_as(app, pilot, flat("ff0000"), "half")
        own = app.view
        await pilot.press("plus", "enter")
        await until(lambda: isinstance(app.screen, FullScreen) and colours(app) == {"ff0000"}, pilot)
        assert app.screen.query_one(PictureView).look.zoom == 1.5
        own.show(flat("00ff00"), "newer")
        await until(lambda: colours(app) == {"00ff00"} and "newer" in screen(app), pilot)
        await pilot.press("ctrl+g")
        await until(lambda: "pictures are off" in screen(app), pilot)
        await pilot.press("ctrl+g", "ctrl+g", "ctrl+g")
        await until(lambda: colours(app) == {"00ff00"}, pilot)
        await pilot.press("escape")
        await until(lambda: app.screen_stack == [app.screen] and colours(app) == {"00ff00"}, pilot)


async def test_where_pictures_are_off_their_size_is_told_and_how_to_have_them() -> None:
    async with shown("off", (60, 12)) as (app, pilot):
        app.view.show(flat(), "[red]x[/red]")
        await until(lambda: "[red]x[/red], 40x20: pictures are off, ^g shows them" in screen(app), pilot)
        assert "\x1bP" not in "".join(app.sent)
        assert "\x1b_G" not in "".join(app.sent)


@pytest.mark.parametrize("way", EVERY)
async def test_any_picture_in_any_window(way: Way) -> None:
    async with shown(way, (80, 24)) as (app, pilot):
        app.view.show(flat(width=3012, height=5), "thin")
        for size in ((3, 2), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("plus", "left")
            await pilot.pause()
        assert "3012x5" in screen(app)


async def test_a_picture_fits_again_after_a_resize() -> None:
    async with shown() as (app, pilot):
        await painted_as(app, pilot, flat(), "half")
        await pilot.resize_terminal(20, 12)
        await until(lambda: screen(app).splitlines()[5] == "▀" * 20, pilot)


async def test_late_means_are_taken_unless_a_way_was_chosen() -> None:
    async with shown() as (app, pilot):
        await painted_as(app, pilot, flat(), "half")
        app.reconsider(Means("sixel", (9, 18), ("sixel", "half", "off")))
        await until(lambda: len(sixels_of(app)) == 1, pilot)
        await pilot.press("ctrl+g")
        app.reconsider(Means("sixel", (7, 14), ("sixel", "half", "off")))
        await until(lambda: app.means == Means("half", (7, 14), ("sixel", "half", "off")), pilot)


async def test_no_colour_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown() as (app, pilot):
        app.view.show(flat("ff0000"), "grey")
        await until(lambda: "▀" in screen(app), pilot)
        assert all(len({found[at : at + 2] for at in (0, 2, 4)}) == 1 for found in colours(app))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_job_that_fails_leaves_a_painter_for_the_next() -> None:
    painter, done = painting.Painter(), threading.Event()

    def fail() -> None:
        raise MemoryError

    painter.ask("one", fail)
    assert painter._thread is not None
    painter._thread.join(5)
    painter.ask("one", done.set)
    assert done.wait(5)


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a thumbnail was worked out."""
    calls = []
    real = thumbnail.half_blocks
    monkeypatch.setattr(thumbnail, "half_blocks", lambda *arguments: calls.append(1) or real(*arguments))  # type: ignore[func-returns-value]
    return lambda: len(calls)


async def test_a_thumbnail_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times = counted(monkeypatch)

    class Grid(Show):
        CSS = "Thumbnail { height: 6; }"

        def compose(self) -> ComposeResult:
            yield Thumbnail(flat("0000ff"))
            yield PictureView()

    app = Grid()
    async with app.run_test(size=(30, 12)) as pilot:
        small = app.query_one(Thumbnail)
        await until(lambda: screen(app).count("▀") == 24 * 6, pilot)
        await pilot.pause()
        first = times()
        for _ in range(3):
            small.refresh()
            await pilot.pause()
        assert times() == first
        assert colours(app) == {"0000ff"}
        small.show(flat("00ff00"))
        await until(lambda: colours(app) == {"00ff00"}, pilot)
        small.show(None)
        await until(lambda: not colours(app), pilot)
