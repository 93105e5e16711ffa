"""The list: only what is in sight is drawn, the cursor stays on its item, columns line up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from studio.widgets.rows import Cell, Column, RowList
from studio.widgets.status import fit
from tests.studio.screens import HOSTILE, screen

COLUMNS = (Column("name"), Column("size", 6, right=True), Column("more", 10, shows_from=60))


class Shelf(App[None]):
    """A list and nothing else."""

    def __init__(self, items: Sequence[str]) -> None:
        super().__init__()
        self.names = items
        self.asked: list[str] = []
        self.moved: list[str | None] = []
        self.chosen: list[str] = []

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "family-text": "green"}

    def compose(self) -> ComposeResult:
        yield RowList(COLUMNS, self.cells, lambda name: name)

    def cells(self, name: str) -> Sequence[Cell]:
        self.asked.append(name)
        return (name, (str(len(name)), "good"), "more")

    @property
    def rows(self) -> RowList[str]:
        return self.query_one(RowList)

    def on_mount(self) -> None:
        self.rows.show(self.names)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self.moved.append(event.item)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.chosen.append(event.item)


async def test_only_the_rows_in_sight_are_asked_for() -> None:
    app = Shelf([f"item {number}" for number in range(10_000)])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert set(app.asked) == {f"item {number}" for number in range(9)}
        await pilot.press("end")
        await pilot.pause()
        assert "item 9999" in screen(app)
        assert screen(app).splitlines()[0].split() == ["name", "size"]


async def test_the_cursor_stays_on_its_item_when_others_come_and_go() -> None:
    app = Shelf(["a", "b", "c"])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down")
        app.rows.show(["new", "a", "b", "c"])
        assert app.rows.item == "b"
        app.rows.show(["new", "a", "c"])
        assert app.rows.item == "c"
        app.rows.show([])
        assert app.rows.item is None
        await pilot.press("down", "up", "pagedown", "home", "end")
        app.rows.show(["z"])
        assert app.rows.item == "z"
        await pilot.pause()
        assert app.moved[-1] == "z"


async def test_a_row_can_be_chosen_before_it_is_there() -> None:
    app = Shelf(["a"])
    async with app.run_test(size=(40, 10)):
        app.rows.select("b")
        app.rows.show(["a", "b"])
        assert app.rows.item == "b"


async def test_a_click_moves_the_cursor_and_a_second_one_chooses() -> None:
    app = Shelf(["a", "b", "c"])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.click(RowList, offset=(5, 2))
        assert app.rows.item == "b"
        await pilot.click(RowList, offset=(5, 3), times=2)
        await pilot.pause()
        assert app.chosen == ["c"]
        await pilot.click(RowList, offset=(5, 0))
        await pilot.click(RowList, offset=(5, 9))
        assert app.rows.item == "c"


@pytest.mark.parametrize("width", [3, 12, 40, 59, 60, 200])
async def test_columns_line_up_whatever_the_names_and_the_width(width: int) -> None:
    names = [*HOSTILE, "日本語", "ü\u0308x", "a" * 300, "👩‍🚀", "a\x1b[2Jx\x07"]
    app = Shelf(names)
    async with app.run_test(size=(width, 20)) as pilot:
        await pilot.pause()
        lines = screen(app).splitlines()
        assert ("more" in lines[0]) == (width >= 60)
        if width >= 40:
            place = lines[0].index("size") + 4
            for line, name in zip(lines[1:], names, strict=False):
                cells = cell_len(line[: line.index(f" {len(name)} ") + 1 + len(str(len(name)))])
                assert cells == place
        if width == 200:
            for name in HOSTILE:
                assert any(f" {name} " in line for line in lines)
        assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("text", ["", "abc", "日本語", "日本語日本語", "a日b本"])
@pytest.mark.parametrize("width", [0, 1, 2, 3, 5, 8])
def test_a_text_is_fitted_to_its_cells(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert fitted.rstrip() == text or "…" in fitted or width < 1 or not text


async def test_without_colour_the_row_under_the_cursor_is_marked() -> None:
    app = Shelf(["a", "b"])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down")
        await pilot.pause()
        assert [line[0] for line in screen(app).splitlines()[:3]] == [" ", " ", "▸"]
