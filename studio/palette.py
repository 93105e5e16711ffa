"""The palette: every page and every action of the page in sight, then themes and the like. Ctrl+P."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from studio.pages import PAGES

if TYPE_CHECKING:
    from studio.app import StudioApp

Command = tuple[str, str, Callable[[], Any]]


class StudioCommands(Provider):
    """Pages, actions, themes. What is offered is what the keys would do now."""

    @property
    def studio(self) -> StudioApp:
        return cast("StudioApp", self.app)

    def commands(self) -> Iterator[Command]:
        """Name, help and callback of each command."""
        studio = self.studio
        for info in PAGES.values():
            yield f"{info.title} page", f"Key {info.key}", partial(studio.run_action, f"page('{info.name}')")
        seen = set()
        for node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            own = (binding.id or "").partition(".")[0]
            if not enabled or own not in (*PAGES, "app", "easel", "picture") or binding.action in seen:
                continue
            if (binding.id or "").startswith(("app.page_", "app.palette")):
                continue
            seen.add(binding.action)
            place = PAGES[own].title if own in PAGES else PAGES[studio.current].title
            title = binding.description if own == "app" else f"{place}: {binding.description}"
            key = self.app.get_key_display(binding)
            yield title, f"Key {key}", partial(studio.run_action, binding.action, node)
        for name in sorted(self.app.available_themes):
            yield f"Theme: {name}", "Colours", partial(setattr, self.app, "theme", name)
        yield "Save a picture of the screen", "SVG, in the folder you are in", self.app.deliver_screenshot

    async def discover(self) -> Hits:
        """All commands, while nothing is typed."""
        for title, help_text, callback in self.commands():
            yield DiscoveryHit(Content(title), callback, title, help_text)

    async def search(self, query: str) -> Hits:
        """The commands that match what is typed."""
        matcher = self.matcher(query)
        for title, help_text, callback in self.commands():
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), callback, title, help_text)
