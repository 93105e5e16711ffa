"""The app: pages, keys, palette, status line. No logic of a page."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from studio import theme
from studio.flow import is_busy
from studio.leaving import LeavingApp
from studio.machine import Machine
from studio.pages import PAGES, player
from studio.pages.base import Page
from studio.services import Services
from studio.telling import Severity
from studio.widgets.keybar import KeyBar
from studio.widgets.status import Status, StatusLine
from studio.widgets.tabs import PageTabs

if TYPE_CHECKING:
    from textual.command import Provider

    from studio.config import Paths, Settings
    from studio.jobs import Fact
    from studio.pictures import Means


def palette() -> type[Provider]:
    """The palette's commands, imported when it is opened."""
    from studio.palette import StudioCommands

    return StudioCommands


class StudioApp(LeavingApp):
    """Latent Studio. Shows one page at a time; makes it when it is first shown, and ticks it while it is in sight."""

    TITLE = "Latent Studio"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {palette}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ESCAPE_TO_MINIMIZE = False
    CSS = """
    #pages { height: 1fr; width: 1fr; }
    Toast { max-width: 72; }
    ToastRack { margin-bottom: 2; }
    .empty { color: $text-muted; padding: 1 2; }
    App.-slow-line ModalScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(info.key, f"page('{info.name}')", info.title, id=f"app.page_{info.name}", show=False)
          for info in PAGES.values()),
        Binding("f1,question_mark", "help", "Help", id="app.help"),
        Binding("ctrl+p", "command_palette", "Palette", id="app.palette", priority=True),
        Binding("ctrl+g", "images", "Way of pictures", id="app.images", show=False),
        Binding("q,ctrl+q", "quit", "Quit", id="app.quit", show=False),
    ]  # fmt: skip

    class Happened(Message):
        """A rare fact about a run of this process."""

        def __init__(self, fact: Fact) -> None:
            super().__init__()
            self.fact = fact

    class Warm(Message):
        """What is needed after the first paint has been imported, on a thread."""

    def __init__(self, paths: Paths, settings: Settings, *, means: Means | None = None, first: str = "text") -> None:
        super().__init__(means)
        self.services = Services(paths, settings, self._post_fact)
        self.machine = Machine()
        self.pages = {}
        self.current = ""
        self._first = first
        self._going = asyncio.Lock()
        self._wanted = ""
        for own in (theme.DARK, theme.LIGHT):
            self.register_theme(own)
        self._dress(settings.theme if settings.theme in self.available_themes else theme.DARK.name)

    def _dress(self, name: str) -> None:
        """Put on a theme before there is anything to see: setting it later would work out all styles twice."""
        self.set_reactive(App.theme, name)
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables and the families' accents."""
        return theme.with_accents(super().get_css_variables())

    def compose(self) -> ComposeResult:
        """Tabs, the page, the status line, the keys."""
        yield PageTabs(list(PAGES.values()))
        yield Container(id="pages")
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """The tabs are painted first; the page, and everything else that can wait, comes right after."""
        self.query_one(PageTabs).current = self._first
        self.set_keymap(dict(self.services.settings.keys))
        self.call_after_refresh(self._settle)

    async def _settle(self) -> None:
        settings = self.services.settings
        if not self._wanted:  # else a key was faster
            await self.go(self._first)
        if settings.problem:
            self.tell(settings.problem, "warning")
        if settings.theme and settings.theme not in self.available_themes:
            self.tell(f"there is no theme {settings.theme!r}; ctrl+p lists them", "warning")
        self.set_interval(1 / settings.refresh, self._tick)
        self.set_interval(1.0, self._show_status)
        threading.Thread(target=self._warm_up, name="warm up", daemon=True).start()

    def _warm_up(self) -> None:
        import studio.jobs  # noqa: F401

        self.machine.start()
        if self.is_running:
            self.post_message(self.Warm())
        import models.families

        for family in models.families.FAMILIES.values():
            family.recipe_class()
        gc.freeze()  # what has been imported stays: looking through it for garbage would hold up a key press

    def on_studio_app_warm(self) -> None:
        """Start the workers."""
        with self.telling():
            self.services.jobs.start()
        self._show_status()

    # Pages

    async def go(self, name: str) -> Page:
        """Show the page called `name`, and return it. One at a time: a key may come while the first page is made."""
        self._wanted = name
        async with self._going:
            return await self._go(name)

    async def _go(self, name: str) -> Page:
        page = self.pages.get(name)
        before = self.pages.get(self.current)
        if page is not None and page is before:
            return page
        if before is not None:
            before.last_focus = self.focused
        if page is None:
            page = PAGES[name].load()(id=f"page-{name}")
            page.display = before is None
            await self.query_one("#pages").mount(page)
            self.pages[name] = page
        if before is not None:
            before.display = False
            before.hidden()
        page.display = True
        self.current = self.query_one(PageTabs).current = name
        page.take_focus()
        with self.telling():
            page.shown()
        return page

    async def action_page(self, name: str) -> None:
        await self.go(name)

    async def on_page_tabs_chosen(self, event: PageTabs.Chosen) -> None:
        await self.go(event.name)

    async def open_model(self, family: str, model_id: str) -> None:
        """Show a model on the page that plays its family."""
        info = player(family)
        if info is None:
            self.tell(f"no page plays {family} models yet", "warning")
            return
        page = await self.go(info.name)
        with self.telling():
            page.open_model(model_id)

    async def open_run(self, family: str, run_id: str) -> None:
        """Show a run's output on the page that plays its family."""
        info = player(family) or PAGES["jobs"]
        page = await self.go(info.name)
        with self.telling():
            page.open_run(run_id)

    def _tick(self) -> None:
        page = self.pages.get(self.current)
        if page is not None and self.is_running and not self._leaving and not is_busy(self):
            with self.telling():
                page.tick()

    # What is said

    def _post_fact(self, fact: Fact) -> None:
        if self.is_running:
            self.post_message(self.Happened(fact))

    def on_studio_app_happened(self, event: Happened) -> None:
        """Tell the pages, and the person where it matters."""
        fact = event.fact
        for page in list(self.pages.values()):
            with self.telling():
                page.fact(fact)
        words: Mapping[str, tuple[str, Severity]] = {
            "done": (f"done: {fact.text}", "information"),
            "failed": (f"failed: {fact.text}", "error"),
            "interrupted": (f"interrupted: {fact.text}", "warning"),
        }
        if fact.kind in words:
            self.tell(*words[fact.kind])
        self._show_status()

    def _show_status(self) -> None:
        if self.is_running:
            self.query_one(StatusLine).status = self.status()

    def status(self) -> Status:
        """What the status line says now."""
        from studio.summary import status_of

        with self.telling():
            return status_of(self.services, self.machine)
        return Status(self.machine.device, memory=self.machine.memory())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A dialog has to be answered before there is a palette again."""
        if action == "command_palette" and len(self.screen_stack) > 1:
            return False
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        """List the keys of the page."""
        from studio.widgets.help import Help, key_groups

        page = self.pages[self.current]
        about = type(page).help.strip()
        self.push_screen(Help(f"{page.title}: keys", about, key_groups(self, self.screen.active_bindings)))

    def action_help_quit(self) -> None:
        """Ctrl+C does not end the studio; say what does."""
        keys = [key for key, active in self.active_bindings.items() if active.binding.id == "app.quit"]
        self.tell(f"{keys[0] if keys else 'the palette'} quits")
