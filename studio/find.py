"""Models and runs as people name them: an id, a name, or the beginning of either, if only one begins so."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from models.errors import UsageError
from studio.visible import visible

if TYPE_CHECKING:
    from studio.config import Paths
    from studio.registry import Model, PictureEntry, Registry, Run

Named = TypeVar("Named", "Model", "PictureEntry", "Run")
LISTED = 5


def open_registry(paths: Paths | None = None) -> Registry:
    """The registry of this user, or that under `paths`; a new one gets the models that come along."""
    from studio.config import Paths
    from studio.registry import Registry
    from studio.starters import welcome

    registry = Registry(paths or Paths.standard())
    welcome(registry)
    return registry


def find_model(registry: Registry, wanted: str) -> Model:
    """The model that is meant. Raises UsageError with those that come close."""
    return pick("model", wanted, registry.models())


def find_picture(registry: Registry, wanted: str) -> PictureEntry:
    """The picture that is meant. Raises UsageError with those that come close."""
    return pick("picture", wanted, registry.pictures())


def find_run(registry: Registry, wanted: str) -> Run:
    """The run that is meant. Raises UsageError with those that come close."""
    return pick("run", wanted, registry.runs())


def pick(kind: str, wanted: str, known: Sequence[Named]) -> Named:
    """The one of `known` (newest first) that `wanted` means: by id, by name, by the beginning of an id or a name."""
    for matching in (
        [item for item in known if item.id == wanted],
        [item for item in known if item.name == wanted],
        [item for item in known if wanted and item.id.startswith(wanted.lower())],
        [item for item in known if wanted and item.name.casefold().startswith(wanted.casefold())],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise UsageError(
                f"several {kind}s are meant by '{visible(wanted)}': {listed(matching)}; give the id of one"
            )
    raise UsageError(f"there is no {kind} '{visible(wanted)}'; {close_to(kind, wanted, known)}")


def close_to(kind: str, wanted: str, known: Sequence[Named]) -> str:
    """What could have been meant, or what there is."""
    if not known:
        how = {"model": "studio train text", "picture": "studio dream"}.get(kind, "studio train")
        return f"there are none yet: {how} --help says how to make one"
    names = list(dict.fromkeys(item.name for item in known))
    by_fold = {name.casefold(): name for name in names}
    close = [by_fold[fold] for fold in difflib.get_close_matches(wanted.casefold(), by_fold, n=LISTED, cutoff=0.5)]
    if close:
        return "close to it: " + ", ".join(f"'{name}'" for name in close)
    return f"there are {listed(known)}"


def listed(items: Sequence[Named]) -> str:
    """Ids and names in one line, the newest first, cut short where there are many."""
    shown = ", ".join(f"{item.id} '{item.name}'" for item in items[:LISTED])
    return shown + (f" and {len(items) - LISTED} more" if len(items) > LISTED else "")
