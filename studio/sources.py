"""The sources of a corpus as the Train page deals with them: where they are, and what a model is called by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NAMES = ("python-docs", "nietzsche", "shakespeare")
"""The texts that have a name, as models.text.corpus has them; that module imports NumPy."""


def name_for(sources: Sequence[Any]) -> str:
    """A name for a model: that of the first thing it reads, without its ending."""
    first = Path(str(sources[0])).name or str(sources[0])
    return first.rpartition(".")[0] or first


def missing(values: Mapping[str, Any]) -> dict[str, str]:
    """What a recipe cannot know: sources that are neither a text with a name nor on this machine."""
    for source in values.get("corpus", ()):
        if source not in NAMES and not exists(source):
            return {"corpus": f"not found: {source}"}
    return {}


def exists(source: str) -> bool:
    """Whether there is a file or a folder of this name that can be reached."""
    try:
        return Path(source).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a name too long, no such user, a zero byte
        return False


def located(values: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's values with its files by their full path: another program, elsewhere, may execute the run."""
    sources = [
        source if source in NAMES else str(Path(source).expanduser().resolve()) for source in values.get("corpus", ())
    ]
    return {**values, "corpus": sources} if sources else dict(values)
