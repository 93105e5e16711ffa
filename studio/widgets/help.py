"""Help: what the page is for, and every key that works on it, with the keys as the person has set them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import App

Group = tuple[str, list[tuple[str, str]]]


class Help(ModalScreen[None]):
    """A list of keys over the page it is about; scrolls where it is longer than the screen."""

    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > Vertical { width: 72; max-width: 96%; height: auto; max-height: 92%; background: $panel; padding: 1 2; }
    Help VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    Help .title { text-style: bold; color: $family-text; }
    Help .about { color: $text-muted; margin-bottom: 1; }
    Help .keys--group { text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss(None)", "Close", id="help.close"),
    ]

    def __init__(self, title: str, about: str, groups: Sequence[Group]) -> None:
        super().__init__()
        self.heading, self.about, self.groups = title, about, groups

    def compose(self) -> ComposeResult:
        """The page's few lines, then its keys."""
        with Vertical():
            yield Static(Content(self.heading), classes="title")
            with VerticalScroll():
                if self.about:
                    yield Static(Content(" ".join(self.about.split())), classes="about")
                yield Static(Content("\n").join(self.lines()))

    def lines(self) -> list[Content]:
        """One line a key, the groups apart."""
        widest = max((len(key) for _, keys in self.groups for key, _ in keys), default=0)
        found: list[Content] = []
        for name, keys in self.groups:
            if found:
                found.append(Content(""))
            found.append(Content.styled(name, "bold"))
            found.extend(Content(f"{key:>{widest + 2}}  {text}") for key, text in keys)
        return found


def key_groups(app: App[Any], active: Mapping[str, ActiveBinding]) -> list[Group]:
    """The keys that work now, by where they come from: the widget that has the focus, the page, the whole studio."""
    texts: dict[tuple[str, str, str], list[str]] = {}
    for node, binding, _enabled, _tooltip in active.values():
        if binding.system or not binding.description:
            continue
        if node is app or node is app.screen:
            group = "Everywhere"
        else:
            group = "This page" if (binding.id or "").partition(".")[0] in page_names() else "In the list or field"
        texts.setdefault((group, binding.action, binding.tooltip or binding.description), []).append(
            shown(app, binding)
        )
    order = ("This page", "In the list or field", "Everywhere")
    groups: list[Group] = []
    for name in order:
        keys = [(" ".join(dict.fromkeys(found)), text) for (group, _, text), found in texts.items() if group == name]
        if keys:
            groups.append((name, keys))
    return groups


def page_names() -> set[str]:
    from studio.pages import PAGES

    return {*PAGES, "page"}


def shown(app: App[Any], binding: Binding) -> str:
    return app.get_key_display(binding)
