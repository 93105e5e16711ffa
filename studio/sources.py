"""The sources of a recipe as the pages deal with them: where they are, and what a result is called by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.registry import Registry

MODEL = "model:"
"""Before the name or the file of a trained model, where a network is named."""

NAMES = ("python-docs", "nietzsche", "shakespeare")
"""The texts that have a name, as models.text.corpus has them; that module imports NumPy."""


SETS = ("faces", "glyphs", "mnist", "fashion-mnist", "cifar10")
"""The sets of pictures that have a name, as models.data.opening has them."""


def sources_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """What a recipe learns from: the sources of its corpus, or its set of pictures."""
    found = values.get("corpus") or values.get("data") or ()
    return (found,) if isinstance(found, str) else tuple(found)


def name_for(sources: Sequence[Any]) -> str:
    """A name for a model: that of the first thing it reads, without its ending."""
    first = Path(str(sources[0])).name or str(sources[0])
    return first.rpartition(".")[0] or first


def missing(values: Mapping[str, Any]) -> dict[str, str]:
    """What a recipe cannot know: sources that neither have a name nor are on this machine."""
    for knob, names in (("corpus", NAMES), ("data", SETS), ("attributes", ())):
        found = values.get(knob) or ()
        for source in (found,) if isinstance(found, str) else found:
            if source not in names and not exists(source):
                return {knob: f"not found: {source}"}
    return {}


def exists(source: str) -> bool:
    """Whether there is a file or a folder of this name that can be reached."""
    try:
        return Path(source).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a name too long, no such user, a zero byte
        return False


def located(values: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's values with its files by their full path: another program, elsewhere, may execute the run."""
    found = dict(values)
    if sources := values.get("corpus", ()):
        found["corpus"] = [
            source if source in NAMES else str(Path(source).expanduser().resolve()) for source in sources
        ]
    for knob, names in (("data", SETS), ("attributes", ())):
        if (source := values.get(knob)) and source not in names:
            found[knob] = str(Path(source).expanduser().resolve())
    return found


def pictures_of(values: Mapping[str, Any], knobs: Sequence[str]) -> list[tuple[str, str]]:
    """The knobs that name pictures, and each picture that they name."""
    found = []
    for knob in knobs:
        named = values.get(knob) or ()
        found += [(knob, str(source)) for source in ([named] if isinstance(named, str) else named)]
    return found


def picture_name(values: Mapping[str, Any], knobs: Sequence[str]) -> str:
    """A name for a picture: that of the one it is made from, and of its first style."""
    shown = [
        Path(source).stem or source for knob, source in pictures_of(values, knobs) if knob in ("content", "styles")
    ]
    return " ".join(shown[:2]) or "picture"


def missing_pictures(values: Mapping[str, Any], knobs: Sequence[str]) -> dict[str, str]:
    """Pictures that are neither embedded nor on this machine, by knob."""
    from models.vision.sources import names

    embedded = {name for group in names() for name in group}
    for knob, source in pictures_of(values, knobs):
        if source not in embedded and not exists(source):
            return {knob: f"not found: {source}"}
    return {}


def placed(values: Mapping[str, Any], knobs: Sequence[str]) -> dict[str, Any]:
    """A recipe's values with its picture files by their full path: another program, elsewhere, may execute the run."""
    from models.vision.sources import names

    embedded = {name for group in names() for name in group}

    def place(source: str) -> str:
        return source if source in embedded or not source else str(Path(source).expanduser().resolve())

    found = dict(values)
    for knob in knobs:
        named = values.get(knob)
        if isinstance(named, str):
            found[knob] = place(named)
        elif named:
            found[knob] = [place(source) for source in named]
    return found


def seen_through(values: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """A recipe's values with the model that it looks through, `model:NAME`, by its file.

    Raises UsageError for a name that neither a model nor a file has.
    """
    backbone = str(values.get("backbone", ""))
    wanted = backbone.removeprefix(MODEL)
    if wanted == backbone or exists(wanted):
        return dict(values)
    from studio.find import find_model

    return {**values, "backbone": f"{MODEL}{registry.model_file(find_model(registry, wanted).id)}"}
