"""Pictures of the pages that a person has looked at and found good: `pytest --snapshot-update` takes them anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual.pilot import Pilot

from models import families
from studio.config import Paths
from studio.pages import train
from studio.registry import Registry
from tests.studio import show_recipe
from tests.studio.screens import add_run, quiet, screen
from tests.studio.text_page import until
from tests.support import tiny_checkpoint

if TYPE_CHECKING:
    from studio.app import StudioApp

Compare = Callable[..., bool]


async def settled(pilot: Pilot[Any]) -> None:
    """Wait for the page and for what it draws at its leisure."""
    app = cast("StudioApp", pilot.app)
    await until(lambda: app.current and ("loss" in screen(app) or "Corpus" in screen(app)), pilot)
    await still(pilot)


async def still(pilot: Pilot[Any]) -> None:
    """Wait until the screen has not changed for a while."""
    before = None
    while (now := screen(pilot.app)) != before:
        before = now
        await pilot.pause(0.6)


def runs(registry: Registry) -> None:
    """One run of each kind, the newest running."""
    for name, state in (
        ("python-docs", "done"), ("nietzsche [/b]", "failed"), ("日本語", "stopped"), ("moby dick", "paused"),
        ("a letter", "queued"), ("shakespeare", "running"),
    ):  # fmt: skip
        add_run(registry, name, state)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(80, 24), (160, 40)], ids=["narrow", "wide"])
def test_jobs(paths: Paths, registry: Registry, snap_compare: Compare, size: tuple[int, int]) -> None:
    runs(registry)
    assert snap_compare(quiet(paths, "jobs"), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", [(80, 24), (120, 34)], ids=["narrow", "wide"])
def test_train(paths: Paths, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    monkeypatch.setitem(families.FAMILIES, "text", show_recipe.FAMILY)
    for name in ("vae", "gan"):
        monkeypatch.delitem(families.FAMILIES, name, raising=False)
    monkeypatch.setitem(train.FORECASTS, "text", "tests.studio.show_recipe:forecast")
    assert snap_compare(quiet(paths, "train"), terminal_size=size, run_before=settled)


def test_library(paths: Paths, registry: Registry, snap_compare: Compare) -> None:
    for name in ("Faust", "日本語", "[red]x[/red]"):
        registry.save_model(tiny_checkpoint(step=1_234), name=name)
    assert snap_compare(quiet(paths, "library"), run_before=settled)


def test_help(paths: Paths, registry: Registry, snap_compare: Compare) -> None:
    runs(registry)

    async def helped(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("f1")
        await still(pilot)

    assert snap_compare(quiet(paths, "jobs", theme="studio-light"), terminal_size=(80, 36), run_before=helped)
