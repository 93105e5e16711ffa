"""The bottom line: what at most seven keys do right now. The rest is under F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.screen import Screen

MOST = 7
LAST = ("app.help", "app.palette")
"""The bindings that always have the last places."""


class KeyBar(Widget):
    """The keys of the moment, each with a word. One widget draws them all, so that it is cheap to draw again."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"keybar--key", "keybar--off"}
    DEFAULT_CSS = """
    KeyBar {
        height: 1; width: 1fr; background: $panel; color: $foreground;
        & > .keybar--key { color: $family-text; text-style: bold; }
        & > .keybar--off { color: $text-disabled; }
    }
    """
    keys: reactive[tuple[tuple[Binding, bool], ...]] = reactive(())

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self.update_keys)

    def update_keys(self, screen: Screen[object]) -> None:
        """Choose what to show of the keys that work now: at most seven, and those that fit."""
        if self.is_attached and screen is self.screen:
            self.keys = self.choose(self.size.width)

    def on_resize(self) -> None:
        """Choose anew what fits."""
        self.keys = self.choose(self.size.width)

    def choose(self, width: int) -> tuple[tuple[Binding, bool], ...]:
        """The keys to show in `width` cells, in the order of their bindings, help and palette last."""
        found: dict[str, tuple[Binding, bool]] = {}
        for _node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if binding.show and binding.description:
                found.setdefault(binding.action, (binding, enabled))
        last = [item for item in found.values() if item[0].id in LAST]
        last.sort(key=lambda item: LAST.index(item[0].id or ""))
        room = width - sum(len(self.label(binding)) for binding, _ in last)
        chosen: list[tuple[Binding, bool]] = []
        for binding, enabled in found.values():
            if binding.id in LAST or len(chosen) + len(last) == MOST:
                continue
            room -= len(self.label(binding))
            if room < 0:
                break
            chosen.append((binding, enabled))
        return (*chosen, *last)

    def label(self, binding: Binding) -> str:
        return f" {self.app.get_key_display(binding)} {binding.description} "

    def render(self) -> Content:
        key, off = (self.get_visual_style(f"keybar--{part}", partial=True) for part in ("key", "off"))
        parts = []
        for binding, enabled in self.keys:
            label = self.label(binding)
            end = 1 + len(self.app.get_key_display(binding))
            parts.append(Content(label).stylize(key, 1, end) if enabled else Content.styled(label, off))
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Do what the key under the mouse does."""
        left = 0
        for binding, enabled in self.keys:
            width = len(self.label(binding))
            if left <= event.x < left + width and enabled:
                self.app.simulate_key(binding.key)
            left += width
