"""What the command line writes: lines for people, or one JSON object a line for programs."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from studio.visible import visible


def prepare_streams() -> None:
    """Let no character break the output: what the stream's encoding lacks is written as an escape such as \\u65e5."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # not there while tests capture the output
        if reconfigure is not None:
            with contextlib.suppress(OSError, ValueError):
                reconfigure(errors="backslashreplace")


def say_error(line: str) -> None:
    """One line on stderr, with nothing in it that could steer a terminal."""
    with contextlib.suppress(OSError, ValueError):
        print(f"studio: {visible(line.strip())}", file=sys.stderr, flush=True)


def say(line: str = "") -> None:
    """One line on stdout; outside text in it is shown, not obeyed."""
    print(visible(line), flush=True)


def emit(event: str, **fields: Any) -> None:
    """One JSON object on a line of its own, in ASCII; what is not a finite number becomes null."""
    print(json.dumps({"event": event, **finite(fields)}, allow_nan=False), flush=True)


def finite(value: Any) -> Any:
    """`value` in the terms of JSON: NaN and infinities become None, tuples lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def visible_text(text: str) -> str:
    """Text of several lines as a terminal may be shown it: line ends and tabs stay, other controls become symbols."""
    return "\t".join(visible(part, lines=True) for part in text.split("\t"))


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> list[str]:
    """Lines with the cells of each column below one another; the last column, which may be long, comes ragged."""
    from studio.registry.names import cells

    shown = [[visible(item) for item in row] for row in (headings, *rows)]
    widths = [max(cells(row[column]) for row in shown) for column in range(len(headings) - 1)]
    lines = []
    for row in shown:
        padded = [item + " " * (width - cells(item)) for item, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*padded, row[-1]]).rstrip())
    return lines
