"""How `--help` looks: a title, then two columns, names and what they mean; no boxes, so that it reads in a pipe too."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

NAMES_WIDTH = 26  # cells; longer ones get a line of their own


class PlainHelp:
    """A help formatter for cyclopts. Each part begins with an empty line, the first one aside."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:  # noqa: ARG002
        from rich.text import Text

        if not panel.entries:
            return
        console.print(Text(f"\n{panel.title}", style="bold"))
        rows = [(names(entry), meaning(entry)) for entry in panel.entries]
        width = min(NAMES_WIDTH, max(len(name) for name, _ in rows))
        for name, text in rows:
            lines = textwrap.wrap(text, max(20, console.width - width - 5)) or [""]
            if len(name) > width:
                lines.insert(0, "")
            for number, line in enumerate(lines):
                row = Text(f"  {name if number == 0 else '':<{width}}", style="cyan")
                console.print(row.append(f"  {line}" if line else "", style="default"), soft_wrap=True)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:  # noqa: ARG002
        """Print the line that says in which order the words come."""
        if usage:
            console.print(f"Usage: {plain(usage)}", markup=False, highlight=False)

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:  # noqa: ARG002
        """Print what the command does."""
        if text := plain(description):
            console.print("\n" + text, markup=False, highlight=False)


def meaning(entry: HelpEntry) -> str:
    """What an entry is for, and what holds if it is not given."""
    text = plain(entry.description)
    return f"{text} (default {entry.default})" if entry.default not in (None, "False", '""') else text


def names(entry: HelpEntry) -> str:
    """What to type: `--units N`, or `MODEL` for an argument that has its place."""
    if entry.positional_label:
        return entry.positional_label
    return ", ".join(entry.display_labels_with_metavar)


def plain(text: Any) -> str:
    """The text of what cyclopts hands over: a str, a rich Text, or its own InlineText."""
    inner = getattr(text, "primary_renderable", text)
    return str(getattr(inner, "plain", inner) or "").strip()
